import Synchronization

/// True once.
final class FirstTime: Sendable {
    private let isOver = Atomic(false)
    var hasPassed: Bool { isOver.load(ordering: .relaxed) }
    var isFirst: Bool { !isOver.exchange(true, ordering: .relaxed) }
}
