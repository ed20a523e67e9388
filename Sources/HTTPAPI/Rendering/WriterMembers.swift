import JSON
import Model
import Service

extension JSONWriter {
    mutating func member(_ name: String, _ time: WallTime?) {
        member(name, millisecondsSince1970: time?.millisecondsSince1970)
    }

    mutating func member<Kind>(_ name: String, _ id: Identifier<Kind>?) { member(name, id?.text) }

    mutating func member(_ name: String, _ agent: AgentSelector) {
        switch agent {
        case .one(let id): member(name, id)
        case .every: member(name, "*")
        }
    }

    mutating func member(_ name: String, seconds duration: Milliseconds?) {
        member(name, duration.map { Double($0) / 1_000 })
    }

    mutating func array(_ name: String, of texts: [String]) {
        array(name) { for text in texts { $0.value(text) } }
    }

    /// Sorted by name, so that equal dictionaries look equal.
    mutating func object(_ name: String, of texts: [String: String]) {
        object(name) { for (key, value) in texts.sorted(by: { $0.key < $1.key }) { $0.member(key, value) } }
    }
}

extension HTTPResponse {
    /// `{"<plural>":[…],"total":n,"page":1}`
    static func page<Item>(
        _ plural: String, _ page: Page<Item>, _ request: PageRequest, _ render: (Item, inout JSONWriter) -> Void
    ) -> HTTPResponse {
        .json {
            $0.object {
                $0.array(plural) { for item in page.items { render(item, &$0) } }
                $0.member("total", page.total)
                $0.member("page", request.page)
            }
        }
    }
}
