/// The schemas that have a name: `#/components/schemas/…`. What an answer or the data of an event can have is in here,
/// and nowhere else.
package enum SchemaTable {
    package typealias Row = (name: String, schema: Schema)

    package static let rows: [Row] =
        agents + metrics + systemInfo + subscriptions + streams + tasks + containers + deployments + alerts + alertRules
        + analytics
        + logs + operations + payloads + envelopes + controlEvents + legacy

    package static let schemas = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.schema) })

    /// `{"<plural>":[…],"total":n,"page":1}`
    static func list(_ plural: String, of name: String) -> Schema {
        .object([
            .member(plural, .list(.reference(name))),
            .member("total", .count, "On all pages"),
            .member("page", .integer(1...Int.max)),
        ])
    }
}
