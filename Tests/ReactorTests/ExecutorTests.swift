import Reactor
import Testing

/// State of a loop as an actor.
private actor Counter {
    private let loop: EventLoop
    private(set) var ticks = 0
    private var timer: LoopTimer?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(loop: EventLoop) {
        self.loop = loop
    }

    func tick() {
        loop.preconditionInLoop()
        ticks += 1
    }

    /// A closure that captures `self` weakly is not isolated by itself, but called where it may say that it is.
    func startTimer() {
        timer = loop.schedule(after: .milliseconds(1), repeating: .milliseconds(1)) { [weak self] in
            self?.assumeIsolated { $0.tick() }
        }
    }

    /// One that captures it strongly is isolated.
    func tickDeferred() {
        loop.runDeferred { self.ticks += 1 }
    }

    func stopTimer() {
        timer = nil
    }

    func suspendAndReturn() async -> Bool {
        await Task.yield()
        return loop.inLoop
    }
}

/// Not async, because `assumeIsolated` is for synchronous code only.
private func tickWithoutAsking(_ counter: Counter) {
    counter.assumeIsolated { $0.tick() }
}

@Suite("A loop as an actor's executor")
struct ExecutorTests {
    @Test("runs the actor's jobs on its thread, also after a suspension")
    func jobs() async throws {
        try await withLoop { loop in
            let counter = Counter(loop: loop)
            for _ in 0..<100 { await counter.tick() }
            #expect(await counter.ticks == 100)
            #expect(await counter.suspendAndReturn())
        }
    }

    @Test("lets callbacks of the loop assume the actor's isolation")
    func assumeIsolated() async throws {
        try await withLoop { loop in
            let counter = Counter(loop: loop)
            loop.execute { counter.assumeIsolated { $0.tick() } }
            try await loop.run { counter.assumeIsolated { $0.tick() } }
            #expect(await counter.ticks == 2)
            #expect(loop.isIsolatingCurrentContext() == false)
            let inside = try await loop.run { loop.isIsolatingCurrentContext() }
            #expect(inside == true)
        }
    }

    @Test("lets an actor own timers whose callbacks are isolated to it")
    func timers() async throws {
        try await withLoop { loop in
            let counter = Counter(loop: loop)
            await counter.startTimer()
            try await eventually("three ticks") { await counter.ticks >= 3 }
            await counter.stopTimer()
            await counter.tickDeferred()
            try await loop.run {}
            let ticks = await counter.ticks
            try await Task.sleep(for: .milliseconds(20))
            #expect(await counter.ticks == ticks)
        }
    }

    @Test("traps when isolation is assumed on another thread")
    func trapsElsewhere() async throws {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop(name: "test")
            tickWithoutAsking(Counter(loop: loop))
        }
    }

    @Test("traps when a timer is made on another thread")
    func timerTrapsElsewhere() async throws {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop(name: "test")
            _ = LoopTimer(loop: loop) {}
        }
    }
}
