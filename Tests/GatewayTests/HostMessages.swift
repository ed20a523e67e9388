import TestSupport
import Wire

/// What agents say of their hosts: lines of logs, events, health checks.
extension ScriptedAgent {
    /// Lines of one source with numbers from `first`.
    func logs(
        ref: UInt32, from first: UInt64, _ lines: [String], origin: UInt64 = 77, source: String = "/var/log/app.log",
        gap: ClosedRange<UInt64>? = nil
    ) {
        send { arena in
            .streamData(
                arena.make { data in
                    Self.number(&data, ref, origin, last: first + UInt64(lines.count) - 1, gap, arena)
                    data.payload = .logs(
                        arena.make { batch in
                            batch.n_events = lines.count
                            batch.events = arena.makeList(count: lines.count) { index, line in
                                wireSet(&line.has_message, &line.message, arena.copyBytes(lines[index]))
                                wireSet(&line.has_source, &line.source, arena.copyBytes(source))
                            }
                        })
                })
        }
    }

    /// One event with this number.
    func event(ref: UInt32, number: UInt64, kind: String, severity: WireSeverity, message: String, origin: UInt64 = 78)
    {
        send { arena in
            .streamData(
                arena.make { data in
                    Self.number(&data, ref, origin, last: number, nil, arena)
                    data.payload = .systemEvents(
                        arena.make { batch in
                            batch.n_events = 1
                            batch.events = arena.makeList(count: 1) { _, event in
                                event.kind = arena.copy(kind)
                                wireSet(&event.has_severity, &event.severity, severity)
                                wireSet(&event.has_message, &event.message, arena.copyBytes(message))
                                wireSet(&event.has_unit, &event.unit, arena.copyBytes("some.service"))
                            }
                        })
                })
        }
    }

    func health(ref: UInt32, cpu: Double, memory: Double, disk: Double) {
        send { arena in
            .streamData(
                arena.make { data in
                    wireSet(&data.has_stream_ref, &data.stream_ref, ref)
                    data.payload = .healthCheck(
                        arena.make { check in
                            wireSet(&check.has_cpu_usage_percent, &check.cpu_usage_percent, cpu)
                            wireSet(&check.has_memory_usage_percent, &check.memory_usage_percent, memory)
                            wireSet(&check.has_disk_usage_percent, &check.disk_usage_percent, disk)
                        })
                })
        }
    }

    private static func number(
        _ data: inout WireStreamData, _ ref: UInt32, _ origin: UInt64, last: UInt64, _ gap: ClosedRange<UInt64>?,
        _ arena: WireArena
    ) {
        wireSet(&data.has_stream_ref, &data.stream_ref, ref)
        wireSet(&data.has_origin, &data.origin, origin)
        wireSet(&data.has_seq, &data.seq, last)
        guard let gap else { return }
        data.gap = arena.make {
            wireSet(&$0.has_from_seq, &$0.from_seq, gap.lowerBound)
            wireSet(&$0.has_to_seq, &$0.to_seq, gap.upperBound)
        }
    }

    /// Waits until the gateway wants streams of this type.
    func hearStream(_ type: String, file: StaticString = #fileID, line: UInt = #line) async throws -> GatewaySaid.Stream
    {
        try await hear("a wish for \(type)", file: file, line: line) {
            if case .desired(_, let streams) = $0 { streams.first { $0.type == type } } else { nil }
        }
    }

    func hearAck(of stream: UInt32, upTo seq: UInt64, file: StaticString = #fileID, line: UInt = #line) async throws {
        try await eventually("stream \(stream) is acknowledged up to \(seq)", file: file, line: line) {
            said.contains(.streamAck(stream: stream, upTo: seq))
        }
    }
}
