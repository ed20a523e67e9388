import Glibc
import Options
import Reactor

/// The whole program: parses the command line, runs the load, prints the report, and exits.
package func runLoad() -> Never {
    let signals = [SIGTERM, SIGINT]
    SignalWatch.block(signals)
    let invocation = LoadOptions.program.parseOrExit()
    let plan: LoadPlan
    do {
        plan = try LoadPlan(invocation, descriptors: descriptorLimit(), runID: runID())
    } catch {
        exit(LoadOptions.program.report(error))
    }
    do {
        let report = try LoadRun(plan).run(endingOn: signals)
        print(report, as: plan.printsJSON)
        exit(report.exitCode)
    } catch {
        put("sluice-load: \(error)\n", to: STDERR_FILENO)
        exit(1)
    }
}

private func print(_ report: LoadReport, as json: Bool) {
    put(json ? String(decoding: report.json, as: UTF8.self) + "\n" : report.text, to: STDOUT_FILENO)
}

private func put(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return }  // nobody reads it any more
        bytes = bytes.dropFirst(count)
    }
}

/// How many descriptors a process may have, after it has been raised as far as it goes.
private func descriptorLimit() -> Int {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_cur)
}

/// No two runs that may meet at a gateway have the same.
private func runID() -> String { String(UInt32.random(in: 1 << 24...UInt32.max), radix: 36) }
