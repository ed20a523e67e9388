import CLoad
import Wire

/// Consecutive lines of one topic, which go out together.
struct LineBatch {
    let topic: Int
    /// Number of the first line.
    let first: UInt64
    let count: Int
    /// Bytes of each line.
    let size: Int
    /// When line `first + index` was due, in nanoseconds of CLOCK_MONOTONIC.
    let due: (_ index: Int) -> UInt64

    /// Bytes of lines that one frame or request holds at most.
    static let maximumBytes = 256 << 10
    static let maximumCount = 1_000

    /// How many lines of this size may go together.
    static func limit(size: Int) -> Int { max(1, min(maximumCount, maximumBytes / size)) }

    /// A line's text, in memory of the arena.
    private func text(_ index: Int, in arena: WireArena) -> ProtobufCBinaryData {
        withLine(index) { arena.copyBytes($0) }
    }

    func withLine<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { memory in
            cl_line_write(
                memory.baseAddress!.assumingMemoryBound(to: CChar.self), size, first + UInt64(index), due(index))
            return body(UnsafeRawBufferPointer(memory))
        }
    }

    // MARK: - As messages of an agent

    func streamData(
        _ reference: UInt32, generation: UInt64, fleet: AgentFleet, in arena: WireArena
    ) -> WireAgentBody {
        .streamData(
            arena.make {
                wireSet(&$0.has_stream_ref, &$0.stream_ref, reference)
                wireSet(&$0.has_generation, &$0.generation, generation)
                wireSet(&$0.has_at_unix_ns, &$0.at_unix_ns, MonotonicTime.unixNanoseconds)
                if fleet.stream == .metrics {
                    $0.payload = .metrics(sample(in: arena))
                } else {
                    $0.payload = .containerLogs(containerLogs(fleet.names[topic], in: arena))
                }
            })
    }

    private func containerLogs(_ name: String, in arena: WireArena) -> UnsafeMutablePointer<WireContainerLogBatch> {
        let name = arena.copyBytes(name)
        return arena.make { batch in
            batch.n_lines = count
            batch.lines = arena.makeList(count: count) { index, line in
                wireSet(&line.has_container_id, &line.container_id, name)
                wireSet(&line.has_container_name, &line.container_name, name)
                wireSet(&line.has_stream, &line.stream, SLUICE__V1__OUTPUT_LINE__STREAM__STDOUT)
                wireSet(&line.has_line, &line.line, text(index, in: arena))
                wireSet(&line.has_seq, &line.seq, first + UInt64(index))
            }
        }
    }

    /// The newest of the lines, as the name of a disk: the one text that a sample has.
    private func sample(in arena: WireArena) -> UnsafeMutablePointer<WireMetrics> {
        arena.make { sample in
            wireSet(&sample.has_timestamp, &sample.timestamp, MonotonicTime.unixNanoseconds / 1_000_000_000)
            sample.cpu = arena.make { wireSet(&$0.has_usage_percent, &$0.usage_percent, 12.5) }
            sample.n_disks = 1
            sample.disks = arena.makeList(count: 1) { _, disk in
                wireSet(&disk.has_device, &disk.device, text(count - 1, in: arena))
            }
        }
    }

    func taskResponse(_ task: String, in arena: WireArena) -> WireAgentBody {
        .taskResponse(
            arena.make { response in
                response.task_id = arena.copy(task)
                wireSet(&response.has_status, &response.status, .inProgress)
                response.n_lines = count
                response.lines = arena.makeList(count: count) { index, line in
                    wireSet(&line.has_seq, &line.seq, first + UInt64(index))
                    wireSet(&line.has_stream, &line.stream, SLUICE__V1__OUTPUT_LINE__STREAM__STDOUT)
                    wireSet(&line.has_line, &line.line, text(index, in: arena))
                    wireSet(&line.has_at_unix_ns, &line.at_unix_ns, MonotonicTime.unixNanoseconds)
                }
            })
    }

    /// The end of a task.
    static func final(of task: String, after last: UInt64, in arena: WireArena) -> WireAgentBody {
        .taskResponse(
            arena.make { response in
                response.task_id = arena.copy(task)
                wireSet(&response.has_status, &response.status, .completed)
                wireSet(&response.has_is_final, &response.is_final, flag: true)
                wireSet(&response.has_exit_code, &response.exit_code, 0)
                wireSet(&response.has_final_seq, &response.final_seq, last + 1)
            })
    }
}
