import CLoad
import Glibc

/// An `http://` address: `http://127.0.0.1:8080/stream?topic={topic}`.
package struct WebAddress: Sendable, Equatable, CustomStringConvertible {
    /// A name or an address, IPv6 without its brackets.
    package let host: String
    package let port: UInt16
    /// Path and query, with `/` in front; only that for the root.
    package let path: String

    /// Nil for anything else, `https` among it.
    package init?(_ text: String) {
        let scheme = "http://"
        guard text.hasPrefix(scheme), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let (host, port) = Self.authority(rest[..<slash]) else { return nil }
        self.host = host
        self.port = port
        path = slash == rest.endIndex ? "/" : String(rest[slash...])
    }

    private static func authority(_ text: Substring) -> (String, UInt16)? {
        var host = text
        var port: UInt16 = 80
        let bracket = text.lastIndex(of: "]") ?? text.startIndex
        if let colon = text[bracket...].lastIndex(of: ":") {
            guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else { return nil }
            port = number
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.isEmpty || host.contains("@") ? nil : (String(host), port)
    }

    /// For the header `Host`.
    package var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    package var description: String { "http://\(authority)\(path == "/" ? "" : path)" }

    /// The path with a name for `{topic}`.
    package func path(topic: String) -> String {
        var result = ""
        var rest = path[...]
        while let brace = rest.firstIndex(of: "{"), rest[brace...].hasPrefix("{topic}") {
            result += rest[..<brace] + topic
            rest = rest[brace...].dropFirst("{topic}".count)
        }
        return result + rest
    }

    /// The first address that the name has.
    func resolve() throws(LoadFailure) -> SocketAddress {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, "\(port)", &hints, &list)
        guard code == 0, let found = list?.pointee, let address = found.ai_addr else {
            throw LoadFailure("\(host): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(list) }
        return SocketAddress(address, length: found.ai_addrlen)
    }
}

/// An address as the kernel takes it.
struct SocketAddress: Sendable {
    private(set) var storage = sockaddr_storage()
    let length: socklen_t

    init(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
        self.length = length
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
        }
    }
}

/// Why a run could not be done, as a sentence.
package struct LoadFailure: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
