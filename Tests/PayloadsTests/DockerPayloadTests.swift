import Model
import Payloads
import Testing

@Suite("Operations on containers as text")
struct DockerPayloadTests {
    private let operation = DockerOperation(
        kind: .run, image: "app:1", container: "web", arguments: ["echo", "a \"b\"\n", "é"],
        environment: ["TOKEN": "secret=1", "A": ""])

    @Test("an operation is read back as it was written", arguments: DockerOperation.Kind.allCases)
    func roundTrip(_ kind: DockerOperation.Kind) {
        var operation = operation
        operation.kind = kind
        #expect(DockerOperation(text: operation.text) == operation)
        let least = DockerOperation(kind: kind)
        #expect(DockerOperation(text: least.text) == least)
    }

    @Test("what is none is none", arguments: ["", "[]", "{}", #"{"operation":"prune"}"#])
    func garbage(_ text: String) { #expect(DockerOperation(text: text) == nil) }

    @Test("for people it looks like a command line, without the values of variables")
    func summary() {
        #expect(operation.summary.hasPrefix("docker run -e A -e TOKEN --name web app:1 echo a"))
        #expect(!operation.summary.contains("secret"))
        #expect(
            DockerOperation(kind: .remove, container: "web", arguments: ["--force"]).summary
                == "docker remove --force web")
        #expect(DockerOperation(kind: .exec, container: "web", arguments: ["ls"]).summary == "docker exec web ls")
        #expect(DockerOperation(kind: .pull, image: "app").summary == "docker pull app")
    }
}
