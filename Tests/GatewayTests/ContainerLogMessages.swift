import TestSupport
import Wire

/// Containers' logs as an agent sends them.
extension ScriptedAgent {
    /// A line of a container.
    struct LogLine {
        /// Nil for one without a number.
        var seq: UInt64?
        var text: [UInt8]
        var isStderr = false

        init(_ seq: UInt64?, _ text: [UInt8], isStderr: Bool = false) {
            self.seq = seq
            self.text = text
            self.isStderr = isStderr
        }

        init(_ seq: UInt64?, _ text: String, isStderr: Bool = false) {
            self.init(seq, Array(text.utf8), isStderr: isStderr)
        }
    }

    /// One batch of lines of the container `web`.
    func containerLogs(ref: UInt32, _ lines: [LogLine], gap: ClosedRange<UInt64>? = nil) {
        send { arena in
            .streamData(
                arena.make { data in
                    wireSet(&data.has_stream_ref, &data.stream_ref, ref)
                    if let gap {
                        data.gap = arena.make {
                            wireSet(&$0.has_from_seq, &$0.from_seq, gap.lowerBound)
                            wireSet(&$0.has_to_seq, &$0.to_seq, gap.upperBound)
                        }
                    }
                    data.payload = .containerLogs(
                        arena.make { batch in
                            batch.n_lines = lines.count
                            batch.lines = arena.makeList(count: lines.count) { index, line in
                                line.fill(lines[index], arena)
                            }
                        })
                })
        }
    }

    /// Waits for a list of desired streams with as many streams of containers' logs.
    /// - Returns: their short names.
    func hearDesired(
        containerLogs count: Int, file: StaticString = #fileID, line: UInt = #line
    ) async throws -> [UInt32] {
        var refs: [UInt32] = []
        try await eventually("logs of \(count) containers are desired", file: file, line: line) {
            guard case .desired(_, let streams)? = said.last(where: { if case .desired = $0 { true } else { false } })
            else { return false }
            refs = streams.filter { $0.type == "container_logs" }.map(\.ref)
            return refs.count == count
        }
        return refs
    }
}

extension WireContainerLog {
    fileprivate mutating func fill(_ line: ScriptedAgent.LogLine, _ arena: WireArena) {
        wireSet(&has_container_id, &container_id, arena.copyBytes("4f9c"))
        wireSet(&has_container_name, &container_name, arena.copyBytes("web"))
        wireSet(&has_stream, &stream, line.isStderr ? .stderr : .stdout)
        wireSet(&has_line, &self.line, arena.copyBytes(line.text))
        wireSet(&has_seq, &seq, line.seq)
        wireSet(&has_container_timestamp, &container_timestamp, 1_700_000_000.25)
    }
}
