import JSON
import Model
import Service

extension SchemaTable {
    static let deployments: [Row] = [
        (
            "DeploymentRequest",
            .request([
                .member("agent_id", .identifier),
                .optional("deployment_id", .identifier),
                .member("name", .label(upTo: DeploymentRequest.maximumNameBytes)),
                .optional("cmd", .label(upTo: ShellTaskRequest.maximumCommandBytes), "One step; or steps"),
                .optional("steps", .list(step, 1...DeploymentRequest.maximumSteps), "One after the other; or cmd"),
                .optional("timeout", timeout.usually(.string("30m"))),
            ])
        ),
        (
            "Deployment",
            .object(
                [
                    .member("deployment_id", .identifier),
                    .member("name", .text),
                    .member("agent_id", .identifier),
                    .member("task_id", .identifier),
                ] + deploymentProgress + [
                    .member("success", .boolean.orNull, "Null until it has ended"),
                    .member("created_at", .time.orNull),
                    .member("updated_at", .time.orNull),
                    .member("finished_at", .time.orNull),
                    .member("duration", .number.orNull, "Seconds"),
                    .member("summary", .text.orNull),
                    .member("exit_code", exitCode.orNull),
                ])
        ),
        ("DeploymentList", list("deployments", of: "Deployment")),
        (
            "DeploymentStatus",
            .object(
                [.member("deployment_id", .identifier)] + deploymentProgress + [
                    .optional("raw_output", .text, "The line that was printed"),
                    .member("timestamp", .unixTime),
                ])
        ),
        (
            "DeploymentCompletion",
            .object([
                .member("deployment_id", .identifier),
                .member("success", .boolean),
                .member("duration", .number, "Seconds"),
                .member("summary", .text),
                .member("exit_code", exitCode.orNull),
            ])
        ),
    ]

    private static let step = Schema.request([
        .member("name", .label(upTo: DeploymentRequest.maximumNameBytes)),
        .member("cmd", .label(upTo: ShellTaskRequest.maximumCommandBytes)),
        .optional("timeout", timeout),
    ])

    private static let deploymentProgress: [Schema.Property] = [
        .member("status", .choice(DeploymentPhase.self)),
        .member("phase", .choice(DeploymentPhase.self)),
        .member("progress", .number(0...100).orNull),
        .member("message", .text),
        .member(
            "services",
            .list(
                .object([
                    .member("name", .text),
                    .member("state", .text),
                    .member("health", .choice(DeploymentHealth.self)),
                ]))),
        .member("health", .choice(DeploymentHealth.self)),
    ]
}
