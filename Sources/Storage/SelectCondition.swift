import GRDB
import Model

/// The WHERE of a list, and what is bound to it.
struct SelectCondition: Sendable {
    private(set) var sql = "1"
    private var values: [String] = []

    var arguments: StatementArguments { StatementArguments(values) }

    mutating func add(_ term: String) { sql += " AND \(term)" }

    /// Nothing for nil: it is not asked for.
    mutating func add(_ term: String, _ value: String?) {
        guard let value else { return }
        add(term)
        values.append(value)
    }

    /// Rows of other agents, and of none, are left out.
    mutating func add(agents: Set<AgentID>?) throws(StoreError) {
        guard let agents else { return }
        do {
            add("agent_id IN (SELECT value FROM json_each(?))", try JSONText.encode(agents.map(\.text).sorted()))
        } catch {
            throw .invalid(detail: "\(error)")
        }
    }
}

extension Store {
    /// A page of a table, and how many rows there are on all pages.
    func page<Item: Sendable>(
        of table: String, where condition: SelectCondition, order: String, offset: Int, limit: Int,
        _ make: @escaping @Sendable (Row) throws -> Item
    ) async throws(StoreError) -> (items: [Item], total: Int) {
        try await read { database in
            let total = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM \(table) WHERE \(condition.sql)", arguments: condition.arguments)
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT * FROM \(table) WHERE \(condition.sql) ORDER BY \(order) LIMIT ? OFFSET ?",
                arguments: condition.arguments + [limit, offset])
            return (try rows.map(make), total ?? 0)
        }
    }
}
