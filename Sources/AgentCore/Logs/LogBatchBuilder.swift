import Wire

/// Puts lines together into the payload of one frame. One that is used again and again allocates nothing per line.
/// Loop's thread only.
final class LogBatchBuilder {
    /// Bytes and items of one frame: few enough that others get their turn.
    static let maximumBytes = 64 * 1024
    static let maximumItems = 2048
    /// What an item takes beside its text at most.
    private static let itemOverhead = 32

    private let arena = WireArena()
    private let buffer = WireBuffer()
    private var events: [UnsafeMutablePointer<WireLogEvent>?] = []
    private(set) var segments: [LogSegment] = []
    private var byteCount = 0
    /// Copies of the path for all lines of a file that follow each other.
    private var source: (path: String, bytes: ProtobufCBinaryData)?

    var isEmpty: Bool { events.isEmpty }

    /// Is there room for this line?
    func hasRoom(for line: Int, of path: String) -> Bool {
        isEmpty
            || events.count < Self.maximumItems
                && byteCount + line + path.utf8.count + Self.itemOverhead <= Self.maximumBytes
    }

    /// - Parameter part: where the line and its break are in the file.
    /// - Parameter continues: the line may be read together with the one before it, should they be read again.
    func add(
        _ line: UnsafeRawBufferPointer, of path: String, file: UInt64, part: Range<Int64>, continues: Bool,
        timestamp: Double
    ) {
        if source?.path != path { source = (path, arena.copyBytes(Self.sourceName(path))) }
        let event = arena.make(WireLogEvent.self)
        wireSet(&event.pointee.has_timestamp, &event.pointee.timestamp, timestamp)
        wireSet(&event.pointee.has_message, &event.pointee.message, arena.copyBytes(line))
        wireSet(&event.pointee.has_source, &event.pointee.source, source?.bytes)
        events.append(event)
        byteCount += line.count + path.utf8.count + Self.itemOverhead
        if continues, let last = segments.last, last.file == file, last.end == part.lowerBound {
            segments[segments.count - 1].end = part.upperBound
            segments[segments.count - 1].count += 1
        } else {
            segments.append(LogSegment(file: file, start: part.lowerBound, end: part.upperBound, count: 1))
        }
    }

    /// The encoded payload, and what it was made of. Begins anew.
    func seal() -> (payload: [UInt8], segments: [LogSegment], count: Int) {
        defer {
            arena.reset()
            buffer.removeAll()
            events.removeAll(keepingCapacity: true)
            segments = []
            byteCount = 0
            source = nil
        }
        let data: UnsafeMutablePointer<WireStreamData> = arena.make { data in
            data.payload = .logs(
                arena.make { batch in
                    batch.n_events = events.count
                    batch.events = arena.copyScalars(events)
                })
        }
        buffer.appendEncoded(data)
        return (buffer.bytes, segments, events.count)
    }

    /// The agent's own spools are not where their lines are from.
    private static func sourceName(_ path: String) -> String {
        if path.hasSuffix("/\(JournalSpool.fileName)") { return "journal" }
        return ContainerSpool.container(ofPath: path).map { "container:\($0)" } ?? path
    }
}
