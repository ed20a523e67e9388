import Options
import Testing

@Suite struct YAMLTests {
    @Test("scalars, lists and mappings, with _ or - in keys")
    func everything() throws {
        let invocation = try Fixture.serve(
            yaml: """
                # the gateway
                http_bind: "[::1]:9000"
                spool-bytes: 1GiB
                metrics_public: yes
                allow: [shell, docker]
                log_path:
                  - /var/log/a,b.log   # the comma is part of it
                  - /var/log/*.log
                label:
                  site: fra
                  rack: "7"
                """)
        #expect(invocation[Fixture.bind] == Endpoint(host: "::1", port: 9_000))
        #expect(invocation[Fixture.size] == 1 << 30)
        #expect(invocation[Fixture.isPublic])
        #expect(invocation[Fixture.allow] == ["shell", "docker"])
        #expect(invocation[Fixture.paths] == ["/var/log/a,b.log", "/var/log/*.log"])
        #expect(invocation[Fixture.labels] == ["site": "fra", "rack": "7"])
    }

    @Test("a file without keys is allowed", arguments: ["", "# nothing\n", "---\n", "{}"])
    func emptyFile(yaml: String) throws {
        #expect(try Fixture.serve(yaml: yaml)[Fixture.loops] == 2)
    }

    @Test(
        "what is wrong is named with its line",
        arguments: [
            ("a: 1", ["FILE:1: unknown key \"a\""]),
            ("\nlinger_: 1", ["FILE:2: unknown key \"linger_\"; did you mean linger?"]),
            ("config: x", ["FILE:1: unknown key \"config\""]),
            ("loops: 1\nloops: 2", ["FILE:2: loops is already set in line 1"]),
            ("http_bind: 'a:1'\nhttp-bind: 'a:2'", ["FILE:2: http-bind is already set in line 1"]),
            ("loops: x", ["FILE:1: loops: \"x\": expected a whole number from 1 to 64"]),
            ("loops: [1]", ["FILE:1: loops: \"[1]\": expected a whole number from 1 to 64"]),
            ("loops: {a: 1}", ["FILE:1: loops: \"{a: 1}\": expected a whole number from 1 to 64"]),
            ("loops:", ["FILE:1: loops has no value"]),
            ("loops: ~", ["FILE:1: loops has no value"]),
            ("loops: &x 1", ["FILE:1: anchors and aliases are not supported"]),
            ("loops: *x", ["FILE:1: anchors and aliases are not supported"]),
            ("loops: !!int 1", ["FILE:1: tags are not supported"]),
            ("label:\n  a:\n    b: c", ["FILE:2: label: the values of a mapping must be plain values"]),
            ("label:\n  a: 1\n  a: 2", ["FILE:3: label: a is set twice"]),
            ("allow:\n  - [shell]", ["FILE:2: allow: the items of a list must be plain values"]),
            ("- a", ["FILE:1: expected `key: value` lines at the top level"]),
            ("word", ["FILE:1: expected `key: value` lines at the top level"]),
            ("[a]: 1", ["FILE:1: a key must be a plain word"]),
            ("loops: 1\n---\nloops: 2", ["FILE:2: only one document is allowed"]),
            (
                "loops: 0\nlinger: x y",
                [
                    "FILE:2: linger: \"x y\": expected a duration from 0s to 1m (500ms, 5s, 2m, 1h, 1d or a number of seconds)",
                    "FILE:1: loops: \"0\": expected a whole number from 1 to 64",
                ]
            ),
        ])
    func problems(yaml: String, messages: [String]) {
        let error = Fixture.fileError(yaml)
        #expect(error?.exitCode == 78)
        #expect(error?.messages == messages)
    }

    @Test(
        "broken syntax names the line", arguments: ["loops: [1", "\tloops: 1", "loops: \"1", "a: b: c", "loops: \u{0}"])
    func syntax(yaml: String) {
        let error = Fixture.fileError(yaml)
        #expect(error?.exitCode == 78)
        #expect(error?.description.contains(": not valid YAML: ") == true, "\(String(describing: error))")
    }

    @Test("random bytes give an error or a configuration, never a crash")
    func randomBytes() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix(state: seed)
        let alphabet = Array("loops: 1\n-[]{}&*!|>'\"%@`#,?~\t".unicodeScalars)
        for _ in 0..<500 {
            let count = Int.random(in: 0..<40, using: &generator)
            let text = String((0..<count).map { _ in Character(alphabet.randomElement(using: &generator)!) })
            do {
                _ = try Fixture.serve(yaml: text)
            } catch let error as OptionError {
                #expect(error.kind == .configuration, "seed \(seed): \(text)")
            } catch {
                Issue.record("seed \(seed): \(text): \(error)")
            }
        }
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
