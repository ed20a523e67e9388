/// The path and the query of a request, decoded exactly once: what is matched and authorised is what is used.
///
/// The path is split at the slashes that were sent as such, and only then are its parts decoded, so that an encoded
/// slash cannot move a part to another place.
package struct RequestTarget: Sendable, Equatable {
    package static let maximumBytes = 8 * 1024
    package static let maximumPathBytes = 2 * 1024

    package struct QueryItem: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    /// `/agents/a1` is `["agents", "a1"]`; `/` is empty.
    package let segments: [String]
    package let query: [QueryItem]

    package init(parsing target: String) throws(APIError) {
        let bytes = Array(target.utf8)
        guard bytes.count <= Self.maximumBytes else { throw Self.refusal("the URL is longer than 8 KiB") }
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Self.refusal("the URL has characters that must be percent-encoded")
        }
        guard bytes.first == UInt8(ascii: "/") else { throw Self.refusal("the URL does not begin with '/'") }
        let question = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        segments = try Self.parsePath(bytes[1..<question])
        query = try Self.parseQuery(bytes[question...].dropFirst())
    }

    private static func parsePath(_ bytes: ArraySlice<UInt8>) throws(APIError) -> [String] {
        guard bytes.count < maximumPathBytes else { throw refusal("the path is longer than 2 KiB") }
        if bytes.isEmpty { return [] }
        var segments: [String] = []
        for part in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            let segment = try decode(part, plusIsSpace: false)
            guard segment != ".", segment != ".." else { throw refusal("the path has a '.' or '..' in it") }
            segments.append(segment)
        }
        return segments
    }

    private static func parseQuery(_ bytes: ArraySlice<UInt8>) throws(APIError) -> [QueryItem] {
        var items: [QueryItem] = []
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let value = pair.count == 2 ? try decode(pair[1], plusIsSpace: true) : ""
            items.append(QueryItem(name: try decode(pair[0], plusIsSpace: true), value: value))
        }
        return items
    }

    private static func decode(_ part: ArraySlice<UInt8>, plusIsSpace: Bool) throws(APIError) -> String {
        var decoded: [UInt8] = []
        var rest = part
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = hexDigit(rest.popFirst()), let low = hexDigit(rest.popFirst()) else {
                    throw refusal("the URL has a '%' without two hexadecimal digits behind it")
                }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: decoded.append(0x20)
            default: decoded.append(byte)
            }
        }
        guard decoded.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw refusal("the URL has an encoded control character")
        }
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw refusal("the URL is not valid UTF-8 once it is decoded")
        }
        return text
    }

    private static func hexDigit(_ byte: UInt8?) -> UInt8? {
        byte.flatMap { Character(Unicode.Scalar($0)).hexDigitValue }.map(UInt8.init)
    }

    private static func refusal(_ message: String) -> APIError { APIError(.invalidRequest, message) }
}
