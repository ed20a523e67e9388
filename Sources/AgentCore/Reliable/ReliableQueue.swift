/// Items of a reliable stream that go in one frame. Their numbers have no holes.
struct ReliableBatch: Equatable {
    /// Of the first and of the last item.
    var numbers: ClosedRange<UInt64>
    /// An encoded StreamData with nothing but its payload.
    var payload: [UInt8]

    var byteCount: Int { payload.count + ReliableQueue.frameOverhead }
}

/// What is to be sent next: a batch, and what is missing before it.
struct ReliableFrame: Equatable {
    var gap: ClosedRange<UInt64>?
    var batch: ReliableBatch
}

/// Where a gateway stands in a reliable stream: it has everything up to `seq` of the count `origin`.
struct ReliablePosition: Equatable {
    var seq: UInt64
    var origin: UInt64
}

/// The numbered items of one reliable stream that the gateway has not acknowledged, oldest first. A value without I/O.
///
/// Three marks rise through the numbers: acknowledged <= sent <= last. Whoever sends walks with `next` and `markSent`
/// from "sent" to "last", as far as the window lets it; a new connection or a Resend puts "sent" back. Numbers between
/// "sent" and the next batch that is kept are a gap, which is reported again for as long as nobody has acknowledged it.
struct ReliableQueue {
    /// What a frame takes beside its payload at most: references, numbers, time, lengths.
    static let frameOverhead = 128

    /// The count that the numbers belong to.
    private(set) var origin: UInt64
    /// The highest number given to an item; 0 before the first.
    private(set) var lastSeq: UInt64
    /// The gateway has everything up to here.
    private(set) var acknowledgedSeq: UInt64
    /// Everything up to here has been sent, or reported as a gap, on the present connection.
    private(set) var sentSeq: UInt64
    /// What the kept batches take.
    private(set) var byteCount = 0
    /// What those take that have been sent.
    private(set) var inFlightBytes = 0
    /// Items that had to go before they were acknowledged.
    private(set) var droppedItems: UInt64 = 0
    /// From here on nothing is sent yet: the numbers are not noted, and after a restart others could get them.
    var heldSeq = UInt64.max

    private let bound: Int
    private var window = Int.max
    private var batches: [ReliableBatch] = []
    /// Entries of `batches` that are gone already, and of those that have been sent the end.
    private var head = 0
    private var cursor = 0

    /// - Parameter bound: bytes of batches that are kept at most; of a larger amount the oldest go.
    init(origin: UInt64, bound: Int, acknowledged: UInt64 = 0) {
        self.origin = origin
        self.bound = bound
        lastSeq = acknowledged
        acknowledgedSeq = acknowledged
        sentSeq = acknowledged
    }

    static func randomOrigin() -> UInt64 { UInt64.random(in: 1...UInt64.max) }

    var kept: ArraySlice<ReliableBatch> { batches[head...] }
    /// What those take that have not been sent.
    var unsentBytes: Int { byteCount - inFlightBytes }

    // MARK: - Items

    /// Gives the next `count` numbers to the items of a payload, and keeps it.
    @discardableResult
    mutating func append(_ payload: [UInt8], count: Int) -> ClosedRange<UInt64> {
        let numbers = (lastSeq + 1)...(lastSeq + UInt64(count))
        keep(ReliableBatch(numbers: numbers, payload: payload))
        return numbers
    }

    /// Keeps a batch that had its numbers already, higher than all before. What lies between is lost.
    mutating func keep(_ batch: ReliableBatch) {
        precondition(batch.numbers.lowerBound > lastSeq, "numbers rise")
        batches.append(batch)
        byteCount += batch.byteCount
        lastSeq = batch.numbers.upperBound
        while byteCount > bound, head < batches.count - 1 {
            droppedItems += UInt64(batches[head].numbers.count)
            removeFirst()
        }
    }

    /// These numbers were given before, to items that are lost.
    mutating func skip(to seq: UInt64) { lastSeq = max(lastSeq, seq) }

    // MARK: - The gateway

    /// A connection that has `window` for unacknowledged bytes begins, to a gateway at `position`; nil where it knows
    /// of no count. Returns false when the gateway has more of this count than there is: then it needs a new one.
    mutating func begin(at position: ReliablePosition?, window: Int) -> Bool {
        self.window = window
        guard let position, position.origin == origin else {
            rewind(to: acknowledgedSeq)
            return true
        }
        guard position.seq <= lastSeq else { return false }
        acknowledge(upTo: position.seq)
        rewind(to: position.seq)
        return true
    }

    /// The gateway has everything up to `seq` safe. A number that was never given is taken as the last one.
    mutating func acknowledge(upTo seq: UInt64) {
        let seq = min(seq, lastSeq)
        guard seq > acknowledgedSeq else { return }
        acknowledgedSeq = seq
        sentSeq = max(sentSeq, seq)
        while head < batches.count, batches[head].numbers.upperBound <= seq { removeFirst() }
    }

    /// Sends again from this number on; what of it is not here any more is a gap.
    mutating func resend(from seq: UInt64) {
        guard seq > 0, seq <= sentSeq else { return }
        rewind(to: seq - 1)
    }

    /// All that is kept gets new numbers, from 1 on, in another count.
    mutating func renumber(origin: UInt64) {
        let kept = kept
        let isHeld = heldSeq < .max
        self = ReliableQueue(origin: origin, bound: bound)
        if isHeld { heldSeq = 1 }
        for batch in kept { append(batch.payload, count: batch.numbers.count) }
    }

    // MARK: - Sending

    /// What is to be sent now; nil when there is nothing, it is held, or the window is full. One frame is sent in any case.
    var next: ReliableFrame? {
        guard cursor < batches.count else { return nil }
        let batch = batches[cursor]
        guard batch.numbers.upperBound < heldSeq else { return nil }
        guard inFlightBytes == 0 || inFlightBytes + batch.byteCount <= window else { return nil }
        let missing = sentSeq + 1 < batch.numbers.lowerBound
        return ReliableFrame(gap: missing ? (sentSeq + 1)...(batch.numbers.lowerBound - 1) : nil, batch: batch)
    }

    /// `next` has been sent.
    mutating func markSent() {
        sentSeq = batches[cursor].numbers.upperBound
        inFlightBytes += batches[cursor].byteCount
        cursor += 1
    }

    // MARK: -

    private mutating func rewind(to seq: UInt64) {
        sentSeq = min(seq, lastSeq)
        cursor = batches[head...].firstIndex { $0.numbers.upperBound > seq } ?? batches.count
        inFlightBytes = batches[head..<cursor].reduce(0) { $0 + $1.byteCount }
    }

    private mutating func removeFirst() {
        byteCount -= batches[head].byteCount
        if head < cursor { inFlightBytes -= batches[head].byteCount }
        batches[head].payload = []
        head += 1
        cursor = max(cursor, head)
        guard head > 64, head * 2 > batches.count else { return }
        batches.removeFirst(head)
        cursor -= head
        head = 0
    }
}
