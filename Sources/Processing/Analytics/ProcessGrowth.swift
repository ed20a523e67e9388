/// Which processes have grown since they were first seen: of a leak, the biggest process is seldom the culprit.
///
/// Only those that an agent reports among the busiest are known, and of them the last 16.
struct ProcessGrowth: Sendable {
    static let capacity = 16
    /// Seconds after which a process that is no longer reported is forgotten.
    private static let forgetAfter: Double = 3_600

    private struct Entry: Sendable {
        var process: ProcessUsage
        var firstBytes: Double
        var seenAt: Double

        var growth: Double { process.memoryBytes - firstBytes }
    }

    private var entries: [Entry] = []

    /// What the array holds on the heap.
    var byteCount: Int { entries.capacity * MemoryLayout<Entry>.stride }

    mutating func observe(_ processes: [ProcessUsage], at time: Double) {
        entries.removeAll { time - $0.seenAt > Self.forgetAfter }
        for process in processes.prefix(Self.capacity) {
            // A number is given again to another process some day; its name seldom.
            let known = entries.firstIndex { $0.process.pid == process.pid && $0.process.name == process.name }
            if let known {
                entries[known].process = process
                entries[known].seenAt = time
            } else {
                makeRoom()
                entries.append(Entry(process: process, firstBytes: process.memoryBytes, seenAt: time))
            }
        }
    }

    /// Those that have grown by at least `bytes`, most first.
    func grown(by bytes: Double, atMost count: Int) -> [(process: ProcessUsage, growth: Double)] {
        entries.filter { $0.growth >= bytes }.sorted { $0.growth > $1.growth }.prefix(count)
            .map { ($0.process, $0.growth) }
    }

    /// The one that was seen longest ago leaves.
    private mutating func makeRoom() {
        guard entries.count >= Self.capacity,
            let oldest = entries.indices.min(by: { entries[$0].seenAt < entries[$1].seenAt })
        else { return }
        entries.remove(at: oldest)
    }
}
