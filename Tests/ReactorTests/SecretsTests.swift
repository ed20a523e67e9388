import Glibc
import Reactor
import Testing

@Suite("Secrets, signals and output")
struct SecretsTests {
    @Test("digests are the known ones")
    func digest() {
        #expect(
            Secrets.hex(Secrets.sha256("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Secrets.hex(Secrets.sha256([]))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("random bytes differ and have the length asked for")
    func random() {
        #expect(Secrets.randomBytes(0).isEmpty)
        #expect(Secrets.randomBytes(32).count == 32)
        #expect(Secrets.randomBytes(32) != Secrets.randomBytes(32))
    }

    @Test("comparison sees length and contents")
    func comparison() {
        #expect(Secrets.areEqual([], []))
        #expect(Secrets.areEqual([1, 2], [1, 2]))
        #expect(!Secrets.areEqual([1, 2], [1, 3]))
        #expect(!Secrets.areEqual([1, 2], [1, 2, 3]))
    }

    @Test("blocked signals arrive on the loop")
    func signals() async throws {
        // In a process of its own: the threads of this one have not blocked anything.
        await #expect(processExitsWith: .exitCode(7)) {
            SignalWatch.block([SIGHUP])
            let loop = try EventLoop(name: "test")
            let watch = try await loop.run {
                try SignalWatch(loop: loop, signals: [SIGHUP]) { exit($0 == SIGHUP ? 7 : 1) }
            }
            // To the loop's thread, which has inherited the mask; a process has more threads than ours.
            try await loop.run { _ = raise(SIGHUP) }
            try await Task.sleep(for: .seconds(10))
            _ = watch
        }
    }

    @Test("a line is written at once")
    func output() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            StandardOutput.writeLine("listening on 127.0.0.1:8080 – ja")
            _exit(0)
        }
        let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        #expect(output.contains("listening on 127.0.0.1:8080 – ja\n"))
    }
}
