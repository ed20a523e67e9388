import Model
import Reactor
import Synchronization
import Wire

@testable import AgentCore

/// What agents said, as values.
extension ScriptedGateway {
    struct Line: Equatable {
        var seq: UInt64
        var isError: Bool
        var bytes: [UInt8]
        var isTruncated: Bool
        /// When it came, and when the agent had read it.
        var receivedAt: UInt64
        var printedAt: UInt64
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    struct Final: Equatable {
        var isCompleted: Bool
        var exitCode: Int32?
        var isCancelled: Bool
        var isTimedOut: Bool
        var reason: String?
        var seq: UInt64
    }

    struct Task {
        var lines: [Line] = []
        var gaps: [ClosedRange<UInt64>] = []
        var finals: [Final] = []
        var startWasSeen = false
        /// What the gateway has "safe".
        var storedSeq: UInt64 = 0
        var finalIsStored = false
        var texts: [String] { lines.map(\.text) }
    }

    struct Hello: Equatable {
        var agentID: String
        var token: String?
        var streamTypes: [String]
        var taskKinds: [String]
        var labels: [String]
        var tasks: [TaskStanding]
        var bootID: UInt64
        var connection: UInt64
    }

    struct Sample: Equatable {
        var ref: UInt32
        var generation: UInt64
        var kind: String
        var receivedAt: UInt64
    }

    struct States: Equatable {
        var generation: UInt64
        var running: [UInt32]
        var rejected: [UInt32: String]
    }

    /// All that happened, over all connections.
    struct State {
        var hellos: [Hello] = []
        var heartbeats: [UInt64] = []
        var states: [States] = []
        var samples: [Sample] = []
        var tasks: [String: Task] = [:]
        var reliable: [String: Reliable] = [:]
        var goodbyes: [Goodbye.Reason] = []
        var closed = 0
        /// Of TLS, as connections ended with.
        var failures: [TLSFailure] = []
        var largestFrame = 0
        var isOpen = false
        var containerLines: [ContainerLine] = []
        var containers: [ContainerList] = []
    }
}

// MARK: - Recording, on the loop

extension ScriptedGateway {
    func record(_ states: WireStreamStates) {
        var rejected: [UInt32: String] = [:]
        for stream in WireList(states.n_rejected, states.rejected) {
            rejected[stream.pointee.stream_ref] = wireString(stream.pointee.code)
        }
        let running = Array(UnsafeBufferPointer(start: states.running_refs, count: states.n_running_refs))
        let value = States(generation: states.applied_generation, running: running, rejected: rejected)
        shared.withLock { $0.states.append(value) }
    }

    func record(_ data: WireStreamData) {
        if recordReliable(data) { return }
        if case .containerLogs(let batch) = data.payload { return record(batch.pointee) }
        let kind =
            switch data.payload {
            case .metrics(let metrics):
                "metrics" + (metrics.pointee.cpu == nil ? "" : " cpu")
                    + (metrics.pointee.memory == nil ? "" : " memory")
            case .healthCheck: "health_check"
            default: "other"
            }
        let sample = Sample(
            ref: data.stream_ref, generation: data.generation, kind: kind,
            receivedAt: SystemClock.monotonicNanoseconds)
        shared.withLock { $0.samples.append(sample) }
    }

    func record(_ response: WireTaskResponse) {
        let id = wireString(response.task_id) ?? ""
        let now = unixNanoseconds()
        shared.withLock { state in
            var task = state.tasks.removeValue(forKey: id) ?? Task()
            task.startWasSeen = true
            if let gap = response.gap?.pointee { task.gaps.append(gap.from_seq...gap.to_seq) }
            for line in WireList(response.n_lines, response.lines) {
                let line = line.pointee
                task.lines.append(
                    Line(
                        seq: line.seq, isError: line.stream == SLUICE__V1__OUTPUT_LINE__STREAM__STDERR,
                        bytes: Array(line.line.rawBytes), isTruncated: line.truncated != 0, receivedAt: now,
                        printedAt: line.at_unix_ns))
            }
            if response.is_final != 0 { task.finals.append(Self.final(response)) }
            state.tasks[id] = task
        }
        if acknowledges { store(id) }
    }

    private static func final(_ response: WireTaskResponse) -> Final {
        Final(
            isCompleted: response.status == SLUICE__V1__TASK_RESPONSE__STATUS__COMPLETED,
            exitCode: wireValue(response.has_exit_code, response.exit_code), isCancelled: response.cancelled != 0,
            isTimedOut: response.timed_out != 0, reason: wireString(response.reason), seq: response.final_seq)
    }

    func store(_ id: String) {
        let (seq, isFinal) = shared.withLock { state in
            var task = state.tasks.removeValue(forKey: id) ?? Task()
            task.storedSeq = max(task.storedSeq, task.lines.last?.seq ?? 0, task.gaps.last?.upperBound ?? 0)
            task.finalIsStored = !task.finals.isEmpty
            state.tasks[id] = task
            return (task.storedSeq, task.finalIsStored)
        }
        send { arena in
            .ack(
                arena.make { ack in
                    ack.task_id = arena.copy(id)
                    wireSet(&ack.has_up_to_seq, &ack.up_to_seq, seq)
                    wireSet(&ack.has_is_final, &ack.is_final, flag: isFinal)
                })
        }
    }
}
