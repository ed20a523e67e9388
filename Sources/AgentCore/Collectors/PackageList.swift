import Glibc

/// Packages beyond this many are not listed.
package let packageLimit = 5000

/// The packages that are installed, in the order of the package manager's own list: of dpkg, else of apk. Empty on hosts
/// with another one (the data base of rpm cannot be read without its library).
func installedPackages(_ root: HostRoot) -> [PackageInfo] {
    packages(in: root.path("/var/lib/dpkg/status"), of: .dpkg)
        ?? packages(in: root.path("/lib/apk/db/installed"), of: .apk) ?? []
}

/// How a package manager writes its list: records of lines, with an empty line after each.
private struct PackageFormat {
    var manager: String
    var name: StaticString
    var version: StaticString
    /// The line that says whether the package is installed, and how it ends if so; nil where being listed says it.
    var status: (line: StaticString, installed: String)?

    static let dpkg = PackageFormat(
        manager: "dpkg", name: "Package: ", version: "Version: ", status: ("Status: ", " installed"))
    static let apk = PackageFormat(manager: "apk", name: "P:", version: "V:")
}

/// Reads a list line by line, however long it is. nil when there is none.
private func packages(in path: String, of format: PackageFormat) -> [PackageInfo]? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    // Owned by this function; getline makes it as long as the longest line.
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }

    var packages: [PackageInfo] = []
    var record = PackageRecord()
    while packages.count < packageLimit {
        let length = getline(&line, &capacity, file)
        guard length > 0, let text = line else { break }
        text.withMemoryRebound(to: UInt8.self, capacity: length) { bytes in
            var scanner = ByteScanner(UnsafeBufferPointer(start: bytes, count: length))
            guard let line = scanner.nextLine() else { return }
            if line.isAtEnd { record.finish(format, &packages) } else { record.read(line, format) }
        }
    }
    if packages.count < packageLimit { record.finish(format, &packages) }
    return packages
}

/// What has been read of one package.
private struct PackageRecord {
    private var name: String?
    private var version: String?
    private var isInstalled: Bool?

    mutating func read(_ line: ByteScanner, _ format: PackageFormat) {
        var value = line
        if value.skip(format.name) {
            name = value.text
        } else if value.skip(format.version) {
            version = value.text
        } else if let status = format.status, value.skip(status.line) {
            isInstalled = value.text.hasSuffix(status.installed)
        }
    }

    mutating func finish(_ format: PackageFormat, _ packages: inout [PackageInfo]) {
        defer { self = PackageRecord() }
        guard let name, let version, isInstalled ?? (format.status == nil) else { return }
        packages.append(PackageInfo(name: name, version: version, manager: format.manager))
    }
}
