import Model
import Testing

@testable import Storage

@Suite("Closing the store")
struct ClosingTests {
    @Test("stores that close while others read and close too do not wait for each other", .timeLimit(.minutes(1)))
    func manyAtOnce() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    let directory = try TemporaryDirectory()
                    let store = try openStore(directory)
                    async let agents = store.agents()
                    async let health = store.metrics.lastHealth()
                    async let alerts = store.activeAlerts()
                    _ = try await (agents, health, alerts)
                    async let late = try? store.tasks(TaskQuery())
                    await store.close()
                    _ = await late
                }
            }
            try await group.waitForAll()
        }
    }
}
