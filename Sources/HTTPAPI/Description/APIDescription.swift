import JSON

/// The OpenAPI document, made from what the router and the decoders go by.
package struct APIDescription: Sendable {
    package let routes: [Route]
    package let version: String
    package let prefix: PathPrefix

    package init(routes: [Route], version: String, prefix: PathPrefix = .none) {
        self.routes = routes
        self.version = version
        self.prefix = prefix
    }

    package func render() -> [UInt8] {
        JSONWriter.render { writer in
            writer.object {
                $0.member("openapi", "3.1.0")
                $0.object("info", writeInfo)
                $0.array("servers") { servers in servers.object { $0.member("url", prefix.path("/")) } }
                $0.array("security", Self.writeSecurity)
                $0.object("paths", writePaths)
                $0.object("components", writeComponents)
            }
        }
    }

    private func writeInfo(to writer: inout JSONWriter) {
        writer.member("title", "Sluice")
        writer.member("version", version)
        writer.member(
            "description",
            "Metrics, logs and the output of commands of a fleet of hosts, as server-sent events on demand. "
                + "Where no token was ever made and no key for tokens is configured, none is needed. "
                + "Unknown parameters and fields are refused.")
        writer.object("license") {
            $0.member("name", "MIT")
            $0.member("identifier", "MIT")
        }
    }

    private static func writeSecurity(to writer: inout JSONWriter) {
        writer.object { $0.array("bearer") { _ in } }
        writer.object { $0.array("cookie") { _ in } }
        writer.object { _ in }
    }

    private func writePaths(to writer: inout JSONWriter) {
        var patterns: [String] = []
        for route in routes where !patterns.contains(route.pattern.description) {
            patterns.append(route.pattern.description)
        }
        for pattern in patterns {
            writer.object(pattern) { path in
                for route in routes where route.pattern.description == pattern {
                    path.object(route.method.rawValue.lowercased()) {
                        OperationDescription(route: route).writeMembers(to: &$0)
                    }
                }
            }
        }
    }

    private func writeComponents(to writer: inout JSONWriter) {
        writer.object("securitySchemes") { schemes in
            schemes.object("bearer") {
                $0.member("type", "http")
                $0.member("scheme", "bearer")
                $0.member("bearerFormat", "a token of the gateway, or a JSON Web Token")
            }
            schemes.object("cookie") {
                $0.member("type", "apiKey")
                $0.member("in", "cookie")
                $0.member("name", TokenCookie.name)
                $0.member(
                    "description", "As set by POST /login; what changes something has to come from the gateway's page")
            }
        }
        writer.object("schemas") {
            for row in SchemaTable.rows {
                $0.name(row.name)
                row.schema.write(to: &$0)
            }
        }
    }
}
