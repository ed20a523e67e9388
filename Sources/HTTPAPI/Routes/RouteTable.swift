/// Every route of the API.
package enum RouteTable {
    package static func routes(for configuration: APIConfiguration) -> [Route] {
        let fixed = [
            subscriptionRoutes, taskRoutes, containerRoutes, deploymentRoutes, agentRoutes, historyRoutes, logRoutes,
            analyticsRoutes, alertRoutes, alertRuleRoutes, streamRoutes, legacyRoutes, loginRoutes,
        ]
        return fixed.flatMap(\.self) + operationsRoutes(configuration) + assetRoutes(configuration)
            + [descriptionRoute(configuration)]
    }
}
