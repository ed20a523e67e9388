import Glibc
import Options
import Reactor
import Synchronization

package let agentVersion = "0.1.0"

/// The whole program: parses the command line, runs the agent until it ends or a signal ends it, and exits.
package func runAgent() -> Never {
    let signals = [SIGTERM, SIGINT, SIGHUP]
    SignalWatch.block(signals)
    let invocation = AgentOptions.program(version: agentVersion).parseOrExit()
    do {
        let configuration = try AgentConfiguration(invocation, version: agentVersion)
        for warning in invocation.warnings { writeError(warning) }
        if invocation.command == ["check"] {
            exit(CheckCommand.run(configuration, asJSON: invocation[CheckCommand.asJSON]))
        }
        if let problem = configuration.priority.apply() { writeError(problem) }
        end(try AgentProgram(lock: StateLock(configuration)).run(configuration, stoppingOn: signals))
    } catch {
        end(error)
    }
}

/// The agent, its loop and what stops it.
///
/// @unchecked Sendable because `agent` and `watch` are touched on the loop only, and `outcome` has its mutex.
private final class AgentProgram: @unchecked Sendable {
    private var agent: Agent?
    private var watch: SignalWatch?
    /// Held until the process ends.
    private let lock: StateLock?
    private let outcome = Mutex(AgentExit.failure("the agent's loop has ended"))

    init(lock: StateLock?) { self.lock = lock }

    /// Returns when the agent has ended.
    func run(_ configuration: AgentConfiguration, stoppingOn signals: [Int32]) throws(AgentExit) -> AgentExit {
        let loop: EventLoop
        do {
            loop = try EventLoop(name: "agent")
        } catch {
            throw .failure("\(error)")
        }
        loop.execute { self.start(configuration, on: loop, stoppingOn: signals) }
        loop.join()
        return outcome.withLock { $0 }
    }

    private func start(_ configuration: AgentConfiguration, on loop: EventLoop, stoppingOn signals: [Int32]) {
        let agent = Agent(configuration, loop: loop) { exit in
            self.outcome.withLock { $0 = exit }
            loop.stop()
        }
        do {
            watch = try SignalWatch(loop: loop, signals: signals) { signal in
                if signal == SIGHUP { agent.reload() } else { agent.stop() }
            }
        } catch {
            outcome.withLock { $0 = .failure("\(error)") }
            return loop.stop()
        }
        self.agent = agent
        agent.start()
    }
}

private func end(_ exit: AgentExit) -> Never {
    if let sentence = exit.sentence { writeError(sentence) }
    Glibc.exit(exit.code)
}

private func writeError(_ sentence: String) {
    let line = Array("sluice-agent: \(sentence)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
