import JSON
import Model
import Payloads
import Service

extension RouteTable {
    static let alertRoutes: [Route] = [
        Route(
            .get, "/alerts", .atLeast(.viewer), "List alerts, the newest first",
            query: [
                .init(
                    "state", .choice(AlertSelection.State.self).usually(.string("firing")),
                    "firing means those that are not over"),
                .agentID,
                .init("rule", .identifier, "Only of this rule"),
                .init("level", .choice(AlertLevel.self), "Only of this level"),
            ] + .paging,
            response: "AlertList", errors: [.agentNotFound]
        ) { context in
            let page = try context.query.page
            let selection = try AlertSelection(context.query)
            let list = try await context.service.alerts(selection, page: page, for: context.principal)
            return .page("alerts", list, page) { $0.write(to: &$1) }
        },
        Route(
            .post, "/alerts/{alert_id}/acknowledge", .atLeast(.operator), "Take an alert on",
            body: .json(schema: "AcknowledgeRequest", isOptional: true), response: "Alert", errors: [.conflict]
        ) { context in
            _ = try context.bodyFields([])
            let alert = try await context.service.acknowledgeAlert(try context.alertID, for: context.principal)
            return .json { alert.write(to: &$0) }
        },
        Route(
            .get, "/alerts/silences", .atLeast(.viewer), "List the silences in force", query: .paging,
            response: "SilenceList"
        ) { context in
            let page = try context.query.page
            let silences = try await context.service.silences(for: context.principal)
            return .page("silences", page.slice(silences), page) { $0.write(to: &$1) }
        },
        Route(
            .post, "/alerts/silences", .atLeast(.operator), "Keep alerts quiet for a while",
            body: .json(schema: "SilenceRequest"), response: "SilenceCreated", statuses: [201],
            errors: [.conflict, .rateLimited]
        ) { context in
            let silence = try await context.service.addSilence(try NewSilence(context), for: context.principal)
            return .json(201) { silence.writeCreated(to: &$0) }
        },
        Route(
            .delete, "/alerts/silences/{silence_id}", .atLeast(.operator), "End a silence", response: nil
        ) { context in
            try await context.service.deleteSilence(try context.silenceID, for: context.principal)
            return .noContent
        },
    ]
}
