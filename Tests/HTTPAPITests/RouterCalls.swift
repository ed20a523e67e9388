import HTTPAPI
import JSON
import Logging
import Model
import Service
import Testing

/// One answer of the router, with its body read.
struct Answer {
    var response: HTTPResponse
    var status: Int { response.status }
    var text: String { String(decoding: response.body, as: UTF8.self) }
    var json: JSONValue? { try? JSONParser.parse(response.body) }
    var code: String? { json?["code"]?.string }
    var field: String? { json?["field"]?.string }
    var message: String { json?["error"]?.string ?? "" }
}

extension Router {
    init(_ gateway: FakeGateway, _ configuration: APIConfiguration = APIConfiguration(version: "1.2.3")) {
        self.init(
            service: gateway, configuration: configuration, log: Logger(label: "test"), clock: { FakeGateway.time })
    }

    /// - Parameter isDescribed: the answer is what the route's declaration says.
    func call(
        _ method: HTTPMethod?, _ target: String, _ body: String? = nil, headers: [HeaderName: String] = [:],
        isDescribed: Bool = true
    ) async -> Answer {
        guard case .response(let response) = await outcome(method, target, body, headers: headers) else {
            Issue.record("\(target) is a stream")
            return Answer(response: HTTPResponse(status: 0))
        }
        guard isDescribed else { return Answer(response: response) }
        for problem in route(of: method, target)?.undescribed(response) ?? [] { Issue.record("\(problem)") }
        return Answer(response: response)
    }

    /// The declaration that the answer has to be in accord with; nil where no route has taken the request.
    private func route(of method: HTTPMethod?, _ target: String) -> Route? {
        guard let segments = try? RequestTarget(parsing: target).segments else { return nil }
        let matches = routes.filter { $0.pattern.match(segments) != nil }
        let isWrittenOut = matches.contains { $0.pattern.match(segments)?.isEmpty == true }
        return matches.first { route in
            let isHead = method == .head && route.method == .get && !route.isStream
            return (isHead || route.method == method)
                && (!isWrittenOut || route.pattern.match(segments)?.isEmpty == true)
        }
    }

    func outcome(
        _ method: HTTPMethod?, _ target: String, _ body: String? = nil, headers: [HeaderName: String] = [:]
    ) async -> RouterOutcome {
        var request = HTTPRequest(method: method, target: target, peer: "127.0.0.1:1000")
        if let body {
            request.body = Array(body.utf8)
            request.headers = [.contentType: "application/json", .contentLength: "\(request.body.count)"]
        }
        request.headers.merge(headers) { $1 }
        return await handle(request)
    }
}

extension HTTPResponse {
    func values(of name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }
}
