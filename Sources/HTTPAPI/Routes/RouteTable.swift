/// Every route of the API.
package enum RouteTable {
    package static func routes(for configuration: APIConfiguration) -> [Route] {
        let fixed = [
            subscriptionRoutes, taskRoutes, deploymentRoutes, agentRoutes, historyRoutes, logRoutes, analyticsRoutes,
            alertRoutes, alertRuleRoutes, streamRoutes, legacyRoutes, assetRoutes,
        ]
        return fixed.flatMap(\.self) + operationsRoutes(configuration) + [descriptionRoute(configuration)]
    }
}
