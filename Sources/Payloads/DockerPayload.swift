import JSON
package import Model

extension DockerOperation {
    /// As the command of its task is kept, so that it survives a restart before the agent has got it.
    package var text: String {
        let bytes = JSONWriter.render { writer in
            writer.object {
                $0.member("operation", kind.rawValue)
                $0.member("image", image)
                $0.member("container", container)
                $0.array("args", of: arguments)
                $0.object("env", of: environment)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Nil for what is none.
    package init?(text: String) {
        guard let value = try? JSONParser.parse(Array(text.utf8)),
            let kind = value["operation"]?.string.flatMap(Kind.init(rawValue:))
        else { return nil }
        var environment: [String: String] = [:]
        for member in value["env"]?.object?.members ?? [] { environment[member.name] = member.value.string }
        self.init(
            kind: kind, image: value["image"]?.string, container: value["container"]?.string,
            arguments: (value["args"]?.array ?? []).compactMap(\.string), environment: environment)
    }

    /// For people, much as the command line of Docker has it. The values of variables are left out: they are where secrets
    /// go.
    package var summary: String {
        var words = ["docker", kind.rawValue]
        for name in environment.keys.sorted() { words += ["-e", name] }
        if kind == .run, let container { words += ["--name", container] }
        if kind == .remove { words += arguments }
        if let image { words.append(image) }
        if kind != .run, let container { words.append(container) }
        if kind.hasCommand { words += arguments }
        return words.joined(separator: " ")
    }
}
