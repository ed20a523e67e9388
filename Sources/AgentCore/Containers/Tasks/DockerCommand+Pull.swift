import Model

extension DockerCommand {
    func pullImage(_ image: String, saying stream: OutputStream, then next: @escaping (DockerCommand) -> Void) {
        interruption = .drop
        pull = PullProgress()
        pullText = []
        call = engine.stream(
            ImageName(image).pull,
            EngineCall.Handlers(
                body: { [unowned self] in pulled($0, stream) },
                end: { [unowned self] in pullEnded($0, stream, next) }))
    }

    private func pulled(_ bytes: UnsafeRawBufferPointer, _ stream: OutputStream) {
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                if pullText.count < LineSplitter.defaultMaximum { pullText.append(byte) }
                continue
            }
            tellPull(stream)
        }
    }

    private func tellPull(_ stream: OutputStream) {
        defer { pullText = [] }
        if let line = pull.take(pullText, now: .now) { say(line, stream) }
    }

    private func pullEnded(
        _ error: EngineError?, _ stream: OutputStream, _ next: @escaping (DockerCommand) -> Void
    ) {
        if !pullText.isEmpty { tellPull(stream) }
        let code = order.operation == .run ? Self.engineFailed : 1
        if let error { return fail(error, code: code) }
        if let failure = pull.failure { return fail(.refused(status: 500, message: failure), code: code) }
        interruption = .wait
        next(self)
    }
}
