import Glibc
import JSON
import Reactor

/// Docker or Podman, by the Docker Engine API on its socket. Nothing is opened before something is asked. Loop's thread
/// only.
final class ContainerEngine {
    /// Where an engine listens, in the order in which they are tried.
    static let standardSockets = ["/var/run/docker.sock", "/run/podman/podman.sock"]
    /// Of an answer that is kept as a whole.
    static let maximumAnswer = 8 << 20
    static let timeout: Duration = .seconds(30)

    let loop: EventLoop
    private let host: ContainerHost
    /// What has been agreed on; nil: nothing yet.
    var version: EngineVersion?
    let unattended = UnattendedCalls()

    init(loop: EventLoop, host: ContainerHost) {
        self.loop = loop
        self.host = host
    }

    /// The first socket that somebody listens on.
    func connect() throws(EngineError) -> UnixSocket {
        var reasons: [String] = []
        var codes: Set<Int32> = []
        for path in host.sockets {
            do {
                return try UnixSocket(path: path, loop: loop)
            } catch {
                codes.insert(error.code)
                reasons.append("\(path): \(error.sentence)")
            }
        }
        let sentence = "no container engine: " + reasons.joined(separator: ", ")
        if codes.contains(EACCES) || codes.contains(EPERM) { throw .denied(sentence) }
        throw codes == [ENOENT] && !host.isExplicit ? .absent(sentence) : .unavailable(sentence)
    }

    /// Asks for something whose answer is read as it comes.
    func stream(
        _ call: HTTPCall, timeout: Duration? = ContainerEngine.timeout, _ handlers: EngineCall.Handlers
    ) -> EngineCall {
        EngineCall(call, to: self, timeout: timeout, handlers)
    }

    /// Asks for something whose answer is short, and has to be there as a whole in time.
    func collect(
        _ call: HTTPCall, timeout: Duration? = ContainerEngine.timeout, limit: Int = ContainerEngine.maximumAnswer,
        _ done: @escaping (Result<EngineAnswer, EngineError>) -> Void
    ) -> EngineCall {
        var answer = EngineAnswer(status: 0)
        var isTooLong = false
        return EngineCall(
            call, to: self, timeout: timeout, isWhole: true,
            EngineCall.Handlers(
                head: { answer.status = $0.status },
                body: { bytes in
                    isTooLong = isTooLong || answer.body.count + bytes.count > limit
                    if !isTooLong { answer.body.append(contentsOf: bytes) }
                },
                end: { error in
                    if let error { return done(.failure(error)) }
                    done(isTooLong ? .failure(.broken("the container engine's answer is too long")) : .success(answer))
                }))
    }

    /// The same for an answer in JSON.
    func json(
        _ call: HTTPCall, timeout: Duration? = ContainerEngine.timeout,
        _ done: @escaping (Result<JSONValue, EngineError>) -> Void
    ) -> EngineCall {
        collect(call, timeout: timeout) { result in
            done(
                result.flatMap { answer in
                    do {
                        return .success(try JSONParser.parse(answer.body))
                    } catch {
                        return .failure(.broken("the container engine's answer is not JSON: \(error)"))
                    }
                })
        }
    }
}

/// A short answer.
struct EngineAnswer {
    var status: Int
    var body: [UInt8] = []
}
