import JSON
import Model
import Service

// Query parameters that several routes take.

extension Route.QueryParameter {
    static let lastEventID = Self(
        "last_event_id", .printable, "Continue after this event, as with the header Last-Event-ID")
    static let agentID = Self("agent_id", .identifier, "Only of this agent")
    static let since = Self("since", .momentOrAge, "How long ago (15m, 1h), seconds since 1970 or RFC 3339")
    static let until = Self("until", .momentOrAge, "The same; what is at this moment or later is left out")

    static func logLevel(_ name: String, _ summary: String) -> Self { Self(name, SchemaTable.logLevel, summary) }
}

extension [Route.QueryParameter] {
    static let paging: Self = [
        .init("page", .integer(PageRequest.pageRange).usually(.integer(1)), "From 1"),
        .init(
            "per_page", .integer(PageRequest.perPageRange).usually(.integer(Int64(PageRequest.defaultPerPage))),
            "How many items a page has"),
    ]
}
