import Model
import Wire

/// The next frame about a task: what has not been sent of its lines, and its end when they are all out.
struct TaskReport {
    /// Bytes of lines in one frame; what a line takes in it beside its text at most (tags, lengths, number, time); and
    /// what a response takes beside its lines.
    static let frameBudget = 128 * 1024
    static let lineOverhead = 40
    static let responseOverhead = 1024
    /// The gateway lets more than this into one list; small enough that other tasks and streams get their turn.
    static let lineLimit = 4096

    /// Is there anything to tell? Lines are told as long as less than `window` bytes of them wait for an
    /// acknowledgement, the end after all lines.
    static func isDue(_ run: TaskRun, window: Int) -> Bool {
        guard !run.isForgotten else { return false }
        guard !run.spool.hasUnsent else { return run.spool.inFlightBytes < window }
        return !run.report.startWasSent || (run.isFinal && !run.report.finalWasSent)
    }

    /// Puts a response of at most `maximumFrame` bytes together and counts its content as sent.
    static func make(
        _ run: TaskRun, maximumFrame: Int, in arena: WireArena
    ) -> UnsafeMutablePointer<WireTaskResponse> {
        var lines: [UnsafeMutablePointer<WireOutputLine>?] = []
        let budget = min(frameBudget, maximumFrame - responseOverhead)
        let gap = run.spool.send(budget: budget, overhead: lineOverhead, limit: lineLimit) { line in
            lines.append(arena.make { fill(&$0, with: line, in: arena) })
        }
        let endsHere = run.isFinal && !run.spool.hasUnsent
        run.report.startWasSent = true
        if endsHere { run.report.finalWasSent = true }
        return arena.make { response in
            response.task_id = arena.copy(run.id.text)
            response.n_lines = lines.count
            response.lines = arena.copyScalars(lines)
            if let gap { response.gap = arena.make { fill(&$0, with: gap) } }
            wireSet(&response.has_started_at_unix_ns, &response.started_at_unix_ns, run.startedAt)
            wireSet(&response.has_status, &response.status, status(endsHere ? run.outcome : nil))
            wireSet(&response.has_is_final, &response.is_final, flag: endsHere)
            if endsHere, let outcome = run.outcome { fill(&response, with: outcome, of: run, in: arena) }
        }
    }

    private static func status(_ outcome: TaskOutcome?) -> WireTaskStatus {
        guard let outcome else { return SLUICE__V1__TASK_RESPONSE__STATUS__IN_PROGRESS }
        return outcome.isSuccess
            ? SLUICE__V1__TASK_RESPONSE__STATUS__COMPLETED : SLUICE__V1__TASK_RESPONSE__STATUS__FAILURE
    }

    private static func fill(_ message: inout WireOutputLine, with line: SpooledLine, in arena: WireArena) {
        let stream =
            line.stream == .stderr ? SLUICE__V1__OUTPUT_LINE__STREAM__STDERR : SLUICE__V1__OUTPUT_LINE__STREAM__STDOUT
        wireSet(&message.has_seq, &message.seq, line.seq)
        wireSet(&message.has_stream, &message.stream, stream)
        wireSet(&message.has_line, &message.line, arena.copyBytes(line.bytes))
        wireSet(&message.has_truncated, &message.truncated, flag: line.isTruncated ? true : nil)
        wireSet(&message.has_at_unix_ns, &message.at_unix_ns, line.atUnixNanoseconds)
    }

    private static func fill(_ message: inout WireSeqRange, with range: ClosedRange<UInt64>) {
        wireSet(&message.has_from_seq, &message.from_seq, range.lowerBound)
        wireSet(&message.has_to_seq, &message.to_seq, range.upperBound)
    }

    private static func fill(
        _ response: inout WireTaskResponse, with outcome: TaskOutcome, of run: TaskRun, in arena: WireArena
    ) {
        wireSet(&response.has_cancelled, &response.cancelled, flag: outcome.isCancelled)
        wireSet(&response.has_timed_out, &response.timed_out, flag: outcome.isTimedOut)
        wireSet(&response.has_exit_code, &response.exit_code, outcome.exitCode)
        response.reason = arena.copy(outcome.reason?.rawValue)
        response.message = arena.copy(outcome.message)
        wireSet(&response.has_final_seq, &response.final_seq, run.finalSeq)
        wireSet(&response.has_finished_at_unix_ns, &response.finished_at_unix_ns, run.finishedAt)
    }
}
