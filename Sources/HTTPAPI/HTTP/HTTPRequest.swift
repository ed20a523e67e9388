/// The request headers that the API looks at. No other is copied from the connection.
package enum HeaderName: String, Sendable, CaseIterable {
    case authorization = "Authorization"
    case contentLength = "Content-Length"
    case contentType = "Content-Type"
    case cookie = "Cookie"
    case host = "Host"
    case lastEventID = "Last-Event-ID"
    case origin = "Origin"
    case secFetchSite = "Sec-Fetch-Site"
    case transferEncoding = "Transfer-Encoding"
}

/// One request, received as a whole.
package struct HTTPRequest: Sendable {
    /// Nil for a method that is in no route.
    package var method: HTTPMethod?
    /// Path and query as received, percent-encoding untouched.
    package var target: String
    package var headers: [HeaderName: String]
    package var body: [UInt8]
    /// IP address and port of the caller.
    package var peer: String
    /// It came on one of the few connections beyond the limit that are let in to be told so.
    package var isOverLimit: Bool

    package init(
        method: HTTPMethod?, target: String, headers: [HeaderName: String] = [:], body: [UInt8] = [], peer: String,
        isOverLimit: Bool = false
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.peer = peer
        self.isOverLimit = isOverLimit
    }

    package subscript(header: HeaderName) -> String? { headers[header] }
}
