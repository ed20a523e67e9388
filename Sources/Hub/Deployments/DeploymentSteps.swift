import JSON
import Model

/// The steps of a deployment as the command of its task: JSON, so that they survive a restart before the agent has got
/// them.
enum DeploymentSteps {
    /// Bytes of all commands together: they go to the agent in one frame.
    static let maximumBytes = 512 << 10

    static func text(of steps: [DeploymentStep]) -> String {
        let bytes = JSONWriter.render { writer in
            writer.array {
                for step in steps {
                    $0.object {
                        $0.member("name", step.name)
                        $0.member("cmd", step.command)
                        $0.member("timeout_ms", step.timeout)
                    }
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Empty for what is none.
    static func steps(from text: String) -> [DeploymentStep] {
        let list = (try? JSONParser.parse(Array(text.utf8)))?.array ?? []
        return list.compactMap { item in
            guard let name = item["name"]?.string, let command = item["cmd"]?.string else { return nil }
            return DeploymentStep(
                name: name, command: command, timeout: item["timeout_ms"]?.int.map { Milliseconds($0) })
        }
    }
}
