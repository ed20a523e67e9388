/// Every route of the API.
package enum RouteTable {
    package static func routes(for configuration: APIConfiguration) -> [Route] {
        subscriptionRoutes + taskRoutes + containerRoutes + deploymentRoutes + agentRoutes + historyRoutes + logRoutes
            + analyticsRoutes
            + alertRoutes + alertRuleRoutes + streamRoutes + operationsRoutes(configuration)
            + assetRoutes(configuration)
    }
}
