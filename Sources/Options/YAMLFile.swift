import Glibc

/// The configuration file: one flat mapping of scalars, lists of scalars and mappings of scalars.
struct YAMLFile {
    enum Value: Equatable {
        case scalar(String)
        case list([String])
        case mapping([String: String])
    }

    struct Entry: Equatable {
        /// As written.
        var key: String
        /// Of the key, from 1.
        var line: Int
        var value: Value
    }

    let path: String
    let entries: [Entry]

    /// A file larger than this is not a configuration.
    private static let maximumSize = 1 << 20

    init(path: String) throws(OptionError) {
        try self.init(path: path, bytes: Self.read(path))
    }

    init(path: String, bytes: [UInt8]) throws(OptionError) {
        self.path = path
        entries = try YAMLReader.entries(of: bytes, path: path)
    }

    func entry(for option: OptionDeclaration) -> Entry? { entries.first { $0.names(option) } }

    private static func read(_ path: String) throws(OptionError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= maximumSize else {
                throw .configuration("\(path): a configuration file has at most \(maximumSize) bytes")
            }
        }
    }

    private static func unreadable(_ path: String) -> OptionError {
        .configuration("\(path): cannot be read: \(String(cString: strerror(errno)))")
    }
}

extension YAMLFile.Entry {
    /// `http_bind` and `http-bind` are the same key.
    func names(_ option: OptionDeclaration) -> Bool { YAMLFile.canonical(key) == option.name }
}

extension YAMLFile {
    static func canonical(_ key: String) -> String { String(key.map { $0 == "_" ? "-" : $0 }) }
}

extension YAMLFile.Value {
    func parsed(as kind: ValueKind) -> OptionValue? {
        switch self {
        case .scalar(let text): kind.parse(text)
        case .list(let items): kind.parse(items: items)
        case .mapping(let pairs): kind.parse(mapping: pairs)
        }
    }

    /// For messages.
    var text: String {
        switch self {
        case .scalar(let text): text
        case .list(let items): "[\(items.joined(separator: ", "))]"
        case .mapping(let pairs): "{\(pairs.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: ", "))}"
        }
    }
}
