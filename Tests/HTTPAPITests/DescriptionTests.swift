import HTTPAPI
import JSON
import Model
import Service
import Testing

/// That answers are as described, `Router.call` checks for every request of these tests.
@Suite("Description of the API")
struct DescriptionTests {
    let router = Router(FakeGateway())

    func document() async throws -> JSONValue {
        let answer = await router.call(.get, "/openapi.json")
        #expect(answer.status == 200)
        return try #require(answer.json)
    }

    @Test("every route is in it, itself included, and nothing else is")
    func routes() async throws {
        let paths = try #require(try await document()["paths"]?.object)
        let described = paths.members.flatMap { path in
            (path.value.object?.members ?? []).map { "\($0.name.uppercased()) \(path.name)" }
        }
        #expect(described.sorted() == router.routes.map { "\($0.method.rawValue) \($0.pattern)" }.sorted())
        #expect(described.contains("GET /openapi.json"))
    }

    @Test("it needs no token, and answers while the gateway drains")
    func isOpen() async {
        let gateway = FakeGateway {
            $0.phase = .draining
            $0.tokens["t"] = .anonymousAdmin
        }
        #expect(await Router(gateway).call(.get, "/openapi.json").status == 200)
    }

    @Test(
        "what a route takes and answers has a schema, parameters have a summary, and operations have names of their own"
    )
    func operations() async throws {
        let paths = try #require(try await document()["paths"]?.object)
        var names: Set<String> = []
        for route in router.routes {
            if case .json(let schema, _) = route.body { #expect(SchemaTable.schemas[schema] != nil, "\(schema)") }
            if let name = route.response, !name.contains("/") { #expect(SchemaTable.schemas[name] != nil, "\(name)") }
            for parameter in route.query { #expect(!parameter.summary.isEmpty, "\(route.pattern) \(parameter.name)") }
            let operation = paths[route.pattern.description]?[route.method.rawValue.lowercased()]
            let name = try #require(operation?["operationId"]?.string)
            #expect(names.insert(name).inserted, "\(name) occurs twice")
        }
    }

    @Test("every reference leads somewhere")
    func references() async throws {
        var referred: Set<String> = []
        func collect(_ value: JSONValue) {
            switch value {
            case .object(let object):
                for member in object.members {
                    if member.name == "$ref", let target = member.value.string {
                        referred.insert(String(target.dropFirst("#/components/schemas/".count)))
                    }
                    collect(member.value)
                }
            case .array(let elements): elements.forEach(collect)
            default: break
            }
        }
        collect(try await document())
        let components = Set(SchemaTable.rows.map(\.name))
        #expect(referred.subtracting(components) == [])
        #expect(referred.count > 40)
    }

    @Test("the examples of bodies are taken, and every body has one")
    func examplesOfBodies() async throws {
        for route in router.routes {
            guard case .json(let schema, _) = route.body else { continue }
            let example = try #require(Examples.requests[schema], "\(schema) has no example")
            let path = route.pattern.description.replacing("{agent_id}", with: "a1").replacing(
                "{alert_id}", with: "alr_1")
            let answer = await router.call(route.method, path, example)
            #expect(answer.status < 300 || answer.code == "agent_not_found", "\(schema): \(answer.message)")
            #expect(SchemaCheck.problems(try JSONParser.parse(Array(example.utf8)), .reference(schema)) == [])
        }
    }

    @Test("the examples of answers fit their schemas")
    func examplesOfAnswers() async throws {
        let paths = try #require(try await document()["paths"]?.object)
        for path in paths.members {
            for operation in path.value.object?.members ?? [] {
                let responses = operation.value["responses"]?.object?.members ?? []
                for response in responses {
                    guard let content = response.value["content"]?["application/json"],
                        let example = content["example"], let name = content["schema"]?["$ref"]?.string
                    else { continue }
                    let schema = Schema.reference(String(name.dropFirst("#/components/schemas/".count)))
                    #expect(SchemaCheck.problems(example, schema) == [], "\(path.name)")
                }
            }
        }
    }

    @Test("streams say what is in the data of each event")
    func streams() async throws {
        for route in router.routes where route.isStream {
            let operation = try await document()["paths"]?[route.pattern.description]?["get"]
            let content = operation?["responses"]?["200"]?["content"]?["text/event-stream"]
            #expect(content?["x-sluice-events"]?.object?.members.isEmpty == false)
            #expect(content?["example"]?.string?.contains("\nevent: ") == true)
        }
        let events = Set(StreamEvents.all.map(\.event))
        for type in StreamType.allCases where type.isClientStream { #expect(events.contains(type.rawValue)) }
    }

    @Test("a member that is not described is found, and so is one of another kind, or one that is missing")
    func schemaCheck() throws {
        let answer = try JSONParser.parse(Array(#"{"status":"ok","version":1,"more":true}"#.utf8))
        #expect(
            SchemaCheck.problems(answer, .reference("Health")) == [
                "$.more is not described", "$.version is a number, not text",
            ])
        #expect(SchemaCheck.problems(.object(JSONObject()), .reference("Health")).count == 2)
    }
}
