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

    /// RFC 4231, test cases 1 to 4, 6 and 7 (5 is about a truncated digest).
    @Test(
        "keyed digests are those of RFC 4231",
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
            ),
            (
                Array(1...25), [UInt8](repeating: 0xcd, count: 50),
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array(
                    ("This is a test using a larger than block-size key and a larger than block-size data. "
                        + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
            ),
        ])
    func keyedDigest(key: [UInt8], message: [UInt8], expected: String) {
        #expect(Secrets.hex(Secrets.hmacSHA256(key: key, message)) == expected)
    }

    @Test("an empty key and an empty message have a keyed digest too")
    func keyedDigestOfNothing() {
        #expect(
            Secrets.hex(Secrets.hmacSHA256(key: [], []))
                == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
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
