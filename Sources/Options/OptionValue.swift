/// What an option's text became.
package enum OptionValue: Sendable, Equatable {
    case text(String)
    /// Whole numbers, durations (milliseconds) and byte sizes (bytes).
    case number(Int)
    case flag(Bool)
    case endpoint(Endpoint)
    case list([String])
    case pairs([String: String])
}

/// Where to listen or connect: `127.0.0.1:8080`, `gateway.example:9090`, `[::1]:0`.
package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address, IPv6 without its brackets; never empty.
    package var host: String
    /// 0 to 65535; when listening, 0 asks the kernel for a free port.
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Nil unless `text` is `host:port` or `[IPv6]:port`.
    package init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"),
            let port = DecimalNumber.wholeNumber(text[text.index(after: colon)...]),
            let port = UInt16(exactly: port),
            let host = Self.host(text[..<colon])
        else { return nil }
        self.init(host: host, port: port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    private static func host(_ text: some StringProtocol) -> String? {
        if text.hasPrefix("[") {
            guard text.hasSuffix("]") else { return nil }
            let address = text.dropFirst().dropLast()
            return isIPv6(address.utf8) ? String(address) : nil
        }
        return isName(text.utf8) ? String(text) : nil
    }

    private static func isName(_ bytes: some Collection<UInt8>) -> Bool {
        (1...253).contains(bytes.count)
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// Characters only: whether it is an address the kernel knows is found when it is used. `%` starts a zone.
    private static func isIPv6(_ bytes: some Collection<UInt8>) -> Bool {
        (2...64).contains(bytes.count) && bytes.contains(UInt8(ascii: ":"))
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "%"):
                    true
                default: false
                }
            }
    }
}
