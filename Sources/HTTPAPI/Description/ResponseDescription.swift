import JSON

/// What a route answers, by status.
struct ResponseDescription {
    let route: Route

    func writeMembers(to writer: inout JSONWriter) {
        let refusals = Dictionary(grouping: route.errorCodes, by: \.status)
        for status in Set(route.statuses + refusals.keys).sorted() {
            writer.object("\(status)") { response in
                let codes = (refusals[status] ?? []).map(\.rawValue).sorted()
                if route.statuses.contains(status) {
                    response.member("description", Self.description(of: status))
                    writeHeaders(to: &response)
                    writeContent(of: status, refusingWith: codes, to: &response)
                } else {
                    response.member("description", codes.joined(separator: ", "))
                    response.object("content") { $0.object("application/json") { Self.writeError(codes, to: &$0) } }
                }
            }
        }
    }

    private static func description(of status: Int) -> String {
        switch status {
        case 200: "As asked for"
        case 201: "Made"
        case 202: "Begun"
        case 204: "Nothing to say: done, or the stream has ended"
        default: "Not now"
        }
    }

    private func writeHeaders(to writer: inout JSONWriter) {
        guard case .replaced = route.age else { return }
        writer.object("headers") { headers in
            for header in route.age.headers(.none) {
                headers.object(header.name) {
                    $0.name("schema")
                    Schema.text.write(to: &$0)
                    $0.member("example", header.value)
                }
            }
        }
    }

    private func writeContent(of status: Int, refusingWith codes: [String], to writer: inout JSONWriter) {
        guard status != 204, let answer = route.response else { return }
        writer.object("content") { content in
            if route.isStream {
                content.object(answer) { writeStream(to: &$0) }
            } else if answer.contains("/") {
                content.object(answer) {
                    $0.name("schema")
                    Schema.text.write(to: &$0)
                }
            } else {
                content.object("application/json") { writeJSON(answer, refusingWith: codes, to: &$0) }
            }
        }
    }

    /// A status that stands for an answer as well as for refusals has either body.
    private func writeJSON(_ name: String, refusingWith codes: [String], to writer: inout JSONWriter) {
        writer.name("schema")
        (codes.isEmpty ? Schema.reference(name) : .either(.reference(name), .reference("Error"))).write(to: &writer)
        guard let schema = SchemaTable.schemas[name], name != "Description" else { return }
        writer.name("example")
        schema.writeExample(to: &writer)
    }

    private static func writeError(_ codes: [String], to writer: inout JSONWriter) {
        writer.object("schema") { schema in
            schema.array("allOf") { parts in
                Schema.reference("Error").write(to: &parts)
                parts.object { part in
                    part.object("properties") { properties in
                        properties.name("code")
                        Schema.choice(codes).write(to: &properties)
                    }
                }
            }
        }
    }

    // MARK: - Streams

    /// A stream has no end and so no schema as a whole; `x-sluice-events` has one for the `data:` of each `event:`.
    private func writeStream(to writer: inout JSONWriter) {
        let events = StreamEvents.rows(of: route)
        writeEventSchema(events.map(\.event), to: &writer)
        writer.object("x-sluice-events") {
            for event in events {
                $0.name(event.event)
                Schema.reference(event.schema).write(to: &$0)
            }
        }
        writer.member("example", Examples.stream(events[0]))
    }

    /// Text, or for programs that take event streams apart each event as an object of its fields.
    private func writeEventSchema(_ names: [String], to writer: inout JSONWriter) {
        writer.object("schema") {
            $0.array("type") { types in
                types.value("string")
                types.value("object")
            }
            $0.member("description", "Server-sent events: see x-sluice-events for what is in data")
            $0.object("properties") { properties in
                properties.name("event")
                Schema.choice(names).write(to: &properties)
                for field in ["data", "id"] {
                    properties.name(field)
                    Schema.text.write(to: &properties)
                }
            }
        }
    }
}

extension StreamEvents {
    static func rows(of route: Route) -> [Row] {
        if route.pattern.segments.first == .literal("selftest") {
            return [("selftest", "SelfTestEvent"), ("stream_status", "StreamStatus"), ("stream_end", "StreamEnd")]
        }
        guard route.age != .current else { return all }
        return route.pattern.segments.count == 1 ? [("response", "TaskResponse")] : [("metrics", "MetricsData")]
    }
}
