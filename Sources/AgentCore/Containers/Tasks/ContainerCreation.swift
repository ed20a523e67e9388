import JSON
import Reactor

/// A container that the engine is asked to make, for which it may take long. Whoever asked may go before it answers: then
/// what it has made is removed. Loop's thread only.
final class ContainerCreation {
    typealias Answer = Result<JSONValue, EngineError>

    private let engine: ContainerEngine
    private var done: ((Answer) -> Void)?
    private var call: EngineCall?
    private var deadline: LoopTimer?

    init(_ request: HTTPCall, on engine: ContainerEngine, _ done: @escaping (Answer) -> Void) {
        self.engine = engine
        self.done = done
        // unowned: call and timer belong to this object.
        call = engine.json(request, timeout: UnattendedCalls.patience) { [unowned self] in answered($0) }
        deadline = engine.loop.schedule(after: ContainerEngine.timeout) { [unowned self] in timedOut() }
    }

    static func removal(of id: String) -> HTTPCall {
        HTTPCall(.delete, "/containers/\(HTTPCall.encoded(id))", [("force", "1"), ("v", "1")])
    }

    /// Nobody wants it any more.
    func abandon() {
        guard done != nil else { return }
        done = nil
        deadline = nil
        engine.unattended.keep(self)
    }

    private func timedOut() {
        guard let done else { return }
        abandon()
        done(.failure(.broken("the container engine does not answer")))
    }

    private func answered(_ answer: Answer) {
        deadline = nil
        if let done {
            self.done = nil
            return done(answer)
        }
        if let id = (try? answer.get())?["Id"]?.string, !id.isEmpty { engine.send(Self.removal(of: id)) }
        engine.unattended.drop(ObjectIdentifier(self))
    }
}
