import JSON

/// One stream that is listened to, and how.
package struct LoadTopic: Sendable {
    /// For a peer: its name in the address. For a gateway: the container, or the task once it is known.
    package var name: String
    /// The agent that produces it.
    package var agent: Int
    /// HTTP request that makes a subscription; nil for a peer.
    package var createRequest: String?
    /// Address for a GET; nil where a subscription says it.
    package var path: String?

    static func agentID(_ agent: Int) -> String { "load-\(agent)" }

    /// The topics of a plan.
    /// - Parameter taskIDs: of the tasks whose output is listened to, one for each topic; empty for other streams.
    package static func all(of plan: LoadPlan, taskIDs: [String]) -> [LoadTopic] {
        (0..<plan.topics).map { index in
            let agent = index % plan.agents
            switch plan.target {
            case .peer(let subscribe, _):
                let name = "load-\(plan.runID)-\(index)"
                return LoadTopic(name: name, agent: agent, path: subscribe.path(topic: name))
            case .gateway(let address, _):
                let name =
                    switch plan.stream {
                    case .containerLogs: "load-\(plan.runID)-\(index)"
                    case .shellOutput: taskIDs[index]
                    case .metrics: ""
                    }
                let body = subscription(plan, agent: agent, resource: name)
                let request = HTTPText.post("/subscriptions", host: address.authority, token: plan.token, json: body)
                return LoadTopic(name: name, agent: agent, createRequest: request)
            }
        }
    }

    private static func subscription(_ plan: LoadPlan, agent: Int, resource: String) -> [UInt8] {
        JSONWriter.render { json in
            json.object { json in
                json.member("stream_type", plan.stream.rawValue)
                json.member("agent_id", agentID(agent))
                if !resource.isEmpty { json.member("resource", resource) }
                json.object("config") { json in
                    json.member("buffer_size", plan.bufferSize)
                    guard plan.stream == .metrics else { return }
                    json.member("interval", "100ms")
                    json.member("snapshot", false)
                }
            }
        }
    }
}

/// Requests as text.
enum HTTPText {
    /// A POST with a JSON body that keeps the connection.
    static func post(_ path: String, host: String, token: String?, json: [UInt8]) -> String {
        head("POST", path, host: host, token: token)
            + "Content-Type: application/json\r\nContent-Length: \(json.count)\r\n\r\n"
            + String(decoding: json, as: UTF8.self)
    }

    static func get(_ path: String, host: String) -> String { head("GET", path, host: host, token: nil) + "\r\n" }

    /// Without the empty line that ends it.
    static func head(_ method: String, _ path: String, host: String, token: String?) -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n" + (token.map { "Authorization: Bearer \($0)\r\n" } ?? "")
    }
}
