import JSON
import Model
import Service

extension SchemaTable {
    static let tasks: [Row] = [
        (
            "ShellTaskRequest",
            .request([
                .member("agent_id", .identifier),
                .member("cmd", .label(upTo: ShellTaskRequest.maximumCommandBytes), "For bash -c"),
                .optional("timeout", timeout.usually(.string("5m"))),
                .optional("deployment_id", .identifier, "Read what it prints as the progress of a new deployment"),
            ])
        ),
        ("TaskCreated", .object(taskIdentity)),
        (
            "Task",
            .object(
                taskIdentity + [
                    .member("operation", .choice(TaskOperation.self)),
                    .member("cmd", .text),
                    .member("deployment_id", .text.orNull),
                    .member("reason", .text.orNull, "Why it failed: agent_lost, spawn_failed..."),
                    .member("cancel_requested", .boolean),
                    .member("timeout", .number, "Seconds"),
                    .member("updated_at", .time.orNull),
                    .member("started_at", .time.orNull),
                    .member("finished_at", .time.orNull),
                    .member("duration", .number.orNull, "Seconds"),
                    .member("exit_code", exitCode.orNull),
                    .member("line_count", .count),
                    .member("byte_count", .count),
                ])
        ),
        ("TaskList", list("tasks", of: "Task")),
        ("Message", .object([.member("message", .text)])),
    ]

    private static let taskIdentity: [Schema.Property] = [
        .member("task_id", .identifier),
        .member("agent_id", .identifier),
        .member("status", taskStatus),
        .member("created_at", .time.orNull),
        .member("stream_type", .choice(StreamType.self), "What to subscribe to, to see what it prints"),
        .member("resource", .text, "The same"),
    ]

    static let taskStatus = Schema.choice(TaskStatus.self)
    static let timeout = Schema.duration(ShellTaskRequest.timeoutRange)
    static let exitCode = Schema.integer(Int(Int32.min)...Int(Int32.max))
}
