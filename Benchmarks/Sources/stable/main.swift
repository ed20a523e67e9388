// Runs every workload, or those whose names are given, and prints what one unit of each costs in allocations and system
// calls: a line of JSON per workload. Under callgrind, it leaves the instructions in callgrind's files.
import CMeter
import Workloads

let names = CommandLine.arguments.dropFirst()

func measure(_ kind: Workload.Kind) {
    let workload = kind.prepare()
    for _ in 0..<3 {  // buffers grow to their size
        workload.run()
        workload.rest()
    }
    var counts = cm_counts()
    cm_instructions_reset()
    for _ in 0..<kind.countedRuns {
        let before = cm_read()
        cm_instructions_toggle()
        workload.run()
        cm_instructions_toggle()
        let after = cm_read()
        counts.allocations += after.allocations - before.allocations
        counts.allocated_bytes += after.allocated_bytes - before.allocated_bytes
        counts.system_calls += after.system_calls - before.system_calls
        workload.rest()
    }
    cm_instructions_write(kind.name)
    let units = kind.unitsPerRun * kind.countedRuns
    print(
        """
        {"name":"\(kind.name)","unit":"\(kind.unit)","units":\(units),"allocations":\(counts.allocations),\
        "allocated_bytes":\(counts.allocated_bytes),"system_calls":\(counts.system_calls)}
        """)
}

for kind in Workload.all where names.isEmpty || names.contains(kind.name) { measure(kind) }
