import Hub
import JSON
import Model
import Options
import Reactor
import Storage

/// `sluice token`: works on the database, beside a running gateway or without one.
enum TokenCommand {
    private static let name = Option<String?>.string(
        "name", placeholder: "NAME", flagOnly: true, help: "Its name, for lists, logs and revoking")
    private static let role = Option<String?>.choice(
        "role", of: TokenRole.allCases.map(\.rawValue), flagOnly: true,
        help: "viewer reads, operator also runs tasks, admin does all; agent and enrol are for agents")
    private static let agents = Option<[String]>.list(
        "agents", placeholder: "ID,ID", flagOnly: true, help: "Only these agents (for an agent token: who may use it)")
    private static let labels = Option<[String: String]>.pairs(
        "label", placeholder: "KEY=VALUE", flagOnly: true, help: "Only agents with this label (repeatable)")
    private static let expires = Option<String?>.string(
        "expires", placeholder: "90d", flagOnly: true, help: "When it ends, from now: 12h, 90d (default: never)")
    private static let asJSON = Option<Bool>.boolean("json", flagOnly: true, help: "As JSON")
    private static let revokedName = Positional("NAME", help: "The token's name")

    static let createCommand = Command(
        ["token", "create"], summary: "Make a token and print it once",
        groups: [OptionGroup("Token", [name, role, agents, labels, expires, ServeOptions.dataDirectory])])
    static let listCommand = Command(
        ["token", "list"], summary: "List the tokens, without their secrets",
        groups: [OptionGroup("Output", [asJSON, ServeOptions.dataDirectory])])
    static let revokeCommand = Command(
        ["token", "revoke"], summary: "End a token", positionals: [revokedName],
        groups: [OptionGroup("Store", [ServeOptions.dataDirectory])])

    // MARK: - Commands

    static func create(_ invocation: Invocation) throws -> Int32 {
        guard let name = invocation[name] else { throw OptionError.usage("--name is missing") }
        guard IdentifierRules.isValid(name) else {
            throw OptionError.usage("--name \(name): expected 1 to 128 characters of A-Z a-z 0-9 . _ : @ -")
        }
        guard let role = invocation[role].flatMap(TokenRole.init) else { throw OptionError.usage("--role is missing") }
        for agent in invocation[agents] where !IdentifierRules.isValid(agent) {
            throw OptionError.usage("--agents \(agent): not the id of an agent")
        }
        let secret = TokenSecret.make()
        let now = WallTime(millisecondsSince1970: Int64(SystemClock.wallMilliseconds))
        let record = TokenRecord(
            name: TokenName(name), role: role, digest: Secrets.sha256(secret.utf8),
            scope: AgentScope(agents: invocation[agents], labels: invocation[labels]), created: now,
            expires: try expiry(invocation, now))
        do {
            try file(invocation).create(record)
        } catch StoreError.alreadyExists {
            throw OptionError.usage("--name \(name): there is or was a token of that name; choose another")
        }
        StandardOutput.writeLine(secret)
        return 0
    }

    static func list(_ invocation: Invocation) throws -> Int32 {
        let tokens = try file(invocation).list()
        if invocation[asJSON] {
            StandardOutput.writeLine(String(decoding: JSONWriter.render { write(tokens, to: &$0) }, as: UTF8.self))
            return 0
        }
        guard !tokens.isEmpty else {
            StandardOutput.writeLine("no tokens")
            return 0
        }
        for token in tokens { StandardOutput.writeLine(line(token)) }
        return 0
    }

    static func revoke(_ invocation: Invocation) throws -> Int32 {
        let name = TokenName(invocation.positionals[0])
        let now = WallTime(millisecondsSince1970: Int64(SystemClock.wallMilliseconds))
        guard try file(invocation).revoke(name, at: now) else {
            Sluice.report("there is no token \(name) in force; see: sluice token list")
            return 1
        }
        return 0
    }

    // MARK: - Parts

    private static func file(_ invocation: Invocation) throws -> TokenFile {
        try TokenFile(directory: invocation[ServeOptions.dataDirectory])
    }

    private static func expiry(_ invocation: Invocation, _ now: WallTime) throws(OptionError) -> WallTime? {
        guard let text = invocation[expires] else { return nil }
        let milliseconds =
            text.hasSuffix("d")
            ? Int(text.dropLast()).flatMap { $0 <= 36_500 ? $0 * 86_400_000 : nil } : ValueKind.duration(text)
        guard let milliseconds, milliseconds > 0 else {
            throw .usage("--expires \(text): expected a length of time such as 12h or 90d")
        }
        return now + milliseconds
    }

    private static func line(_ token: TokenRecord) -> String {
        let isSpent = token.role == .enrol && token.lastUsed != nil
        let state =
            token.revoked != nil
            ? "revoked" : isSpent ? "spent" : token.expires.map { "until \(text($0))" } ?? "in force"
        let scope = token.scope.agents + token.scope.labels.map { "\($0.key)=\($0.value)" }.sorted()
        return "\(token.name)\t\(token.role.rawValue)\t\(scope.isEmpty ? "*" : scope.joined(separator: ","))\t"
            + "\(text(token.created))\t\(state)"
    }

    private static func text(_ time: WallTime) -> String {
        var bytes: [UInt8] = []
        Timestamp.append(millisecondsSince1970: time.millisecondsSince1970, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func write(_ tokens: [TokenRecord], to json: inout JSONWriter) {
        json.object { json in
            json.array("tokens") { json in
                for token in tokens {
                    json.object { json in
                        json.member("name", token.name.text)
                        json.member("role", token.role.rawValue)
                        json.array("agents") { for agent in token.scope.agents { $0.value(agent) } }
                        json.object("labels") { for (key, value) in token.scope.labels { $0.member(key, value) } }
                        for (name, time) in [
                            ("created", token.created), ("expires", token.expires), ("revoked", token.revoked),
                            ("last_used", token.lastUsed),
                        ] {
                            json.member(name, time.map(text))
                        }
                    }
                }
            }
        }
    }
}
