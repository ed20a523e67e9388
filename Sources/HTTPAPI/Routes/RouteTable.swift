/// Every route of the API.
package enum RouteTable {
    package static func routes(for configuration: APIConfiguration) -> [Route] {
        subscriptionRoutes + taskRoutes + agentRoutes + historyRoutes + logRoutes + alertRoutes + alertRuleRoutes
            + streamRoutes + operationsRoutes(configuration) + assetRoutes
    }
}
