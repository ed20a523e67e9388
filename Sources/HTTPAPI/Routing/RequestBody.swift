import JSON

/// Turns the body of a request into JSON, or says what is wrong with it.
struct RequestBody: Sendable {
    let maximumBytes: Int

    /// - Returns: nil where the route takes no body; `{}` where it may be left out, and is.
    func read(_ request: HTTPRequest, for route: Route) throws(APIError) -> JSONValue? {
        guard request.body.count <= maximumBytes else {
            throw APIError(.bodyTooLarge, "the body is longer than \(maximumBytes) bytes")
        }
        guard case .json(_, let isOptional) = route.body else { return nil }
        if request.body.isEmpty {
            if isOptional { return .object(JSONObject()) }
            guard request[.contentLength] != nil || request[.transferEncoding] != nil else {
                throw APIError(.lengthRequired, "this needs a JSON body with its Content-Length")
            }
            throw APIError(.invalidJSON, "the body is empty, and this needs a JSON object")
        }
        try checkContentType(request[.contentType])
        do {
            return try JSONParser.parse(request.body)
        } catch {
            throw APIError(.invalidJSON, "the body is not valid JSON: \(error)")
        }
    }

    /// A body that says nothing of its type is taken for JSON.
    private func checkContentType(_ header: String?) throws(APIError) {
        guard let header else { return }
        let parts = header.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
        guard parts.first == "application/json" else {
            throw APIError(
                .unsupportedMediaType,
                "the body must be JSON: send the header Content-Type: application/json "
                    + "(curl: -H 'Content-Type: application/json')")
        }
        for part in parts.dropFirst() where part.hasPrefix("charset=") {
            guard part == "charset=utf-8" || part == "charset=\"utf-8\"" else {
                throw APIError(.unsupportedMediaType, "the body must be JSON in UTF-8")
            }
        }
    }
}
