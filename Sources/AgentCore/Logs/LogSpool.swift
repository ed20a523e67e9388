import Glibc

/// A place in a source of lines, as a word.
protocol SpoolPlace: Equatable {
    var text: String { get }
    /// Nil for what is no place.
    init?(text: some StringProtocol)
}

/// The file that what a source tells becomes lines of, from which they are followed like any other log file, and the
/// place in the source that belongs to its end. Both survive a `kill -9` in step: a place is noted behind its lines, and
/// lines without a place are cut off before anybody reads them. Loop's thread only.
final class LogSpool<Place: SpoolPlace> {
    /// A place is noted by one write of this length.
    private static var recordSize: Int { 512 }

    let path: String
    private(set) var position: Place
    private(set) var size: Int64 = 0
    private var file: Int32 = -1
    private let places: Int32

    /// - Parameter start: where the source is read from when nothing is known of it.
    /// - Throws: what cannot be opened. The directory has to be there.
    init(path: String, placePath: String, start: Place) throws(StateProblem) {
        self.path = path
        position = start
        places = open(placePath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard places >= 0 else { throw StateProblem(detail: "\(placePath): \(StateFile.lastError())") }
        do {
            try restore()
        } catch {
            close(places)
            throw error
        }
    }

    deinit {
        if file >= 0 { close(file) }
        close(places)
    }

    /// Adds lines whose last entry is at `position`. Returns what went wrong; then nothing was added.
    func append(_ lines: [UInt8], at position: Place) -> String? {
        if let problem = StateFile.append(lines, to: file) ?? note(position, size: size + Int64(lines.count), file) {
            ftruncate(file, off_t(size))
            return problem
        }
        size += Int64(lines.count)
        self.position = position
        return nil
    }

    /// Everything in the file has been acknowledged: an empty one takes its place.
    func renew() -> String? {
        let next = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard next >= 0 else { return StateFile.lastError() }
        // From here on the place belongs to the new file, under whichever of its names.
        if let problem = note(position, size: 0, next)
            ?? (rename(path + ".new", path) == 0 ? nil : StateFile.lastError())
        {
            close(next)
            return problem
        }
        close(file)
        (file, size) = (next, 0)
        return nil
    }

    // MARK: -

    private func restore() throws(StateProblem) {
        let known = readPlace()
        if let known, FileIdentity(path: path + ".new")?.inode == known.inode { rename(path + ".new", path) }
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0, let identity = FileIdentity(path: path) else {
            throw StateProblem(detail: "\(path): \(StateFile.lastError())")
        }
        if let known { position = known.position }
        var status = stat()
        size = fstat(file, &status) == 0 ? Int64(status.st_size) : 0
        if let known, known.inode == identity.inode, known.size < size {
            size = known.size
            ftruncate(file, off_t(size))
        }
        if let problem = note(position, size: size, file) { throw StateProblem(detail: "\(path): \(problem)") }
    }

    private func note(_ position: Place, size: Int64, _ descriptor: Int32) -> String? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return StateFile.lastError() }
        var record = Array("\(status.st_ino) \(size) \(position.text)".utf8)
        guard record.count < Self.recordSize else { return "the place is too long" }
        record += [UInt8](repeating: UInt8(ascii: " "), count: Self.recordSize - record.count - 1)
        record.append(UInt8(ascii: "\n"))
        let count = record.withUnsafeBytes { pwrite(places, $0.baseAddress, $0.count, 0) }
        return count == Self.recordSize ? nil : StateFile.lastError()
    }

    private func readPlace() -> (inode: UInt64, size: Int64, position: Place)? {
        var record = [UInt8](repeating: 0, count: Self.recordSize)
        guard pread(places, &record, record.count, 0) == record.count else { return nil }
        let words = String(decoding: record, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 3, let inode = UInt64(words[0]), let size = Int64(words[1]), size >= 0,
            let position = Place(text: words[2])
        else { return nil }
        return (inode, size, position)
    }
}

/// A file of the agent's own state cannot be used.
struct StateProblem: Error {
    var detail: String
}
