import Model
import Service

extension SchemaTable {
    static let containers: [Row] = [
        (
            "DockerTaskRequest",
            .request([
                .member("agent_id", .identifier),
                .member("operation", .choice(DockerOperation.Kind.self)),
                .optional("image", image, "What to run or pull"),
                .optional("container", .resource, "Which one, by id or name; of run, the name of the new one"),
                .optional(
                    "args",
                    .list(.line(upTo: DockerTaskRequest.maximumTextBytes), 0...DockerTaskRequest.maximumArguments),
                    "Of run and exec, the command; of remove, options"),
                .optional(
                    "env",
                    .map(.line(upTo: DockerTaskRequest.maximumTextBytes), 0...DockerTaskRequest.maximumVariables),
                    "Of run and exec"),
                .optional("timeout", timeout),
            ])
        ),
        (
            "Container",
            .object([
                .member("id", .text),
                .member("name", .text),
                .member("image", .text),
                .member("state", .text, "running, exited..."),
                .member("status", .text.orNull, "For people: Up 3 hours"),
                .member("health", .text.orNull),
                .member("created_at", .time.orNull),
                .member("cpu_percent", .percent.orNull),
                .member("memory_bytes", .count.orNull),
                .member("memory_limit_bytes", .count.orNull),
                .member("ports", .list(.text)),
            ])
        ),
        ("ContainerList", list("containers", of: "Container")),
    ]

    private static let image = Schema(
        .text(
            Schema.TextRules(
                pattern: "^[A-Za-z0-9][A-Za-z0-9._:@/+-]*$", maximumLength: DockerTaskRequest.maximumImageBytes)))
}
