import Diagnostics
import Dispatch
import Glibc
import Logging
import Reactor

/// `sluice serve` and `sluice demo` as a process: starts, says so, obeys signals, drains, ends.
enum ServerProcess {
    private static let signals = [SIGTERM, SIGINT, SIGHUP]

    /// - Parameter reload: called on the main thread at each SIGHUP, before the server reads its files anew.
    /// - Returns: the exit code.
    static func run(
        _ configuration: Configuration, isDemo: Bool, log: Logger, onHangup reload: () -> Void
    ) throws -> Int32 {
        SignalWatch.block(signals)  // before the first thread, so that all inherit it
        let server = try blocking { try await Server.start(configuration, log: log) }
        StandardOutput.writeLine(
            "{\"event\":\"ready\",\"http\":\"\(server.httpAddress)\",\"agents\":\"\(server.agentAddress)\","
                + "\"version\":\"\(sluiceVersion)\"}")
        log.info(
            "listening",
            metadata: [
                "http": "\(server.httpAddress)", "agents": "\(server.agentAddress)", "version": "\(sluiceVersion)",
            ])
        var companion: DemoAgent?
        if isDemo {
            companion = try DemoAgent.start(gateway: server.agentAddress, state: configuration.dataDirectory)
            StandardOutput.writeLine("Sluice is running: open http://\(server.httpAddress)/ (Ctrl-C ends it)")
        }
        waitForTheEnd {
            reload()
            server.reload()
        }
        log.info("draining")
        companion?.stop()
        armDrainTimeout(configuration.drainTimeout)
        try blocking { await server.stop() }
        return 0
    }

    /// Returns at SIGTERM or SIGINT.
    private static func waitForTheEnd(_ reload: () -> Void) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        while true {
            var number: Int32 = 0
            guard sigwait(&set, &number) == 0 else { continue }
            guard number == SIGHUP else { return }
            reload()
        }
    }

    /// Whatever hangs, the process ends in time: what was acknowledged is on disk already.
    private static func armDrainTimeout(_ milliseconds: Int) {
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(max(1, milliseconds))) { exit(0) }
    }

    /// The main thread waits for asynchronous work; nothing else runs on it.
    private static func blocking<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value
    {
        let done = DispatchSemaphore(value: 0)
        let box = ResultBox<Value>()
        Task.detached {
            do { box.result = .success(try await body()) } catch { box.result = .failure(error) }
            done.signal()
        }
        done.wait()
        return try box.result!.get()
    }
}

/// @unchecked Sendable because it is written before the semaphore is signalled and read after it was waited for.
private final class ResultBox<Value: Sendable>: @unchecked Sendable {
    var result: Result<Value, any Error>?
}
