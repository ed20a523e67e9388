import JSON
import Model
import Service

extension RouteTable {
    static let alertRuleRoutes: [Route] = [
        Route(
            .get, "/admin/alert-rules", .atLeast(.admin), "The alert rules in force, by name", response: "AlertRules"
        ) { context in
            .alertRules(try await context.service.alertRules(for: context.principal))
        },
        Route(
            .put, "/admin/alert-rules", .atLeast(.admin), "Replace the alert rules, all or none",
            body: .json(schema: "AlertRules"), response: "AlertRules"
        ) { context in
            let rules = try AlertRule.list(context)
            return .alertRules(try await context.service.setAlertRules(rules, for: context.principal))
        },
    ]
}

extension HTTPResponse {
    /// What can be sent back as it is.
    fileprivate static func alertRules(_ rules: [AlertRule]) -> HTTPResponse {
        .json { $0.object { $0.array("rules") { for rule in rules { rule.write(to: &$0) } } } }
    }
}
