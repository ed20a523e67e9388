import Synchronization

extension RouteTable {
    static func descriptionRoute(_ configuration: APIConfiguration) -> Route {
        let document = RenderedDescription(configuration)
        return Route(immediate: "/openapi.json", "This description of the API, in OpenAPI 3.1", response: "Description")
        {
            _ in .json(bytes: document.bytes)
        }
    }
}

/// The document, which is rendered when it is first asked for and kept. Any thread.
private final class RenderedDescription: Sendable {
    private let configuration: APIConfiguration
    private let rendered = Mutex<[UInt8]?>(nil)

    init(_ configuration: APIConfiguration) { self.configuration = configuration }

    var bytes: [UInt8] {
        rendered.withLock { rendered in
            if let rendered { return rendered }
            let routes = RouteTable.routes(for: configuration)
            let bytes = APIDescription(
                routes: routes, version: configuration.version, prefix: configuration.pathPrefix
            ).render()
            rendered = bytes
            return bytes
        }
    }
}
