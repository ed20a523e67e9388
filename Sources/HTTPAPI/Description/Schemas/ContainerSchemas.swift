import Service

extension SchemaTable {
    static let containers: [Row] = [
        (
            "DockerTaskRequest",
            .request([
                .member("agent_id", .identifier),
                .member(
                    "operation", .choice(["run", "start", "stop", "restart", "remove", "pull", "logs", "exec"])),
                .optional("image", .line(upTo: 512), "What to run or pull"),
                .optional("container", .resource, "Which one, by id or name; of run, the name of the new one"),
                .optional("args", .list(.text), "Of run and exec, the command; of others, options"),
                .optional("env", .map(.text), "Of run and exec"),
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
}
