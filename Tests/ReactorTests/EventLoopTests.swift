import Reactor
import Testing

@Suite("An event loop")
struct EventLoopTests {
    @Test("runs what it is sent in order, on its own thread")
    func order() async throws {
        try await withLoop { loop in
            let numbers = Recorder<Int>()
            #expect(!loop.inLoop)
            for number in 0..<1000 {
                loop.execute {
                    loop.preconditionInLoop()
                    numbers.note(number)
                }
            }
            try await loop.run {}
            #expect(numbers.all == Array(0..<1000))
        }
    }

    @Test("takes functions from many threads without losing one")
    func manyThreads() async throws {
        try await withLoop { loop in
            let ran = Recorder<Int>()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for number in 0..<5000 { loop.execute { ran.note(number) } }
                    }
                }
            }
            try await loop.run {}
            #expect(ran.count == 40000)
            #expect(loop.statistics.executed == 40001)
            #expect(loop.statistics.wakeups <= loop.statistics.executed)
        }
    }

    @Test("returns results and errors to tasks")
    func results() async throws {
        try await withLoop { loop in
            let product = try await loop.run { 6 * 7 }
            #expect(product == 42)
            await #expect(throws: NotInTime.self) { try await loop.run { throw NotInTime() } }
        }
    }

    @Test("runs what was sent before stop and refuses what comes later")
    func stop() async throws {
        let loop = try EventLoop(name: "test")
        let ran = Recorder<Int>()
        for number in 0..<100 { loop.execute { ran.note(number) } }
        loop.stop()
        #expect(!loop.execute { ran.note(-1) })
        await #expect(throws: EventLoopStopped.self) { try await loop.run {} }
        loop.join()
        #expect(ran.all == Array(0..<100))
    }

    @Test("may be stopped by itself and joined more than once")
    func stopFromInside() throws {
        let loop = try EventLoop(name: "test")
        loop.execute { loop.stop() }
        loop.join()
        loop.join()
    }

    @Test("is freed when it has ended")
    func lifetime() throws {
        weak var weakLoop: EventLoop?
        do {
            let loop = try EventLoop(name: "test")
            weakLoop = loop
            loop.stop()
            loop.join()
        }
        // The thread gives its reference up before it ends.
        #expect(weakLoop == nil)
    }

    @Test("drops the functions it refuses")
    func refusedFunctionsAreFreed() throws {
        let loop = try EventLoop(name: "test")
        loop.stop()
        loop.join()
        weak var captured: Recorder<Int>?
        do {
            let recorder = Recorder<Int>()
            captured = recorder
            loop.execute { recorder.note(1) }
        }
        #expect(captured == nil)
    }

    @Test("runs deferred functions after the input that is ready")
    func deferredAfterInput() async throws {
        try await withLoop { loop in
            let events = Recorder<String>()
            try await loop.run {
                loop.runDeferred { events.note("deferred") }
                for _ in 0..<3 { loop.execute { events.note("input") } }
            }
            try await eventually("four events") { events.count == 4 }
            #expect(events.all == ["input", "input", "input", "deferred"])
        }
    }

    @Test("does not let steady input starve deferred functions")
    func deferredUnderLoad() async throws {
        try await withLoop { loop in
            let ran = Recorder<Int>()
            // Sends itself again until the deferred function has run: without a bound that would be forever.
            @Sendable func keepBusy() {
                if ran.count == 0 { loop.execute(keepBusy) }
            }
            try await loop.run {
                loop.runDeferred { ran.note(1) }
                keepBusy()
            }
            try await eventually("the deferred function") { ran.count == 1 }
        }
    }

    @Test("runs a job each time it is sent, in order with functions, and lets go of it when it is stopped")
    func jobs() async throws {
        let events = Recorder<String>()
        weak var left: LoopJob?
        try await withLoop { loop in
            let job = LoopJob { events.note("job") }
            left = job
            try await loop.run {
                loop.runDeferred(job)
                loop.runDeferred(job)
            }
            for _ in 0..<2 {
                #expect(loop.execute(job))
                loop.execute { events.note("function") }
            }
            try await eventually("all have run") { events.count == 6 }
            #expect(events.all.filter { $0 == "job" }.count == 4 && events.all.last == "function")
            loop.stop()
            #expect(!loop.execute(job))
        }
        #expect(left == nil)
    }
}
