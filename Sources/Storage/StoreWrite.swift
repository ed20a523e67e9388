import GRDB

/// One change, as a value: `store.enqueue(.save(agent))`, `try await store.write([.save(task), .record(audit)])`.
package struct StoreWrite: Sendable {
    /// An expendable write is dropped (and counted) while the store is degraded; others wait for its recovery.
    package let isEssential: Bool
    /// Runs on the writer, inside a transaction that it shares with others.
    let apply: @Sendable (Database) throws -> Void

    init(essential: Bool = true, _ apply: @escaping @Sendable (Database) throws -> Void) {
        isEssential = essential
        self.apply = apply
    }
}

/// What the writer does with a change after it was tried.
enum WriteOutcome: Sendable {
    case stored
    case failed(StoreError)
}

/// Several changes that are stored together or not at all, and who waits for that.
struct WriteRequest: Sendable {
    var writes: [StoreWrite]
    /// Nil for fire and forget. Called once, on the writer's queue.
    var completion: (@Sendable (WriteOutcome) -> Void)?

    var isEssential: Bool { writes.contains(where: \.isEssential) }

    func apply(_ database: Database) throws {
        for write in writes { try write.apply(database) }
    }
}
