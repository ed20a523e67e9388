import JSON

// `exec`: a command in a container that runs.
extension DockerCommand {
    func prepareExec() {
        guard let container = order.container else { return finish(Self.engineFailed) }
        let body = JSONWriter.render { writer in
            writer.object {
                $0.member("AttachStdout", true)
                $0.member("AttachStderr", true)
                $0.array("Cmd") { for item in order.arguments { $0.value(item) } }
                $0.array("Env") { for item in order.environment { $0.value(item) } }
            }
        }
        ask(HTTPCall(.post, container.path("exec"), body: body)) { command, result in
            switch result {
            case .failure(let error): command.fail(error)
            case .success(let answer):
                guard let id = answer["Id"]?.string, !id.isEmpty else {
                    return command.fail(.broken("the engine prepared a command without an id"))
                }
                command.exec(id)
            }
        }
    }

    private func exec(_ id: String) {
        guard !isTerminated else { return finish(Self.terminated) }
        let body = JSONWriter.render { writer in
            writer.object {
                $0.member("Detach", false)
                $0.member("Tty", false)
            }
        }
        read(
            HTTPCall(.post, "/exec/\(HTTPCall.encoded(id))/start", body: body), hasTerminal: false,
            began: { command in
                command.interruption = .signal(exec: id)
                if command.isTerminated { command.interrupt() }
            },
            ended: { command, error in
                command.interruption = .wait
                if let error { return command.fail(error, code: Self.engineFailed) }
                command.askExitCode(of: id, attempts: 20)
            })
    }

    /// Its output may end a moment before its end is known.
    private func askExitCode(of id: String, attempts: Int) {
        ask(HTTPCall(.get, "/exec/\(HTTPCall.encoded(id))/json")) { command, result in
            switch result {
            case .failure(let error): command.fail(error, code: Self.engineFailed)
            case .success(let answer):
                let code = answer["ExitCode"]?.int.map { Int32(truncatingIfNeeded: $0) }
                if let code, answer["Running"]?.bool != true { return command.finish(code) }
                guard attempts > 1 else {
                    return command.finish(Self.engineFailed, "the engine does not say how the command ended")
                }
                command.later { $0.askExitCode(of: id, attempts: attempts - 1) }
            }
        }
    }
}
