/// What a task does with containers.
package struct DockerOperation: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case run, start, stop, restart, remove, pull, logs, exec

        /// Whether it is about an image; the others are about a container.
        package var needsImage: Bool { self == .run || self == .pull }
        /// Whether it takes a command and variables.
        package var hasCommand: Bool { self == .run || self == .exec }
        /// The arguments that it takes; nil: any.
        package var arguments: [String]? {
            switch self {
            case .run, .exec: nil
            case .remove: ["--force", "--volumes"]
            case .start, .stop, .restart, .pull, .logs: []
            }
        }
    }

    package var kind: Kind
    package var image: String?
    /// An id or a name; of `run` the name that the container gets.
    package var container: String?
    package var arguments: [String]
    package var environment: [String: String]

    package init(
        kind: Kind, image: String? = nil, container: String? = nil, arguments: [String] = [],
        environment: [String: String] = [:]
    ) {
        self.kind = kind
        self.image = image
        self.container = container
        self.arguments = arguments
        self.environment = environment
    }
}
