import Model
import Wire

/// Lines of a container that wait to be sent, oldest first. A value without I/O.
struct ContainerLogLines {
    struct Line {
        var stream: OutputStream
        var timestamp: UInt64?
        var isTruncated: Bool
        var bytes: [UInt8]
    }

    /// With so much waiting, the log is not read on.
    static let bound = 256 << 10
    /// Of one frame, and lines in it.
    static let frameBytes = 128 << 10
    static let frameLines = 2_000
    /// What a line takes in a frame beside its text, at most, with its container's id and name.
    static let lineOverhead = 256

    private(set) var lines: [Line] = []
    private(set) var byteCount = 0
    /// Of the last line that has been handed out.
    private(set) var lastSeq: UInt64 = 0

    init(after seq: UInt64 = 0) { lastSeq = seq }

    var isEmpty: Bool { lines.isEmpty }
    var isFull: Bool { byteCount >= Self.bound }
    /// There is enough for a frame.
    var isPlenty: Bool { byteCount >= Self.frameBytes / 2 || lines.count >= Self.frameLines }

    mutating func append(_ line: ContainerLogDecoder.Line) {
        lines.append(
            Line(
                stream: line.stream, timestamp: line.timestamp, isTruncated: line.isTruncated,
                bytes: Array(line.bytes)))
        byteCount += line.bytes.count + Self.lineOverhead
    }

    /// The lines of the next frame, at least one, and the number of the first.
    mutating func next() -> (first: UInt64, lines: ArraySlice<Line>) {
        var (count, bytes) = (0, 0)
        while count < min(lines.count, Self.frameLines) {
            let size = lines[count].bytes.count + Self.lineOverhead
            if count > 0, bytes + size > Self.frameBytes { break }
            bytes += size
            count += 1
        }
        defer {
            lines.removeFirst(count)
            byteCount -= bytes
            lastSeq += UInt64(count)
        }
        return (lastSeq + 1, lines[..<count])
    }
}

extension ArraySlice<ContainerLogLines.Line> {
    /// The payload of a frame.
    func payload(of container: ContainerDetail, from seq: UInt64, in arena: WireArena) -> WirePayload {
        .containerLogs(
            arena.make { batch in
                batch.n_lines = count
                batch.lines = arena.makeList(count: count) { index, line in
                    self[startIndex + index].fill(&line, of: container, seq: seq + UInt64(index), arena)
                }
            })
    }
}

extension ContainerLogLines.Line {
    fileprivate func fill(
        _ line: inout WireContainerLog, of container: ContainerDetail, seq: UInt64, _ arena: WireArena
    ) {
        wireSet(&line.has_container_id, &line.container_id, arena.copyBytes(container.id))
        wireSet(&line.has_container_name, &line.container_name, arena.copyBytes(container.name))
        wireSet(&line.has_stream, &line.stream, stream == .stderr ? .stderr : .stdout)
        wireSet(&line.has_line, &line.line, bytes.withUnsafeBytes { arena.copyBytes($0) })
        wireSet(&line.has_seq, &line.seq, seq)
        wireSet(&line.has_container_timestamp, &line.container_timestamp, timestamp.map { Double($0 / 1_000) / 1e6 })
        wireSet(&line.has_truncated, &line.truncated, flag: isTruncated ? true : nil)
    }
}
