import GRDB
import Glibc
import Logging
import Model

/// Opens the segments at the start.
struct LogRecovery {
    private let segments: LogSegments
    private let log: Logger
    /// Those of the newest segment that has them.
    private(set) var positions: [PositionKey: StreamPosition] = [:]
    /// Segments that are damaged.
    private(set) var setAside = 0

    init(segments: LogSegments, log: Logger) {
        self.segments = segments
        self.log = log
    }

    /// Throws for what a person has to decide: a newer file, a directory without the right to write.
    mutating func run() throws(StoreError) -> ActiveSegment {
        try FileSystem.makeDirectory(segments.directory)
        removeOrphans()
        let numbers = segments.numbers().segments
        var active: ActiveSegment?
        for number in numbers {
            active = try load(number, isNewest: number == numbers.last)
        }
        do {
            return try active ?? Self.makeSegment(segments, positions: positions.values, at: .now())
        } catch {
            throw StoreError(error, file: segments.directory)
        }
    }

    /// A segment with the positions in it, so that older ones can go.
    static func makeSegment(
        _ segments: LogSegments, positions: some Sequence<StreamPosition>, at now: WallTime
    ) throws -> ActiveSegment {
        let number = segments.numbers().highest + 1
        let path = segments.path(of: number)
        let segment = LogSegment(number: number, path: path, created: now, summary: LogSegmentSummary())
        do {
            let database = try LogSegmentFile.openToWrite(path)
            try begin(database, positions: positions, at: now)
            segments.add(segment)
            return ActiveSegment(segment: segment, database: database)
        } catch {
            // Another attempt has another number.
            segment.remove()
            throw error
        }
    }

    private static func begin(
        _ database: DatabaseQueue, positions: some Sequence<StreamPosition>, at now: WallTime
    ) throws {
        try database.write { database in
            for position in positions { try LogSegmentFile.save(position, database) }
            try LogSegmentFile.setValue(now.millisecondsSince1970, of: "created", database)
        }
    }

    /// Nil for one that is not to be written any more.
    private mutating func load(_ number: UInt32, isNewest: Bool) throws(StoreError) -> ActiveSegment? {
        let path = segments.path(of: number)
        do {
            return try open(number, path, isNewest: isNewest)
        } catch {
            let error = StoreError(error, file: path)
            guard case .corrupt = error else { throw error }
            let segment = LogSegment(
                number: number, path: path, created: .now(), summary: LogSegmentSummary())
            log.error(
                "a segment of logs is damaged and set aside; the others are used",
                metadata: ["file": "\(path).corrupt", "error": "\(error)"])
            segment.setAside()
            setAside += 1
            return nil
        }
    }

    private mutating func open(_ number: UInt32, _ path: String, isNewest: Bool) throws -> ActiveSegment? {
        if try addSealed(number, path) { return nil }
        let database = try LogSegmentFile.openToWrite(path)
        let (created, summary, stored) = try database.read { database in
            (
                try LogSegmentFile.value(of: "created", database), try LogSegmentFile.summary(database),
                try LogSegmentFile.positions(database)
            )
        }
        for position in stored { keep(position) }
        let began = created.map(WallTime.init(millisecondsSince1970:)) ?? .now()
        // The process ended between the making of the file and its first transaction.
        if created == nil { try Self.begin(database, positions: positions.values, at: began) }
        let segment = LogSegment(number: number, path: path, created: began, summary: summary)
        let active = ActiveSegment(segment: segment, database: database)
        let isActive = isNewest && summary.sealed == nil
        if summary.sealed != nil { active.close() } else if !isActive { try active.seal(at: .now()) }
        segments.add(segment)
        return isActive ? active : nil
    }

    /// False for one that is not complete, or of another version.
    private mutating func addSealed(_ number: UInt32, _ path: String) throws -> Bool {
        guard FileSystem.size(path) > 0 else { return false }
        let stored = try LogSegmentFile.read(path, until: SearchDeadline(after: 60_000)) { database in
            let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            guard version == LogSegmentFile.schema.version,
                try LogSegmentFile.value(of: "sealed", database) != nil,
                let created = try LogSegmentFile.value(of: "created", database)
            else { return nil as (Int64, LogSegmentSummary, [StreamPosition])? }
            return (created, try LogSegmentFile.summary(database), try LogSegmentFile.positions(database))
        }
        guard let (created, summary, positions) = stored else { return false }
        for position in positions { keep(position) }
        segments.add(
            LogSegment(
                number: number, path: path, created: WallTime(millisecondsSince1970: created), summary: summary))
        return true
    }

    private mutating func keep(_ position: StreamPosition) {
        positions[PositionKey(agent: position.agent, type: position.type)] = position
    }

    /// Companions of files that were removed.
    private func removeOrphans() {
        let names = Set(FileSystem.names(in: segments.directory))
        for name in names {
            for suffix in ["-wal", "-shm"] where name.hasSuffix(".db\(suffix)") {
                if !names.contains(String(name.dropLast(suffix.utf8.count))) {
                    unlink("\(segments.directory)/\(name)")
                }
            }
        }
    }
}
