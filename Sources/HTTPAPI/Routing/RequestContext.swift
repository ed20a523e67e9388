package import JSON
package import Model
package import Service

/// What a handler is given: a request that has passed every check that does not depend on the route's own logic.
package struct RequestContext: Sendable {
    package let principal: Principal
    /// As it came.
    let request: HTTPRequest
    package let service: any GatewayService
    package let configuration: APIConfiguration
    let statistics: HTTPStatistics
    /// When the request was taken up.
    package let now: WallTime
    package let query: QueryReader
    /// Nil where the route takes none; `{}` where an optional one was left out.
    package let body: JSONValue?
    let parameters: [PathParameter: String]

    var agentID: AgentID { get throws(APIError) { AgentID(try identifier(.agentID)) } }
    var subscriptionID: SubscriptionID { get throws(APIError) { SubscriptionID(try identifier(.subscriptionID)) } }
    var sessionID: SessionID { get throws(APIError) { SessionID(try identifier(.sessionID)) } }
    var taskID: TaskID { get throws(APIError) { TaskID(try identifier(.taskID)) } }
    var streamID: ServerStreamID { get throws(APIError) { ServerStreamID(try identifier(.streamID)) } }
    var alertID: AlertID { get throws(APIError) { AlertID(try identifier(.alertID)) } }
    var silenceID: SilenceID { get throws(APIError) { SilenceID(try identifier(.silenceID)) } }
    var deploymentID: DeploymentID { get throws(APIError) { DeploymentID(try identifier(.deploymentID)) } }

    private func identifier(_ parameter: PathParameter) throws(APIError) -> String {
        guard let text = parameters[parameter] else { preconditionFailure("the route has no \(parameter.rawValue)") }
        guard IdentifierRules.isValid(text) else { throw .badIdentifier(parameter.rawValue) }
        return text
    }

    /// The body's members, where the names are the only ones allowed.
    func bodyFields(_ names: [String]) throws(APIError) -> FieldReader {
        guard let body else { preconditionFailure("the route takes no body") }
        return try FieldReader(body, names: names)
    }
}
