import GRDB
import Model

/// `role, token, agents, labels, token_expires` of subscriptions and sessions; `agents, labels` of tokens.
extension AgentScope {
    init(row: Row) throws {
        let agents: String = row["agents"], labels: String = row["labels"]
        if agents == "[]", labels == "{}" {
            self = .all
        } else {
            self.init(
                agents: try JSONText.decode([String].self, from: agents),
                labels: try JSONText.decode([String: String].self, from: labels))
        }
    }

    func agentsText() throws -> String { try JSONText.encode(agents) }
    func labelsText() throws -> String { try JSONText.encode(labels) }
}

extension Principal {
    init(row: Row) throws {
        let token: String? = row["token"]
        self.init(
            token: token.map { TokenName($0) }, role: try row.value(Role.init(rawValue:), of: "role"),
            scope: try AgentScope(row: row), expires: row.time("token_expires"))
    }
}

extension Row {
    func time(_ column: String) -> WallTime? {
        (self[column] as Int64?).map(WallTime.init(millisecondsSince1970:))
    }

    func requiredTime(_ column: String) -> WallTime { WallTime(millisecondsSince1970: self[column]) }

    /// A text that stands for a case; one that this program does not know is an error, not a guess.
    func value<Value>(_ make: (String) -> Value?, of column: String) throws -> Value {
        let text: String = self[column]
        guard let value = make(text) else {
            throw StoreError.invalid(detail: "stored \(column) \(text) is not understood")
        }
        return value
    }
}
