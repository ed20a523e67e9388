// `start`, `stop`, `restart`, `remove` and `logs`: one request each.
extension DockerCommand {
    /// The engine gives a container ten seconds to end; the task's timeout is above all that.
    func act() {
        guard let container = order.container else { return finish(Self.engineFailed) }
        let call: HTTPCall
        let done: String
        switch order.operation {
        case .stop: (call, done) = (HTTPCall(.post, container.path("stop")), "stopped")
        case .restart: (call, done) = (HTTPCall(.post, container.path("restart")), "restarted")
        case .remove:
            var query: [(name: String, value: String)] = []
            if order.arguments.contains("--force") { query.append(("force", "1")) }
            if order.arguments.contains("--volumes") { query.append(("v", "1")) }
            (call, done) = (HTTPCall(.delete, container.path, query), "removed")
        default: (call, done) = (HTTPCall(.post, container.path("start")), "started")
        }
        interruption = .drop
        tell(call, timeout: nil) { command, result in
            switch result {
            case .failure(let error): command.fail(error)
            case .success(let answer):
                command.say("\(container.text): " + (answer.status == 304 ? "was \(done) already" : done))
                command.finish(0)
            }
        }
    }

    /// What the container has printed until now.
    func readLogs() {
        guard let container = order.container else { return finish(Self.engineFailed) }
        interruption = .drop
        ask(HTTPCall(.get, container.path("json"))) { command, result in
            switch result.flatMap(ContainerDetail.read) {
            case .failure(let error): command.fail(error)
            case .success(let detail):
                let call = HTTPCall(.get, container.path("logs"), [("stdout", "1"), ("stderr", "1")])
                command.read(call, hasTerminal: detail.hasTerminal) { command, error in
                    if let error { return command.fail(error) }
                    command.finish(0)
                }
            }
        }
    }
}
