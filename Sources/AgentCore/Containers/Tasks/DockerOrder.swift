/// What a task wants of the container engine, checked.
struct DockerOrder: Equatable {
    enum Operation: String {
        case run, start, stop, restart, remove, pull, logs, exec
    }

    var operation: Operation
    /// Of `run` and `pull`; else empty.
    var image = ""
    /// Nil for `pull`, and for a `run` that gives no name.
    var container: ContainerName?
    var arguments: [String] = []
    /// `NAME=value`.
    var environment: [String] = []

    /// - Throws: why that is no order.
    init(
        operation: String, image: String?, container: String?, arguments: [String], environment: [String]
    ) throws(InvalidOrder) {
        guard let operation = Operation(rawValue: operation) else {
            throw InvalidOrder("this agent knows no operation \(operation)")
        }
        self.operation = operation
        self.image = image ?? ""
        self.arguments = arguments
        self.environment = environment
        if let container, !container.isEmpty {
            guard let name = ContainerName(container) else {
                throw InvalidOrder("no container can be called \(container)")
            }
            self.container = name
        }
        let needsImage = operation == .run || operation == .pull
        guard !needsImage || !self.image.isEmpty else { throw InvalidOrder("\(operation.rawValue) needs an image") }
        guard needsImage || self.container != nil else { throw InvalidOrder("\(operation.rawValue) needs a container") }
        guard operation != .exec || !arguments.isEmpty else { throw InvalidOrder("exec needs a command") }
    }
}

struct InvalidOrder: Error {
    /// A sentence for a person.
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
