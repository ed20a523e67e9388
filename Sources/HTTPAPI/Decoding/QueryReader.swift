package import Model
package import Service

/// Reads the query of a request: strict about the names, like a body. Only where the caller is no program of the API's
/// (pages, probes, and EventSource, which would give up for ever) unknown parameters are passed over.
package struct QueryReader: Sendable {
    private let items: [String: String]

    /// - Parameter names: every name that may occur, each once.
    package init(
        _ items: [RequestTarget.QueryItem], names: [String], ignoringOthers: Bool = false
    ) throws(APIError) {
        var values: [String: String] = [:]
        for item in items {
            guard names.contains(item.name) else {
                if ignoringOthers { continue }
                let allowed = names.isEmpty ? "none here" : names.joined(separator: ", ")
                throw .invalid(item.name, "unknown query parameter \"\(item.name)\"; allowed: \(allowed)")
            }
            guard values.updateValue(item.value, forKey: item.name) == nil else {
                throw .invalid(item.name, "the query parameter \(item.name) occurs twice")
            }
        }
        self.items = values
    }

    /// An empty value counts as left out: forms send those.
    package func text(_ name: String) -> String? { items[name].flatMap { $0.isEmpty ? nil : $0 } }

    package var page: PageRequest {
        get throws(APIError) {
            PageRequest(
                page: try integer("page", in: PageRequest.pageRange) ?? 1,
                perPage: try integer("per_page", in: PageRequest.perPageRange) ?? PageRequest.defaultPerPage)
        }
    }

    package func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let text = items[name] else { return nil }
        let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isDecimal, let number = Int(text), range.contains(number) else {
            throw mismatch(name, "a whole number from \(range.lowerBound) to \(range.upperBound)", text)
        }
        return number
    }

    package func identifier<Kind>(_ name: String, as: Identifier<Kind>.Type) throws(APIError) -> Identifier<Kind>? {
        try self.name(name).map { Identifier($0) }
    }

    /// The name of something, such as a rule.
    package func name(_ name: String) throws(APIError) -> String? {
        guard let text = text(name) else { return nil }
        guard IdentifierRules.isValid(text) else { throw .badIdentifier(name) }
        return text
    }

    /// `"*"` or an id.
    package func agentSelector(_ name: String) throws(APIError) -> AgentSelector? {
        if text(name) == "*" { return .every }
        return try identifier(name, as: AgentID.self).map(AgentSelector.one)
    }

    /// One of the raw values.
    package func choice<Value: RawRepresentable & CaseIterable>(_ name: String, of: Value.Type) throws(APIError)
        -> Value? where Value.RawValue == String
    {
        guard let text = text(name) else { return nil }
        guard let value = Value(rawValue: text) else {
            throw mismatch(name, "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "), text)
        }
        return value
    }

    /// What is said of a value that does not fit.
    func mismatch(_ name: String, _ allowed: String, _ text: some StringProtocol) -> APIError {
        .invalid(name, "\(name) must be \(allowed), not \"\(text.prefix(64))\"")
    }
}
