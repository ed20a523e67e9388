import Glibc

/// Standard output without buffers, for lines that another program waits for. Any thread.
package enum StandardOutput {
    /// Writes the text and a newline in one piece as far as the kernel allows; gives up when nobody reads any more.
    package static func writeLine(_ text: String) {
        var line = text
        line.append("\n")
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = write(STDOUT_FILENO, rest.baseAddress, rest.count)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { return }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
        }
    }
}
