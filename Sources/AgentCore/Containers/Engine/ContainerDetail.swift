import JSON

/// What the engine says of one container: `GET /containers/{id}/json`.
struct ContainerDetail: Equatable {
    var id: String
    var name: String
    var image: String
    /// Its output is that of a terminal.
    var hasTerminal: Bool
    var isRunning: Bool
    /// Differs for each start.
    var startedAt: String
    var exitCode: Int32

    init?(_ answer: JSONValue) {
        guard let id = answer["Id"]?.string, !id.isEmpty, let state = answer["State"] else { return nil }
        self.id = id
        name = (answer["Name"]?.string ?? "").withoutSlash
        image = answer["Config"]?["Image"]?.string ?? ""
        hasTerminal = answer["Config"]?["Tty"]?.bool ?? false
        isRunning = state["Running"]?.bool ?? false
        startedAt = state["StartedAt"]?.string ?? ""
        exitCode = state["ExitCode"]?.int.map { Int32(truncatingIfNeeded: $0) } ?? 0
    }

    static func read(_ answer: JSONValue) -> Result<ContainerDetail, EngineError> {
        ContainerDetail(answer).map { .success($0) } ?? .failure(.broken("an answer of the engine without a container"))
    }
}

extension String {
    /// A container's name without the slash that engines put in front.
    var withoutSlash: String { first == "/" ? String(dropFirst()) : self }
}
