import GRDB
import Logging
import Model

/// Where a stream of an agent stands, by whom it is of.
struct PositionKey: Hashable {
    var agent: AgentID
    var type: StreamType
}

/// The newest segment, the change to the next one, and the positions. Only the writer's queue touches it.
struct LogAppender {
    private var active: ActiveSegment
    private(set) var positions: [PositionKey: StreamPosition]
    /// Segments that were found damaged.
    let setAsideAtStart: Int
    private let segments: LogSegments
    private let settings: LogSettings
    private let log: Logger

    /// Blocks: opens what there is, sets aside what is damaged, makes the first segment.
    init(segments: LogSegments, settings: LogSettings, log: Logger) throws(StoreError) {
        self.segments = segments
        self.settings = settings
        self.log = log
        var recovery = LogRecovery(segments: segments, log: log)
        active = try recovery.run()
        positions = recovery.positions
        setAsideAtStart = recovery.setAside
    }

    /// In one transaction. A batch whose position is stored is not written again.
    mutating func store(_ batches: [LogBatch]) throws -> [StoredBatch] {
        var positions = positions
        var isNew: [Bool] = []
        for batch in batches { isNew.append(Self.advance(&positions, to: batch.position)) }
        let fresh = zip(batches, isNew).filter(\.1).map(\.0)
        var first = fresh.isEmpty ? [] : try active.store(fresh)[...]
        self.positions = positions
        return zip(batches, isNew).map { batch, isNew in
            guard isNew, let id = first.popFirst() else { return StoredBatch(firstLine: nil, isDuplicate: true) }
            let number = LogNumber(segment: active.segment.number, id: id)
            return StoredBatch(firstLine: batch.lines.isEmpty ? nil : number, isDuplicate: false)
        }
    }

    func probe() throws { try active.probe() }

    /// Begins a new segment if it is time.
    mutating func rotateIfDue(at now: WallTime) throws {
        let summary = active.segment.summary
        guard !summary.isEmpty else { return }
        let age = now.millisecondsSince1970 - active.segment.created.millisecondsSince1970
        guard
            summary.lastLine >= settings.segmentLines || age >= Int64(settings.segmentAge)
                || active.segment.byteCount >= settings.effectiveSegmentBytes
        else { return }
        let old = active
        try begin(at: now)
        do {
            try old.seal(at: now)
        } catch {
            // It is complete as it is; its end is written when it is opened the next time.
            log.warning(
                "a segment of logs was not sealed", metadata: ["file": "\(old.segment.path)", "error": "\(error)"])
        }
    }

    /// Goes on in a new segment, when the newest is damaged.
    mutating func abandon(_ segment: LogSegment, at now: WallTime) throws {
        guard segment.number == active.segment.number else { return }
        try begin(at: now)
    }

    func isActive(_ segment: LogSegment) -> Bool { segment.number == active.segment.number }

    func close() { active.close() }

    private mutating func begin(at now: WallTime) throws {
        active = try LogRecovery.makeSegment(segments, positions: positions.values, at: now)
    }

    /// False when it is there already.
    private static func advance(
        _ positions: inout [PositionKey: StreamPosition], to position: StreamPosition?
    ) -> Bool {
        guard let position else { return true }
        let key = PositionKey(agent: position.agent, type: position.type)
        if let known = positions[key], known.origin == position.origin, known.seq >= position.seq { return false }
        positions[key] = position
        return true
    }
}
