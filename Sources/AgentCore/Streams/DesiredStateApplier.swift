/// What must be done to get from the streams that run to those that are wanted. A value without I/O.
///
/// The gateway always names the complete set, so nothing here depends on which messages got lost before.
struct DesiredStateApplier {
    enum Action: Equatable {
        case stop(ref: UInt32)
        case update(StreamSpec)
        case start(StreamSpec)
    }

    /// Of the last set that was applied; 0 before the first one of a connection.
    private(set) var generation: UInt64 = 0
    private(set) var running: [UInt32: StreamSpec] = [:]
    private(set) var rejected: [UInt32: StreamRejection] = [:]

    /// The actions, stops first. Nil when the set is older than the one applied: then nothing changes.
    /// A ref that occurs twice counts the first time only. A stream that was rejected before is tried again.
    mutating func apply(generation: UInt64, desired: [StreamSpec]) -> [Action]? {
        guard generation >= self.generation else { return nil }
        self.generation = generation
        let wanted = Dictionary(desired.map { ($0.ref, $0) }, uniquingKeysWith: { first, _ in first })
        var actions: [Action] = []
        for ref in running.keys.sorted() where !isSameStream(running[ref], wanted[ref]) {
            actions.append(.stop(ref: ref))
            running[ref] = nil
        }
        rejected = [:]
        for ref in wanted.keys.sorted() {
            guard let spec = wanted[ref], running[ref] != spec else { continue }
            actions.append(running[ref] == nil ? .start(spec) : .update(spec))
            running[ref] = spec
        }
        return actions
    }

    /// A start or a running stream has failed.
    mutating func reject(ref: UInt32, _ rejection: StreamRejection) {
        guard running.removeValue(forKey: ref) != nil else { return }
        rejected[ref] = rejection
    }

    /// The connection is gone: nothing is wanted any more. Returns what has to stop.
    mutating func reset() -> [UInt32] {
        defer { self = DesiredStateApplier() }
        return running.keys.sorted()
    }

    private func isSameStream(_ a: StreamSpec?, _ b: StreamSpec?) -> Bool {
        a?.type == b?.type && a?.resource == b?.resource
    }
}
