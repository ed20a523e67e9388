package import Model

/// Makes one entry of the lines of a stack trace, for one source of lines (a file, a unit).
///
/// Most lines pass at once. One that may begin a trace is held until the next line, or `flush`, tells whether it did;
/// so whoever feeds this calls `flush` from time to time. It holds at most `Limits.lines` lines, `Limits.bytes` bytes,
/// and nothing for longer than `Limits.wait` after the last line, nor than `Limits.age` after the first, as long as
/// `flush` is called.
package struct StackTraceJoiner: Sendable {
    package struct Limits: Sendable {
        package var lines: Int
        package var bytes: Int
        package var wait: Milliseconds
        package var age: Milliseconds

        package init(
            lines: Int = 256, bytes: Int = 65_536, wait: Milliseconds = 1_000, age: Milliseconds = 5_000
        ) {
            self.lines = lines
            self.bytes = bytes
            self.wait = wait
            self.age = age
        }
    }

    /// An entry, and the numbers of the first and the last line that are in it.
    package struct Joined: Sendable, Equatable {
        package var entry: LogEntry
        package var first: UInt64
        package var last: UInt64
        /// Where it comes from, if `TraceJoiners` made it.
        package var source: [UInt8] = []
    }

    /// What may follow.
    private enum State {
        /// A line that may turn out to be the first of a trace; frames make it one.
        case candidate
        case frames
        /// In a traceback of Python: indented lines, then the line that names the exception.
        case python
        /// Behind that line: another traceback may follow, after a link between empty lines.
        case pythonEnd
        case go
        /// The next line is the message of a panic in Rust.
        case rustMessage
        case rust
    }

    private struct Held {
        var joined: Joined
        var state: State
        var lines = 1
        /// When the last line came, and the first.
        var since: WallTime
        let began: WallTime
    }

    private let limits: Limits
    private var held: Held?
    /// Entries that were cut because a limit was reached.
    package private(set) var cuts = 0

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// The number of the first line that is held, so that nobody takes it for safe.
    package var firstHeld: UInt64? { held?.joined.first }

    /// Of what is held.
    package var heldBytes: Int { held?.joined.entry.message.count ?? 0 }

    /// - Parameters:
    ///   - number: of the line at its source; ascending.
    ///   - emit: called for each entry that is complete, in order; at most twice.
    package mutating func add(_ entry: LogEntry, number: UInt64, now: WallTime, emit: (Joined) -> Void) {
        if held != nil {
            if let state = nextState(entry) {
                append(entry, number, state, now)
                return
            }
            release(emit)
        }
        guard let state = entry.message.withByteText(Self.firstState) else {
            return emit(Joined(entry: entry, first: number, last: number))
        }
        held = Held(joined: Joined(entry: entry, first: number, last: number), state: state, since: now, began: now)
    }

    /// Lets go what has waited long enough; all of it where `now` is nil (the source has ended).
    package mutating func flush(now: WallTime?, emit: (Joined) -> Void) {
        guard let held else { return }
        if let now, held.since <= now, now < held.since + limits.wait {
            guard now >= held.began + limits.age else { return }
            cuts += 1
        }
        release(emit)
    }

    private mutating func release(_ emit: (Joined) -> Void) {
        guard var joined = held?.joined else { return }
        held = nil
        while joined.entry.message.last?.isSpace ?? false { joined.entry.message.removeLast() }
        emit(joined)
    }

    private mutating func append(_ entry: LogEntry, _ number: UInt64, _ state: State, _ now: WallTime) {
        held?.joined.entry.message.append(0x0A)
        held?.joined.entry.message += entry.message
        held?.joined.last = number
        held?.state = state
        held?.lines += 1
        held?.since = now
    }

    /// Nil where the line does not belong to what is held.
    private mutating func nextState(_ entry: LogEntry) -> State? {
        guard let held, let next = entry.message.withByteText({ Self.next(held.state, $0) }) else { return nil }
        let bytes = held.joined.entry.message.count + entry.message.count + 1
        guard held.lines < limits.lines, bytes <= limits.bytes else {
            cuts += 1
            return nil
        }
        return next
    }
}

// MARK: - Transitions

extension StackTraceJoiner {
    private static func firstState(_ line: ByteText) -> State? {
        if TraceShape.isPythonHead(line) { return .python }
        if TraceShape.isGoHead(line) { return .go }
        if TraceShape.isRustHead(line) { return .rustMessage }
        return TraceShape.mayBegin(line) ? .candidate : nil
    }

    private static func next(_ state: State, _ line: ByteText) -> State? {
        switch state {
        case .candidate:
            if TraceShape.isPythonHead(line) { return .python }
            // Go's own "panic:" and "goroutine" lines follow a log line only where the process ends with it.
            if TraceShape.isGoHead(line), !line.has("panic: ") { return .go }
            return TraceShape.isFrame(line) ? .frames : nil
        case .frames:
            return TraceShape.isFrame(line) ? .frames : nil
        case .python:
            if line.isEmpty || line[0].isSpace { return .python }
            return .pythonEnd
        case .pythonEnd:
            if line.isEmpty || TraceShape.isPythonLink(line) { return .pythonEnd }
            return TraceShape.isPythonHead(line) ? .python : nil
        case .go:
            return TraceShape.isGoLine(line) ? .go : nil
        case .rustMessage:
            return line.isEmpty ? nil : .rust
        case .rust:
            return TraceShape.isRustLine(line) ? .rust : nil
        }
    }
}
