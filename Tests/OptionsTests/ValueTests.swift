import Options
import Testing

@Suite struct ValueTests {
    @Test(
        "durations",
        arguments: [
            ("500ms", 500), ("5s", 5_000), ("1m", 60_000), ("0", 0), ("7", 7_000), ("0.5", 500), ("1.25s", 1_250),
            ("0.5m", 30_000), ("0.001", 1),
        ])
    func durations(text: String, milliseconds: Int) throws {
        #expect(try Fixture.serve(["--linger", text])[Fixture.linger] == milliseconds)
    }

    @Test(
        "what is not a duration in range is refused",
        arguments: [
            "", "s", "1x", "-1s", "+1s", " 1s", "1 s", "1e3", "0.0001", "2m", "99999999999999999999s", "1.s", ".5",
            "1.2.3s", "٣s", "nan",
        ])
    func wrongDurations(text: String) {
        #expect(Fixture.error { try Fixture.serve(["--linger=\(text)"]) }?.exitCode == 64)
    }

    @Test(
        "byte sizes",
        arguments: [
            ("1024", 1_024), ("64MiB", 64 << 20), ("1.5gib", 3 << 29), ("10GB", 10_000_000_000), ("2kB", 2_000),
            ("2048B", 2_048),
        ])
    func sizes(text: String, bytes: Int) throws {
        #expect(try Fixture.serve(["--spool-bytes", text])[Fixture.size] == bytes)
    }

    @Test("what is not a size in range is refused", arguments: ["1", "1M", "2TiBs", "2PiB", "9223372036854775807TiB"])
    func wrongSizes(text: String) {
        #expect(Fixture.error { try Fixture.serve(["--spool-bytes", text]) }?.exitCode == 64)
    }

    @Test(
        "endpoints",
        arguments: [
            ("127.0.0.1:0", "127.0.0.1", 0), ("localhost:65535", "localhost", 65_535), ("[::1]:80", "::1", 80),
            ("[fe80::1%eth0]:1", "fe80::1%eth0", 1),
        ])
    func endpoints(text: String, host: String, port: UInt16) throws {
        let endpoint = try Fixture.serve(["--http-bind", text])[Fixture.bind]
        #expect(endpoint == Endpoint(host: host, port: port))
        #expect(endpoint.description == text)
    }

    @Test(
        "what is not an endpoint is refused",
        arguments: [
            "", ":80", "host", "host:", "host:65536", "host:-1", "::1:80", "[::1]", "[]:80", "[host]:1", "a b:1",
        ])
    func wrongEndpoints(text: String) {
        #expect(Fixture.error { try Fixture.serve(["--http-bind=\(text)"]) }?.exitCode == 64)
    }

    @Test("pairs without a key or without = are refused", arguments: ["a", "=b", "a=1,,b=2"])
    func wrongPairs(text: String) {
        #expect(Fixture.error { try Fixture.serve(["--label=\(text)"]) }?.exitCode == 64)
    }
}
