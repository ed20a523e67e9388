import Glibc

/// The patterns of `--log-path`, and what they match now.
struct LogPatterns {
    struct Matches {
        /// The agent's own spools.
        var own: [FoundFile] = []
        /// What `--log-path` matches.
        var files: [FoundFile] = []
        /// There is more than was looked at: a file that is not among these may be there.
        var isCut = false
    }

    /// That are followed at a time. Of more matches the rest is not.
    static let maximumFiles = 512

    let patterns: [String]
    /// Of the agent's own spools. They are outside the limit, for what waits in them would wait for ever; how many there
    /// are is bounded where they are made.
    var own: [String] = []

    /// Existing regular files, each once.
    func matches() -> Matches {
        var seen: Set<FileIdentity> = []
        var matches = Matches()
        // Each with a bound of its own: files of others leave room for the spools.
        matches.own = Self.find(own, isCut: &matches.isCut).filter { seen.insert($0.identity).inserted }
        matches.files = Self.find(patterns, isCut: &matches.isCut).filter { seen.insert($0.identity).inserted }
        return matches
    }

    /// The directories in which files that match could appear. Where a directory is a pattern itself: those there are.
    func directories() -> Set<String> {
        var directories: Set<String> = []
        var search = PatternSearch()
        for pattern in own + patterns {
            let directory = parentDirectory(pattern)
            let found = PatternSearch.isPattern(directory) ? search.paths(matching: directory) : [directory]
            for path in found where directories.count < Self.maximumFiles { directories.insert(path) }
        }
        return directories
    }

    /// Does one of these patterns match the path?
    static func matches(_ path: String, _ patterns: [String]) -> Bool {
        patterns.contains { $0 == path || fnmatch($0, path, FNM_PATHNAME) == 0 }
    }

    private static func find(_ patterns: [String], isCut: inout Bool) -> [FoundFile] {
        var search = PatternSearch()
        var seen: Set<String> = []
        var found: [FoundFile] = []
        for pattern in patterns {
            for path in search.paths(matching: pattern) where !isCompressed(path) && seen.insert(path).inserted {
                guard found.count < PatternSearch.maximumFound else {
                    isCut = true
                    return found
                }
                if let file = FoundFile(path: path) { found.append(file) }
            }
        }
        isCut = isCut || search.isCut
        return found
    }

    /// What a rotation leaves compressed has been read before.
    private static func isCompressed(_ path: String) -> Bool {
        [".gz", ".xz", ".bz2", ".zst", ".lz4", ".zip"].contains { path.hasSuffix($0) }
    }
}

/// A regular file at a path.
struct FoundFile {
    var path: String
    var identity: FileIdentity
    /// When it was last written to, in seconds since 1970.
    var modified: Int

    /// Nil where there is none.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        self.path = path
        identity = FileIdentity(status)
        modified = status.st_mtim.tv_sec
    }
}
