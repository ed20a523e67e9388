import JSON
import Reactor
import Synchronization

/// Starts a task for each topic, whose command is the topic's number. On the loop only.
final class TaskStarter {
    private let connection: HTTPConnection
    private let progress: LoadProgress
    private var found: [String?]

    init(
        _ plan: LoadPlan, host: String, address: SocketAddress, loop: EventLoop, progress: LoadProgress
    ) throws {
        connection = try HTTPConnection(address, loop: loop)
        self.progress = progress
        found = [String?](repeating: nil, count: plan.topics)
        for topic in 0..<plan.topics {
            let body = JSONWriter.render { json in
                json.object {
                    $0.member("agent_id", LoadTopic.agentID(topic % plan.agents))
                    $0.member("cmd", "\(topic)")
                }
            }
            let request = HTTPText.post("/tasks/shell", host: host, token: plan.token, json: body)
            // unowned: an answer comes before the connection ends, which this object owns.
            connection.send(Array(request.utf8)) { [unowned self] answer in take(answer, for: topic) }
        }
    }

    /// Nil until all are known.
    var ids: [String]? {
        let known = found.compactMap { $0 }
        return known.count == found.count ? known : nil
    }

    private func take(_ answer: HTTPConnection.Answer?, for topic: Int) {
        guard let answer, answer.status == 201, case .object(let object)? = try? JSONParser.parse(answer.body),
            case .string(let id)? = object["task_id"]
        else {
            let body = answer.map { "status \($0.status): \(String(decoding: $0.body.prefix(200), as: UTF8.self))" }
            progress.refused.add(1, ordering: .relaxed)
            return progress.note("starting a task: \(body ?? "the connection ended")")
        }
        found[topic] = id
    }
}
