package import Model

/// Where one reliable stream of one agent stands: what has been taken in, what is stored, and what has to be sent again.
/// Pure: frames and outcomes in, decisions out. The hub keeps one for each; see "RELIABLE STREAMS" in sluice.proto.
///
/// Items are taken in the order of their numbers and acknowledged once they are stored. What could not be kept is asked
/// for again, and until it comes nothing behind it is taken.
package struct StreamLedger: Equatable, Sendable {
    /// What becomes of a frame.
    package enum Verdict: Equatable, Sendable {
        /// So many of its items are known already; the others are new. `lost` will never come.
        case take(skipping: Int, lost: ClosedRange<UInt64>?)
        /// All of it is known. What is stored is acknowledged again.
        case duplicate(acknowledge: UInt64?)
        /// It is not taken. The agent is asked to send again from this number on, unless it has been asked already.
        case refuse(resendFrom: UInt64?)
        /// Its numbers are none that a stream can have.
        case malformed
    }

    /// A frame of the stream, by its numbers.
    package struct Frame: Equatable, Sendable {
        package var origin: UInt64
        /// Number of its last item; of a frame with nothing but a gap, of the last one that is missing.
        package var last: UInt64
        package var count: Int
        /// Items before those inside that the agent had to drop.
        package var gap: ClosedRange<UInt64>?

        package init(origin: UInt64, last: UInt64, count: Int, gap: ClosedRange<UInt64>? = nil) {
            self.origin = origin
            self.last = last
            self.count = count
            self.gap = gap
        }

        fileprivate var first: UInt64 { last - UInt64(count) + 1 }
        fileprivate var start: UInt64 { min(gap?.lowerBound ?? first, first) }

        fileprivate var isPlausible: Bool {
            guard last <= StreamLedger.greatestSeq, last >= UInt64(count) else { return false }
            guard let gap else { return count > 0 }
            return gap.lowerBound > 0 && gap.upperBound < first
        }
    }

    package private(set) var origin: UInt64 = 0
    /// Everything up to it has been taken in.
    package private(set) var received: UInt64 = 0
    /// Everything up to it is stored.
    package private(set) var stored: UInt64 = 0
    /// What has to come next, after something could not be kept.
    private(set) var awaited: UInt64?
    private var isKnown = false

    /// No stream gets so far; beyond it numbers would overflow.
    package static let greatestSeq = UInt64.max / 2

    /// A stream that nothing is known of.
    package init() {}

    package init(_ position: StreamPosition) { begin(position.origin, after: position.seq) }

    private mutating func begin(_ origin: UInt64, after seq: UInt64) {
        self.origin = origin
        received = seq
        stored = seq
        awaited = nil
        isKnown = true
    }

    /// - Parameter hasRoom: false: nothing new can be kept at the moment.
    package mutating func take(_ frame: Frame, hasRoom: Bool = true) -> Verdict {
        guard frame.isPlausible else { return .malformed }
        // Counting began anew, or this gateway has never heard of it: what came before is not missing here.
        if !isKnown || frame.origin != origin { begin(frame.origin, after: frame.start - 1) }
        if let awaited, frame.start > awaited { return .refuse(resendFrom: nil) }
        guard frame.last > received else { return .duplicate(acknowledge: stored > 0 ? stored : nil) }
        guard hasRoom else {
            defer { awaited = received + 1 }
            return .refuse(resendFrom: awaited == nil ? received + 1 : nil)
        }
        awaited = nil
        let first = frame.first
        let known = received >= first ? Int(received - first + 1) : 0
        let lost: ClosedRange<UInt64>? = first > received + 1 ? received + 1...first - 1 : nil
        received = frame.last
        return .take(skipping: known, lost: lost)
    }

    /// The store has everything up to this number. - Returns: whether that is news.
    package mutating func noteStored(_ seq: UInt64, origin: UInt64) -> Bool {
        guard origin == self.origin, seq > stored, seq <= received else { return false }
        stored = seq
        return true
    }

    /// Something that was taken in could not be stored: all behind what is stored has to come again. Frames that come
    /// meanwhile are refused; `resend` says when it makes sense to ask.
    package mutating func noteFailed(origin: UInt64) {
        guard origin == self.origin else { return }
        received = stored
        awaited = stored + 1
    }

    /// From which number on the agent has to send again, now that there may be room; nil if nothing is missing.
    package var resend: UInt64? { awaited }
}
