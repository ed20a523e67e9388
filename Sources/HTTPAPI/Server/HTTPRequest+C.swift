import CReactor

extension HTTPRequest {
    /// Copies what the API needs out of an sr_request. On its loop.
    init(_ request: OpaquePointer, isOverLimit: Bool) {
        var headers: [HeaderName: String] = [:]
        for name in HeaderName.allCases {
            if let value = sr_request_header(request, name.rawValue) { headers[name] = String(cString: value) }
        }
        let body = sr_request_body(request)
        let address = String(cString: sr_request_peer_ip(request))
        let host = address.utf8.contains(UInt8(ascii: ":")) ? "[\(address)]" : address
        self.init(
            method: HTTPMethod(rawValue: String(cString: sr_request_method(request))),
            target: String(cString: sr_request_target(request)), headers: headers,
            body: Array(UnsafeBufferPointer(start: body.base, count: body.count)),
            peer: "\(host):\(sr_request_peer_port(request))", isOverLimit: isOverLimit)
    }
}
