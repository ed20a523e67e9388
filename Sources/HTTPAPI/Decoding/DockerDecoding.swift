import JSON
import Model
import Service

extension DockerTaskRequest {
    /// The body of `POST /tasks/docker`.
    init(_ context: RequestContext) throws(APIError) {
        let fields = try context.bodyFields(["agent_id", "operation", "image", "container", "args", "env", "timeout"])
        let agent = try fields.required("agent_id", try fields.identifier("agent_id"))
        self.init(
            agent: AgentID(agent), operation: try DockerOperation(fields),
            timeout: try fields.duration("timeout", in: ShellTaskRequest.timeoutRange)
                ?? ShellTaskRequest.defaultTimeout)
    }
}

extension DockerOperation {
    fileprivate init(_ fields: FieldReader) throws(APIError) {
        self.init(kind: try fields.required("operation", try fields.choice("operation", of: Kind.self)))
        image = try fields.image("image")
        container = try fields.container("container")
        arguments = try Self.arguments(fields, kind)
        environment = try Self.environment(fields, kind)
        try fields.check("image", isGiven: image != nil, needed: kind.needsImage, allowed: kind.needsImage, kind)
        try fields.check(
            "container", isGiven: container != nil, needed: !kind.needsImage, allowed: kind != .pull, kind)
        try fields.check("args", isGiven: !arguments.isEmpty, needed: kind == .exec, allowed: true, kind)
        let bytes = arguments.reduce(0) { $0 + $1.utf8.count }
        let total = environment.reduce(bytes) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard total <= DockerTaskRequest.maximumBytes else {
            throw .invalid(
                "args", "args and env must not have more than \(DockerTaskRequest.maximumBytes) bytes together")
        }
    }

    private static func arguments(_ fields: FieldReader, _ kind: Kind) throws(APIError) -> [String] {
        let most = DockerTaskRequest.maximumTextBytes
        let arguments = try fields.texts("args", maximumCount: DockerTaskRequest.maximumArguments) ?? []
        for argument in arguments {
            guard argument.utf8.count <= most, !argument.utf8.contains(0) else {
                throw .invalid("args", "args must be texts of at most \(most) bytes without NUL")
            }
            guard let allowed = kind.arguments, !allowed.contains(argument) else { continue }
            let what = allowed.isEmpty ? "left out" : "out of \(allowed.joined(separator: ", "))"
            throw .invalid("args", "args must be \(what) where operation is \(kind.rawValue)")
        }
        return arguments
    }

    private static func environment(_ fields: FieldReader, _ kind: Kind) throws(APIError) -> [String: String] {
        let environment =
            try fields.dictionary(
                "env", maximumCount: DockerTaskRequest.maximumVariables,
                maximumBytes: DockerTaskRequest.maximumTextBytes) ?? [:]
        guard environment.isEmpty || kind.hasCommand else {
            throw .invalid("env", "env must be left out where operation is \(kind.rawValue)")
        }
        guard !environment.keys.contains(where: { $0.contains("=") }) else {
            throw .invalid("env", "env must not have a name with a = in it")
        }
        return environment
    }
}

extension FieldReader {
    fileprivate func check(
        _ name: String, isGiven: Bool, needed: Bool, allowed: Bool, _ kind: DockerOperation.Kind
    ) throws(APIError) {
        if isGiven, !allowed { throw .invalid(name, "\(name) must be left out where operation is \(kind.rawValue)") }
        if !isGiven, needed { throw .invalid(name, "\(name) is required where operation is \(kind.rawValue)") }
    }

    /// The name of an image, with or without registry, tag or digest.
    fileprivate func image(_ name: String) throws(APIError) -> String? {
        guard let text = try text(name, maximumBytes: DockerTaskRequest.maximumImageBytes) else { return nil }
        let marks = Set("._:@/+-".utf8)
        guard let first = text.utf8.first, Self.isAlphanumeric(first),
            text.utf8.allSatisfy({ Self.isAlphanumeric($0) || marks.contains($0) })
        else {
            throw .invalid(name, "\(name) must be the name of an image, such as registry:5000/team/app:1.2")
        }
        return text
    }

    /// A container's id or name; engines write names with a slash in front.
    fileprivate func container(_ name: String) throws(APIError) -> String? {
        guard let text = try identifier(name, allowingSlash: true) else { return nil }
        let bare = text.hasPrefix("/") ? text.dropFirst() : text[...]
        guard let first = bare.utf8.first, Self.isAlphanumeric(first) else {
            throw .invalid(name, "\(name) must be a container's id or name, which begins with a letter or a digit")
        }
        return text
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
