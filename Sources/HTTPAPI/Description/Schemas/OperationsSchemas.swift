import Service

extension SchemaTable {
    static let operations: [Row] = [
        (
            "Error",
            .object([
                .member("error", .text, "A sentence for a person"),
                .member("code", .choice(APIError.Code.self)),
                .member("field", .text, "Where in the request; empty: nowhere in particular"),
                .optional("details", .text, "On the older routes: code and field"),
            ])
        ),
        ("Health", .object([.member("status", .choice(["ok"])), .member("version", .text)])),
        (
            "Readiness",
            .object([
                .member("status", .choice(GatewayPhase.self)),
                .member("checks", .map(.object([.member("ok", .boolean), .member("detail", .text)]))),
            ])
        ),
        ("LoginRequest", .request([.member("token", .label(upTo: TokenCookie.maximumTokenBytes))])),
        ("Description", .map(.anything)),
    ]
}
