import JSON
import Reactor

/// Asks `GET /logs/search`, one question at a time; opens the connection again where it has ended. On the loop only.
final class LogSearch {
    /// How many lines match, and the newest of them.
    struct Answer {
        var total: Int
        var messages: [String]
    }

    private let host: String
    private let address: SocketAddress
    private let token: String?
    private let loop: EventLoop
    private let progress: LoadProgress
    private var connection: HTTPConnection?

    init(host: String, address: SocketAddress, token: String?, loop: EventLoop, progress: LoadProgress) {
        self.host = host
        self.address = address
        self.token = token
        self.loop = loop
        self.progress = progress
    }

    /// Not from inside of an answer.
    /// - Parameter then: gets nil when there is no answer, or none that says how many.
    func ask(_ query: String, then: @escaping (Answer?) -> Void) {
        if connection?.isOpen != true { connection = nil }
        connection = connection ?? (try? HTTPConnection(address, loop: loop))
        guard let connection else { return then(nil) }
        let request = HTTPText.head("GET", "/logs/search?" + query, host: host, token: token) + "\r\n"
        connection.send(Array(request.utf8)) { [progress] answer in
            guard let answer else { return then(nil) }
            let found = answer.status == 200 ? Self.parse(answer.body) : nil
            if found == nil {
                let body = String(decoding: answer.body.prefix(200), as: UTF8.self)
                progress.note("searching for lines: status \(answer.status): \(body)")
            }
            then(found)
        }
    }

    static func parse(_ body: [UInt8]) -> Answer? {
        guard let json = try? JSONParser.parse(body), let total = json["total"]?.int.map({ Int($0) }),
            case .array(let logs)? = json["logs"]
        else { return nil }
        return Answer(total: total, messages: logs.compactMap { $0["message"]?.string })
    }

    static func query(needle: Needle, run: String) -> String {
        "q=%22\(LogLine.needle(run: run, agent: needle.agent, number: needle.number))%22&per_page=2"
    }

    static func query(agent: String) -> String { "agent_id=\(agent)&per_page=1" }
}
