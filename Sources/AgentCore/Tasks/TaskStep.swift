import Model

/// One part of a task.
struct TaskStep: Equatable {
    enum Work: Equatable {
        /// Run as `bash -c COMMAND`.
        case shell([UInt8])
        case docker(DockerOrder)
    }

    /// Nil where a task is one command: then it has no boundary.
    var name: [UInt8]?
    var work: Work
    /// From its start; nil: none of its own.
    var timeout: Milliseconds?

    private static let maximumName = 256

    init(name: [UInt8]? = nil, command: [UInt8], timeout: Milliseconds? = nil) {
        self.init(name: name, work: .shell(command), timeout: timeout)
    }

    init(name: [UInt8]? = nil, work: Work, timeout: Milliseconds? = nil) {
        self.name = name
        self.work = work
        self.timeout = timeout
    }

    /// The kernel takes no argument with a NUL in it.
    var hasNUL: Bool { if case .shell(let command) = work { command.contains(0) } else { false } }

    /// The line of output that tells where the output of this step begins: `::step 2/5 install`.
    func boundary(number: Int, of count: Int) -> [UInt8]? {
        guard let name else { return nil }
        // It is one line, whatever is in the name.
        let printable = name.prefix(Self.maximumName).map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }
        return Array("::step \(number)/\(count) ".utf8) + printable
    }
}
