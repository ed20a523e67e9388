import Glibc

/// The patterns of `--log-path`, and what they match now.
struct LogPatterns {
    /// Of more matches the rest is not followed.
    static let maximumFiles = 512

    let patterns: [String]

    /// Paths of existing regular files, each once.
    func matches() -> [String] {
        var seen: Set<String> = []
        var paths: [String] = []
        for pattern in patterns {
            for path in Self.expand(pattern) where !Self.isCompressed(path) && seen.insert(path).inserted {
                guard paths.count < Self.maximumFiles else { return paths }
                paths.append(path)
            }
        }
        return paths
    }

    /// The directories in which files that match could appear. Where a directory is a pattern itself: those there are.
    func directories() -> Set<String> {
        var directories: Set<String> = []
        for pattern in patterns {
            let directory = Self.directory(of: pattern)
            let found = Self.isPattern(directory) ? Self.expand(directory) : [directory]
            for path in found where directories.count < Self.maximumFiles { directories.insert(path) }
        }
        return directories
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Does one of these patterns match the path?
    static func matches(_ path: String, _ patterns: [String]) -> Bool {
        patterns.contains { $0 == path || fnmatch($0, path, FNM_PATHNAME) == 0 }
    }

    private static func isPattern(_ text: String) -> Bool { text.contains { "*?[".contains($0) } }

    /// What a rotation leaves compressed has been read before.
    private static func isCompressed(_ path: String) -> Bool {
        [".gz", ".xz", ".bz2", ".zst", ".lz4", ".zip"].contains { path.hasSuffix($0) }
    }

    private static func expand(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0, let list = found.gl_pathv else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { list[$0].map { String(cString: $0) } }
    }
}
