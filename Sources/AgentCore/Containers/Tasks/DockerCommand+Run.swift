import JSON
import Model

// `run`: a container is made, and started once somebody reads what it prints, and waited for. One without a name is removed
// at its end.
extension DockerCommand {
    func create(pullingIfMissing: Bool) {
        var query: [(name: String, value: String)] = []
        if let name = order.container { query.append(("name", name.text)) }
        let body = JSONWriter.render { writer in
            writer.object {
                $0.member("Image", order.image)
                if !order.arguments.isEmpty { $0.array("Cmd") { for item in order.arguments { $0.value(item) } } }
                $0.array("Env") { for item in order.environment { $0.value(item) } }
                $0.object("Labels") { for label in labels { $0.member(label.name, label.value) } }
            }
        }
        interruption = .wait
        // unowned: it belongs to this object.
        creation = ContainerCreation(HTTPCall(.post, "/containers/create", query, body: body), on: engine) {
            [unowned self] in created($0, pullingIfMissing)
        }
    }

    /// The task ends before its container: nobody waits for the end of that. One that was given a name, and has been
    /// started, stays.
    func abandonContainer() {
        creation?.abandon()
        creation = nil
        guard let id = unremoved, order.container == nil || !hasStarted else { return }
        unremoved = nil
        engine.send(ContainerCreation.removal(of: id))
    }

    private func created(_ result: Result<JSONValue, EngineError>, _ pullingIfMissing: Bool) {
        switch result {
        case .failure(.refused(404, _)) where pullingIfMissing && !isTerminated:
            pullImage(order.image, saying: .stderr) { $0.create(pullingIfMissing: false) }
        case .failure(let error): fail(error, code: Self.engineFailed)
        case .success(let answer):
            guard let id = answer["Id"]?.string, !id.isEmpty else {
                return fail(.broken("the engine made a container without an id"), code: Self.engineFailed)
            }
            unremoved = id
            for warning in answer["Warnings"]?.array ?? [] { warning.string.map { say($0, .stderr) } }
            attach(to: id)
        }
    }

    private func path(_ id: String, _ what: String) -> String { "/containers/\(HTTPCall.encoded(id))/\(what)" }

    private func attach(to id: String) {
        guard !isTerminated else { return remove(id, code: Self.terminated) }
        let call = HTTPCall(.post, path(id, "attach"), [("stream", "1"), ("stdout", "1"), ("stderr", "1")])
        read(
            call, hasTerminal: false,
            began: { command in
                command.tellBeside(HTTPCall(.post, command.path(id, "start"))) { $0.started(id, $1) }
            },
            ended: { command, error in
                // The container may go on without us: what counts is its end.
                if let error { command.say(error.sentence, .stderr) }
                command.isDetached = true
                // One that has not been started yet has no end to wait for: the engine would say 0 at once.
                if command.hasStarted { command.wait(for: id) }
            })
    }

    private func started(_ id: String, _ result: Result<EngineAnswer, EngineError>) {
        switch result {
        case .success:
            hasStarted = true
            interruption = .stop(container: id)
            if isTerminated { interrupt() }
            if isDetached { wait(for: id) }
        case .failure(let error):
            say(error.sentence, .stderr)
            remove(id, code: Self.code(ofFailedStart: error.sentence), error.sentence)
        }
    }

    /// As the command line has them: 126 for what cannot be run, 127 for what is not there.
    private static func code(ofFailedStart sentence: String) -> Int32 {
        let sentence = sentence.lowercased()
        if sentence.contains("executable file") || sentence.contains("no such file or directory") { return 127 }
        return sentence.contains("permission denied") ? 126 : engineFailed
    }

    private func wait(for id: String) {
        tell(HTTPCall(.post, path(id, "wait")), timeout: nil) { command, result in
            switch result {
            case .failure(let error): command.fail(error, code: Self.engineFailed)
            case .success(let answer):
                let code = (try? JSONParser.parse(answer.body))?["StatusCode"]?.int
                command.remove(id, code: code.map { Int32(truncatingIfNeeded: $0) } ?? Self.engineFailed)
            }
        }
    }

    /// The container's end. One that was given a name, and has run, stays, to be looked at.
    private func remove(_ id: String, code: Int32, _ detail: String? = nil) {
        interruption = .wait
        guard order.container == nil || !hasStarted else { return finish(code, detail) }
        unremoved = nil
        tell(ContainerCreation.removal(of: id)) { command, result in
            if case .failure(let error) = result, error.status != 404 { command.say(error.sentence, .stderr) }
            command.finish(code, detail)
        }
    }
}
