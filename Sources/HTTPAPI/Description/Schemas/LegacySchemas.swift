extension SchemaTable {
    /// What the older stream of a task carries: TaskResponse in the JSON mapping of protobuf.
    static let legacy: [Row] = [
        (
            "TaskResponse",
            .object([
                .member("agentId", .identifier),
                .member("taskId", .identifier),
                .member("status", .choice(["UNKNOWN", "COMPLETED", "FAILURE", "IN_PROGRESS"])),
                .member("isFinal", .boolean),
                .member("cancelled", .boolean),
                .optional("shellExecute", commandOutput, "Of a shell command; of a Docker operation dockerOperation"),
                .optional("dockerOperation", commandOutput),
            ])
        )
    ]

    private static let commandOutput = Schema.object([
        .member("stdout", .text, "One line with its line break, or nothing"),
        .member("stderr", .text),
        .member("exitCode", exitCode, "0 until it is final"),
    ])
}
