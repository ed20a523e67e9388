import Model
import Testing

@testable import AgentCore

private func at(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }
private let welcome = Welcome(
    sessionID: "s1", heartbeat: 1000, maximumFrame: 1 << 20, tasks: [], gatewayVersion: "1", agentToken: nil)

private typealias Machine = SessionMachine<SeededGenerator>

private func opened() -> Machine {
    var machine = Machine(generator: SeededGenerator(seed: 1))
    _ = machine.start()
    _ = machine.linkUp()
    _ = machine.received(.welcome(welcome), now: at(0))
    return machine
}

/// The delay of the timer that was started, without the log lines around it.
private func restDelay(_ actions: [Machine.Action]) -> Int? {
    for case .startTimer(let after, repeating: false) in actions { return after }
    return nil
}

@Suite("SessionMachine")
struct SessionMachineTests {
    @Test("connect, Hello, Welcome, heartbeats")
    func handshake() {
        var machine = Machine(generator: SeededGenerator(seed: 1))
        #expect(machine.start() == [.connect])
        #expect(machine.linkUp() == [.sendHello, .startTimer(after: 10_000, repeating: false)])
        #expect(
            machine.received(.welcome(welcome), now: at(0))
                == [.startTimer(after: 1000, repeating: true), .opened(welcome)])
        #expect(machine.isOpen)
        #expect(machine.timerFired(now: at(1000)) == [.sendHeartbeat])
    }

    @Test("a gateway that is silent for three heartbeats is lost, and tried again")
    func silence() {
        var machine = opened()
        #expect(machine.received(.heartbeat, now: at(900)).isEmpty)
        #expect(machine.timerFired(now: at(3000)) == [.sendHeartbeat])
        let actions = machine.timerFired(now: at(4000))
        #expect(actions.contains(.lost) && actions.contains(.close(nil)))
        #expect(restDelay(machine.linkLost(detail: ""))! <= 500)
        #expect(machine.timerFired(now: at(5000)) == [.connect])
    }

    @Test(
        "refusals that trying again cannot mend end the agent",
        arguments: [
            Refusal.Code.badCredentials, .idNotAllowed, .protocolTooOld, .invalidHello,
        ])
    func finalRefusal(code: Refusal.Code) {
        var machine = Machine(generator: SeededGenerator(seed: 1))
        _ = machine.start()
        _ = machine.linkUp()
        let refusal = Refusal(code: code, message: "the token is not known", retryAfter: nil)
        #expect(machine.received(.refusal(refusal), now: at(0)).contains(.close(nil)))
        let exit = AgentExit.refused("the gateway refused this agent: the token is not known")
        #expect(machine.linkLost(detail: "") == [.end(exit)])
        #expect(exit.code == 77)
    }

    @Test(
        "other refusals are retried, not before the gateway said",
        arguments: [
            Refusal.Code.unknown, .busy, .draining,
        ])
    func otherRefusal(code: Refusal.Code) {
        var machine = Machine(generator: SeededGenerator(seed: 1))
        _ = machine.start()
        _ = machine.linkUp()
        _ = machine.received(.refusal(Refusal(code: code, message: "", retryAfter: 9000)), now: at(0))
        #expect((9000...9500).contains(restDelay(machine.linkLost(detail: ""))!))
    }

    @Test("one that was replaced stays away for five minutes")
    func replaced() {
        var machine = opened()
        let actions = machine.received(.goodbye(Goodbye(.replaced)), now: at(0))
        #expect(actions.contains(.lost) && actions.contains(.close(nil)))
        #expect(restDelay(machine.linkLost(detail: "")) == 300_000)
    }

    @Test("a session that the agent cannot use is closed without a word, and tried again after a while")
    func abandoned() {
        var machine = opened()
        let actions = machine.abandon("the disk is full")
        #expect(actions.contains(.close(nil)) && actions.contains(.log(.error("the disk is full"))))
        #expect((10_000...10_500).contains(restDelay(machine.linkLost(detail: ""))!))
        #expect(machine.abandon("again").isEmpty)
    }

    @Test("a draining gateway is left alone for as long as it asks")
    func draining() {
        var machine = opened()
        _ = machine.received(.goodbye(Goodbye(.draining, retryAfter: 4000)), now: at(0))
        #expect((4000...4500).contains(restDelay(machine.linkLost(detail: ""))!))
    }

    @Test("the delays grow until a connection has carried a heartbeat")
    func growth() {
        var machine = Machine(generator: SeededGenerator(seed: 3))
        _ = machine.start()
        var longest = 0
        for _ in 0..<40 {
            _ = machine.linkUp()
            _ = machine.received(.welcome(welcome), now: at(0))
            longest = max(longest, restDelay(machine.linkLost(detail: "reset"))!)
            _ = machine.timerFired(now: at(0))
        }
        #expect(longest > 20_000)
        _ = machine.linkUp()
        _ = machine.received(.welcome(welcome), now: at(0))
        _ = machine.received(.heartbeat, now: at(10))
        #expect(restDelay(machine.linkLost(detail: "reset"))! <= 500)
    }

    @Test("a message before the Welcome, a second Welcome and garbage break the protocol")
    func protocolErrors() {
        var machine = Machine(generator: SeededGenerator(seed: 1))
        _ = machine.start()
        _ = machine.linkUp()
        #expect(
            machine.received(.heartbeat, now: at(0))
                .contains(.close(Goodbye(.protocolError, "a message before the Welcome"))))
        machine = opened()
        #expect(machine.received(.welcome(welcome), now: at(0)).contains(.lost))
        machine = opened()
        #expect(machine.receivedGarbage("x").contains(.close(Goodbye(.protocolError, "x"))))
        #expect(machine.received(.heartbeat, now: at(0)).isEmpty, "what follows is not looked at")
    }

    @Test("unknown messages are ignored")
    func unknown() {
        var machine = opened()
        #expect(machine.received(.unknown, now: at(0)).isEmpty)
        #expect(machine.isOpen)
    }

    @Test("a stop says goodbye and ends when the link has closed")
    func stop() {
        var machine = opened()
        #expect(machine.stop(.clean) == [.lost, .stopTimer, .close(Goodbye(.stopping))])
        #expect(machine.linkLost(detail: "") == [.end(.clean)])
        var resting = Machine(generator: SeededGenerator(seed: 1))
        #expect(resting.stop(.clean) == [.stopTimer, .end(.clean)])
        #expect(resting.timerFired(now: at(0)).isEmpty)
    }

    @Test("a stop during a retry's close still ends")
    func stopWhileClosing() {
        var machine = opened()
        _ = machine.receivedGarbage("x")
        #expect(machine.stop(.clean).isEmpty)
        #expect(machine.linkLost(detail: "") == [.end(.clean)])
    }
}
