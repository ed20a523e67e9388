import Model

/// One command of a task: run as `bash -c COMMAND`.
struct TaskStep: Equatable {
    /// Nil where a task is one command: then it has no boundary.
    var name: [UInt8]?
    var command: [UInt8]
    /// From its start; nil: none of its own.
    var timeout: Milliseconds?

    private static let maximumName = 256

    /// The line of output that tells where the output of this step begins: `::step 2/5 install`.
    func boundary(number: Int, of count: Int) -> [UInt8]? {
        guard let name else { return nil }
        // It is one line, whatever is in the name.
        let printable = name.prefix(Self.maximumName).map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }
        return Array("::step \(number)/\(count) ".utf8) + printable
    }
}
