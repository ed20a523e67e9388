/// What is asked of the engine. Its path has no version yet.
struct HTTPCall: Equatable {
    enum Method: String { case get = "GET", post = "POST", delete = "DELETE" }

    var method: Method
    /// Made of `segment`s where it has anything in it that comes from outside.
    var path: String
    var query: [(name: String, value: String)] = []
    /// JSON.
    var body: [UInt8]?

    init(_ method: Method, _ path: String, _ query: [(name: String, value: String)] = [], body: [UInt8]? = nil) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
    }

    /// The request as it goes over the wire. One for each connection, so the answer may end with it.
    /// - Parameter prefix: in front of the path: `/v1.41`.
    func bytes(prefix: String) -> [UInt8] {
        var target = prefix + path
        for (index, item) in query.enumerated() {
            target += (index == 0 ? "?" : "&") + item.name + "=" + Self.encoded(item.value)
        }
        var text = "\(method.rawValue) \(target) HTTP/1.1\r\nHost: docker\r\nUser-Agent: sluice-agent\r\n"
        text += "Connection: close\r\n"
        if let body { text += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n" }
        // Go answers a POST without either of them with 411 or waits for a body.
        if body == nil, method == .post { text += "Content-Length: 0\r\n" }
        return Array((text + "\r\n").utf8) + (body ?? [])
    }

    /// One segment of a path, or a value of the query: all but what may stand in both is percent-encoded, so that nothing
    /// in it can lead anywhere else.
    static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    static func == (a: HTTPCall, b: HTTPCall) -> Bool {
        a.method == b.method && a.path == b.path && a.body == b.body && a.query.elementsEqual(b.query, by: ==)
    }
}
