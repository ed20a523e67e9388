import Reactor
import Synchronization

/// Sends events to another server by POST, on a few connections. On the loop only.
///
/// The body is what the `data:` of a gateway's event would be, so that both send about the same number of bytes.
final class PeerPublisher: EventSink {
    private let connections: [HTTPConnection]
    /// Everything of a request but the line, by topic.
    private var frames: [(before: [UInt8], after: [UInt8])]
    private let progress: LoadProgress

    static let connectionCount = 4
    /// Requests of one connection that may be unanswered.
    private static let depth = 4_096

    init(
        _ plan: LoadPlan, names: [String], publish: WebAddress, to address: SocketAddress, loop: EventLoop,
        progress: LoadProgress
    ) throws {
        self.progress = progress
        connections = try (0..<Self.connectionCount).map { _ in try HTTPConnection(address, loop: loop) }
        frames = names.map { name in
            let (before, after) = Self.envelope(name)
            let head =
                HTTPText.head("POST", publish.path(topic: name), host: publish.authority, token: plan.token)
                + "Content-Type: text/plain\r\nContent-Length: \(before.utf8.count + plan.size + after.utf8.count)\r\n\r\n"
            return (Array((head + before).utf8), Array(after.utf8))
        }
    }

    /// What a gateway writes around a line. It also stands in for the `id:` and `event:` lines that a gateway sends and
    /// a peer may not: see `extra`.
    static func envelope(_ name: String) -> (before: String, after: String) {
        let before =
            "{\"type\":\"container_log\",\"stream_type\":\"container_logs\",\"agent_id\":\"load-0\",\"resource\":\"\(name)\","
            + "\"view\":\"container_logs\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"data\":{\"container_id\":\"\(name)\","
            + "\"container_name\":\"\(name)\",\"stream\":\"stdout\",\"line\":\""
        return (before, "\",\"seq\":1,\"container_timestamp\":null},\"metadata\":{}\(extra)}")
    }

    /// As long as `event: container_logs\n` and most of an id.
    private static let extra = ",\"pad\":\"0000000000000000000000\""

    /// One request for each line, in order: those of a topic always take the same connection.
    func publish(_ batch: LineBatch) -> Bool {
        let connection = connections[batch.topic % connections.count]
        guard connection.isOpen, connection.unanswered + batch.count <= Self.depth else { return false }
        let frame = frames[batch.topic]
        for index in 0..<batch.count {
            let line = batch.withLine(index) { Array($0) }
            connection.send(frame.before + line + frame.after) { [progress] answer in
                guard let answer, (200..<300).contains(answer.status) else {
                    progress.refused.add(1, ordering: .relaxed)
                    progress.note("publishing: \(answer.map { "status \($0.status)" } ?? "the connection ended")")
                    return
                }
            }
        }
        return true
    }
}
