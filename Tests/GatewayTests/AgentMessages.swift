import TestSupport
import Wire

/// What agents say to a gateway besides Hello and Heartbeat.
extension ScriptedAgent {
    /// One sample of metrics with this CPU usage, made at so many milliseconds.
    /// - Parameter mounts: where its disks are mounted.
    func metrics(ref: UInt32, generation: UInt64, cpu: Double, at milliseconds: UInt64, mounts: [String] = []) {
        send { arena in
            .streamData(
                arena.make { data in
                    wireSet(&data.has_stream_ref, &data.stream_ref, ref)
                    wireSet(&data.has_generation, &data.generation, generation)
                    wireSet(&data.has_at_unix_ns, &data.at_unix_ns, milliseconds * 1_000_000)
                    data.payload = .metrics(
                        arena.make { metrics in
                            wireSet(&metrics.has_timestamp, &metrics.timestamp, milliseconds / 1_000)
                            metrics.cpu = arena.make { wireSet(&$0.has_usage_percent, &$0.usage_percent, cpu) }
                            metrics.memory = arena.make { wireSet(&$0.has_total_bytes, &$0.total_bytes, 1_024) }
                            metrics.n_disks = mounts.count
                            metrics.disks = arena.makeList(count: mounts.count) { index, disk in
                                wireSet(&disk.has_mount_point, &disk.mount_point, arena.copyBytes(mounts[index]))
                            }
                        })
                })
        }
    }

    /// It runs these streams of this list.
    func states(generation: UInt64, running: [UInt32]) {
        send { arena in
            .streamStates(
                arena.make { states in
                    wireSet(&states.has_applied_generation, &states.applied_generation, generation)
                    states.n_running_refs = running.count
                    states.running_refs = arena.copyScalars(running)
                })
        }
    }

    /// Lines of stdout with numbers from `first`, made at fixed times.
    func lines(_ task: String, from first: UInt64, _ texts: [String], gap: ClosedRange<UInt64>? = nil) {
        send { arena in
            .taskResponse(
                arena.make { response in
                    response.task_id = arena.copy(task)
                    wireSet(&response.has_status, &response.status, .inProgress)
                    if let gap {
                        response.gap = arena.make {
                            wireSet(&$0.has_from_seq, &$0.from_seq, gap.lowerBound)
                            wireSet(&$0.has_to_seq, &$0.to_seq, gap.upperBound)
                        }
                    }
                    response.n_lines = texts.count
                    response.lines = arena.makeList(count: texts.count) { index, line in
                        let seq = first + UInt64(index)
                        wireSet(&line.has_seq, &line.seq, seq)
                        wireSet(&line.has_stream, &line.stream, .stdout)
                        wireSet(&line.has_line, &line.line, arena.copyBytes(texts[index]))
                        wireSet(&line.has_at_unix_ns, &line.at_unix_ns, 1_700_000_000_000_000_000 + seq * 1_000_000)
                    }
                })
        }
    }

    /// The end of a task.
    func finish(_ task: String, seq: UInt64, exitCode: Int32, isCancelled: Bool = false) {
        send { arena in
            .taskResponse(
                arena.make { response in
                    response.task_id = arena.copy(task)
                    wireSet(&response.has_status, &response.status, exitCode == 0 ? .completed : .failure)
                    wireSet(&response.has_is_final, &response.is_final, flag: true)
                    wireSet(&response.has_cancelled, &response.cancelled, flag: isCancelled)
                    wireSet(&response.has_exit_code, &response.exit_code, exitCode)
                    wireSet(&response.has_final_seq, &response.final_seq, seq)
                    wireSet(&response.has_finished_at_unix_ns, &response.finished_at_unix_ns, 1_700_000_100_000_000_000)
                })
        }
    }

    // MARK: - Hearing

    /// Waits for a list of desired streams with exactly these intervals of metrics.
    func hearDesired(
        metrics intervals: [UInt32], file: StaticString = #fileID, line: UInt = #line
    ) async throws -> (generation: UInt64, streams: [GatewaySaid.Stream]) {
        var found: (UInt64, [GatewaySaid.Stream])?
        try await eventually("metrics are desired every \(intervals) ms", file: file, line: line) {
            guard case .desired(let generation, let streams)? = said.last(where: \.isDesired) else { return false }
            let metrics = streams.filter { $0.type == "metrics" }
            guard metrics.map(\.interval) == intervals.map(Optional.some) else { return false }
            found = (generation, metrics)
            return true
        }
        return found!
    }

    /// Waits for a request to run a task.
    func hearTask(_ id: String, file: StaticString = #fileID, line: UInt = #line) async throws {
        try await eventually("task \(id) comes", file: file, line: line) { taskRequests.contains(id) }
    }

    /// The tasks that it was asked to run, in their order.
    var taskRequests: [String] {
        said.compactMap {
            switch $0 {
            case .taskRequest(let id, _, _), .deploymentRequest(let id, _, _, _), .dockerRequest(let id, _, _): id
            default: nil
            }
        }
    }

    func hearAck(
        _ task: String, upTo seq: UInt64, isFinal: Bool = false, file: StaticString = #fileID, line: UInt = #line
    ) async throws {
        try await eventually("the Ack of line \(seq)", file: file, line: line) {
            said.contains(.ack(task: task, upTo: seq, isFinal: isFinal))
        }
    }
}

extension GatewaySaid {
    fileprivate var isDesired: Bool { if case .desired = self { true } else { false } }
}
