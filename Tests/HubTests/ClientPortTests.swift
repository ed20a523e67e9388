import Fanout
import Logging
import Model
import Reactor
import Storage
import TestSupport
import Testing

@testable import Hub

@Suite struct ClientPortTests {
    @Test("the log of a view that is kept begins with its history on every loop where it is read")
    func history() async throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(
            StoreSettings(directory: directory.path), log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let (hubLoop, loop) = (try EventLoop(name: "hub"), try EventLoop(name: "clients"))
        let seat = try await loop.run {
            ClientSeat(
                loop: loop, configuration: FanoutConfiguration(), reader: store.outputReader, gone: { _, _, _ in },
                ended: { _, _, _ in }, askProgress: { _, _ in })
        }
        let port = try await hubLoop.run {
            let port = ClientPort(loop: loop, hubLoop: hubLoop, seat: seat)
            let history = EventHistory()
            for number in 1...5 as ClosedRange<UInt64> {
                Array("event".utf8).withUnsafeBytes { history.append(number, $0, maxEvents: 10, maxBytes: 1_000) }
            }
            port.openTopic(7, maxBytes: 1_000, maxEvents: 10, history: history)
            // What the log has had already is refused: 5 is there, 6 is new.
            for number in 5...6 as ClosedRange<UInt64> {
                Array("event".utf8).withUnsafeBytes { port.publish(topic: 7, number: number, $0) }
            }
            return port
        }
        try await eventually("all of it is there") { await seat.statistics()?.skipped == 1 }
        #expect(await seat.statistics()?.topics == 1 && !port.isFull)
        try await loop.run { seat.close() }
        await store.close()
        for loop in [hubLoop, loop] { loop.stop() }
    }
}
