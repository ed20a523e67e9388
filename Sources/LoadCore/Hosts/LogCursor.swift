/// Where an agent's reliable stream stands. Lines are made anew from their numbers when they are sent again, so the
/// numbers are all that is kept: a real agent keeps the window and what is due on its disk.
struct LogCursor: Equatable {
    /// Bytes of frames that may be under way.
    var window = Self.defaultWindow
    /// Everything up to and with this number is acknowledged.
    private(set) var acknowledged: UInt64 = 0
    /// The last number sent since the stream was last (re)started, or known to be stored.
    private(set) var sent: UInt64 = 0
    /// The highest number that was ever sent.
    private(set) var highest: UInt64 = 0
    /// Lines that were sent again.
    private(set) var resent: UInt64 = 0
    /// Lines that had been acknowledged, which the gateway says it does not have.
    private(set) var forgotten: UInt64 = 0
    /// Acknowledgements of lines that were never sent.
    private(set) var unfounded = 0
    /// Frames under way, oldest first.
    private var frames: [(last: UInt64, bytes: Int)] = []
    private(set) var bytesUnderWay = 0

    static let defaultWindow = 1 << 20

    static func == (a: Self, b: Self) -> Bool {
        a.acknowledged == b.acknowledged && a.sent == b.sent && a.highest == b.highest
            && a.bytesUnderWay == b.bytesUnderWay
    }

    /// How many lines of so many bytes may be sent now; one at least while nothing is under way.
    func room(lineBytes: Int) -> Int { max(frames.isEmpty ? 1 : 0, (window - bytesUnderWay) / lineBytes) }

    /// A new connection wants the stream.
    /// - Parameter stored: the last number that the gateway says it has of this count; nil: it knows of none.
    /// - Returns: the numbers that it has, but whose acknowledgement never came.
    mutating func begin(stored: UInt64?) -> ClosedRange<UInt64>? {
        frames = []
        bytesUnderWay = 0
        let stored = stored ?? 0
        if stored < acknowledged { forgotten += acknowledged - stored }
        let new = acknowledge(upTo: stored)
        sent = acknowledged
        return new
    }

    /// A frame was handed over whose last line is this.
    /// - Returns: the numbers in it that were never sent before.
    mutating func handOver(through last: UInt64, bytes: Int) -> ClosedRange<UInt64>? {
        resent += min(last, highest) - min(sent, highest)
        let new = last > highest ? highest + 1...last : nil
        sent = last
        highest = max(highest, last)
        frames.append((last, bytes))
        bytesUnderWay += bytes
        return new
    }

    /// - Returns: the numbers that were not acknowledged before.
    mutating func acknowledge(upTo number: UInt64) -> ClosedRange<UInt64>? {
        guard number <= highest else {
            unfounded += 1
            return nil
        }
        guard number > acknowledged else { return nil }
        let new = acknowledged + 1...number
        acknowledged = number
        sent = max(sent, number)
        let done = frames.prefix { $0.last <= number }
        bytesUnderWay -= done.reduce(0) { $0 + $1.bytes }
        frames.removeFirst(done.count)
        return new
    }

    /// The gateway has not kept what it got from this number on.
    mutating func resend(from number: UInt64) {
        if number <= acknowledged { forgotten += acknowledged - number + 1 }
        sent = min(sent, max(number, acknowledged + 1) - 1)
        frames.removeAll { $0.last > sent }
        bytesUnderWay = frames.reduce(0) { $0 + $1.bytes }
    }
}
