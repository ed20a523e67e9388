import Glibc
import Reactor
import Testing

@Suite("Timers and watches")
struct LoopTimerTests {
    @Test("a timer fires once, and not early")
    func once() async throws {
        try await withLoop { loop in
            let fired = Recorder<UInt64>()
            let start = SystemClock.monotonicNanoseconds
            let timer = try await loop.run {
                loop.schedule(after: .milliseconds(7)) { fired.note(SystemClock.monotonicNanoseconds) }
            }
            try await eventually("the timer") { fired.count == 1 }
            #expect(fired.all[0] - start >= 7_000_000)
            try await Task.sleep(for: .milliseconds(20))
            #expect(fired.count == 1)
            _ = timer
        }
    }

    @Test("a repeating timer goes on until it is cancelled, and can be started again")
    func repeating() async throws {
        try await withLoop { loop in
            let fired = Recorder<Int>()
            let timer = try await loop.run {
                loop.schedule(after: .zero, repeating: .milliseconds(1)) { fired.note(1) }
            }
            try await eventually("five rounds") { fired.count >= 5 }
            let count = try await loop.run {
                timer.cancel()
                return fired.count
            }
            try await Task.sleep(for: .milliseconds(20))
            #expect(fired.count == count)
            try await loop.run { timer.start(after: .milliseconds(1)) }
            try await eventually("one more") { fired.count == count + 1 }
        }
    }

    @Test("a timer that is let go of on another thread is freed, with its function")
    func letGoElsewhere() async throws {
        try await withLoop { loop in
            weak var captured: Recorder<Int>?
            do {
                let recorder = Recorder<Int>()
                captured = recorder
                _ = try await loop.run { loop.schedule(after: .seconds(60)) { recorder.note(1) } }
            }
            try await loop.run {}
            #expect(captured == nil)
        }
    }

    @Test("a timer may be let go of by its own function")
    func letGoInside() async throws {
        try await withLoop { loop in
            let fired = Recorder<Int>()
            let holder = Confined<LoopTimer?>(nil)
            try await loop.run {
                holder.value = loop.schedule(after: .zero, repeating: .milliseconds(1)) {
                    holder.value = nil
                    fired.note(1)
                }
            }
            try await eventually("the timer") { fired.count == 1 }
            try await Task.sleep(for: .milliseconds(10))
            #expect(fired.count == 1)
        }
    }

    @Test("a timer may outlive its loop's thread")
    func outlivesLoop() async throws {
        let loop = try EventLoop(name: "test")
        var timer: LoopTimer? = try await loop.run { loop.schedule(after: .seconds(60)) {} }
        loop.stop()
        loop.join()
        #expect(timer != nil)
        timer = nil
    }

    @Test("a watch reports a readable pipe until it is paused")
    func watch() async throws {
        try await withLoop { loop in
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            let (reader, writer) = (ends[0], ends[1])
            let events = Recorder<Readiness>()
            let watch = try await loop.run {
                let watch = try DescriptorWatch(loop: loop, descriptor: reader) { readiness in
                    var byte: UInt8 = 0
                    read(reader, &byte, 1)
                    events.note(readiness)
                }
                watch.events = .read
                return watch
            }
            write(writer, "a", 1)
            try await eventually("the first byte") { events.all == [.read] }
            try await loop.run { watch.events = [] }
            write(writer, "b", 1)
            try await loop.run {}
            #expect(events.count == 1)
            try await loop.run { watch.events = .read }
            try await eventually("the second byte") { events.count == 2 }
            try await loop.run { watch.events = [] }
            close(reader)
            close(writer)
        }
    }

    @Test("a watch refuses what cannot be polled")
    func watchOfFile() async throws {
        try await withLoop { loop in
            let file = open("/proc/self/exe", O_RDONLY)
            defer { close(file) }
            await #expect(throws: ReactorError.self) {
                try await loop.run { _ = try DescriptorWatch(loop: loop, descriptor: file) { _ in } }
            }
        }
    }

    @Test("durations are rounded up to milliseconds")
    func durations() {
        #expect(Duration.zero.wholeMilliseconds == 0)
        #expect(Duration.seconds(-1).wholeMilliseconds == 0)
        #expect(Duration.nanoseconds(1).wholeMilliseconds == 1)
        #expect(Duration.milliseconds(1500).wholeMilliseconds == 1500)
        #expect(Duration.microseconds(1500).wholeMilliseconds == 2)
    }
}
