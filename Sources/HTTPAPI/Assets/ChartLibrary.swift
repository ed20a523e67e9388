import Glibc

/// Chart.js, which draws the console's charts: a file of the Debian package `libjs-chart.js` on this machine. Without it
/// the console says what to install.
struct ChartLibrary: Sendable {
    static let debianPath = "/usr/share/javascript/chart.js/chart.min.js"
    static let package = "libjs-chart.js"
    /// Ten times what there is of it.
    static let maximumBytes = 4 << 20

    let path: String

    /// Read anew each time, so that installing it takes no restart: 200 KB from the page cache.
    /// - Returns: nil where there is no such file, or none that can be Chart.js.
    func read() -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            1...Self.maximumBytes ~= Int(status.st_size)
        else { return nil }
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
            while count < buffer.count {
                let got = Glibc.read(descriptor, buffer.baseAddress! + count, buffer.count - count)
                if got > 0 { count += got } else if got == 0 || errno != EINTR { break }
            }
        }
        return bytes.count == Int(status.st_size) ? bytes : nil
    }
}
