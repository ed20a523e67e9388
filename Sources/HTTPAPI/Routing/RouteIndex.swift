/// A route, and what the path of a request gives for its parameters.
package struct RouteMatch: Sendable {
    package let route: Route
    let parameters: [PathParameter: String]
    let query: [RequestTarget.QueryItem]
}

/// What the first half of the router makes of a request.
package enum RoutedRequest: Sendable {
    case outcome(RouterOutcome)
    /// For `Router.handle(_:_:)`.
    case waiting(RouteMatch)
}

/// The routes by the first part of their paths, so that a request is compared with few of them.
struct RouteIndex: Sendable {
    private let routes: [String: [Route]]

    init(_ routes: [Route]) {
        self.routes = Dictionary(grouping: routes) { route in
            guard case .literal(let name)? = route.pattern.segments.first else {
                precondition(route.pattern.segments.isEmpty, "\(route.pattern) begins with a parameter")
                return ""
            }
            return name
        }
    }

    /// Those with this path, one for each method, in the order of the table. Where a path is written out in the table, a
    /// pattern that it fits too is another path: `/tasks/shell` is not a task.
    func routes(at path: [String]) -> [(route: Route, parameters: [PathParameter: String])] {
        let matches = (routes[path.first ?? ""] ?? []).compactMap { route in
            route.pattern.match(path).map { (route: route, parameters: $0) }
        }
        let fewest = matches.map(\.parameters.count).min()
        return matches.filter { $0.parameters.count == fewest }
    }
}
