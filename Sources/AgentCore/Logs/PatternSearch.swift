import Glibc

/// What patterns of paths match now, as `glob` finds it, but with a bound on what is looked at: somebody else may fill a
/// directory, and whoever asks waits.
struct PatternSearch {
    /// Entries of directories that are looked at.
    static let maximumEntries = 65_536
    /// Paths that are found.
    static let maximumFound = 4_096

    /// There was more than was looked at: what was not found may be there.
    private(set) var isCut = false
    private var entries = maximumEntries
    private var found: [String] = []

    /// In the order of their names. A path without `*`, `?` and `[` is found whether something is there or not.
    mutating func paths(matching pattern: String) -> [String] {
        found = []
        let isAbsolute = pattern.hasPrefix("/")
        walk(from: isAbsolute ? "/" : "", pattern.split(separator: "/")[...])
        defer { found = [] }
        return found
    }

    static func isPattern(_ text: some StringProtocol) -> Bool { text.contains { "*?[\\".contains($0) } }

    /// - Parameter base: with its slash; empty where the pattern begins in the current directory.
    private mutating func walk(from base: String, _ components: ArraySlice<Substring>) {
        guard let component = components.first else { return }
        let rest = components.dropFirst()
        let names = Self.isPattern(component) ? names(in: base, matching: String(component)) : [String(component)]
        for name in names {
            guard rest.isEmpty else {
                walk(from: "\(base)\(name)/", rest)
                continue
            }
            guard found.count < Self.maximumFound else { return isCut = true }
            found.append(base + name)
        }
    }

    private mutating func names(in base: String, matching component: String) -> [String] {
        guard let directory = opendir(base.isEmpty ? "." : base) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            guard entries > 0, names.count < Self.maximumFound else {
                isCut = true
                break
            }
            entries -= 1
            // No string is made of what does not match.
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    fnmatch(component, name, FNM_PERIOD) == 0 ? String(cString: name) : nil
                }
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
