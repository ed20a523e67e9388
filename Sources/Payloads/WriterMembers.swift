package import JSON
package import Model

extension JSONWriter {
    package mutating func member(_ name: String, _ time: WallTime?) {
        member(name, millisecondsSince1970: time?.millisecondsSince1970)
    }

    package mutating func member<Kind>(_ name: String, _ id: Identifier<Kind>?) { member(name, id?.text) }

    package mutating func member(_ name: String, _ agent: AgentSelector) {
        switch agent {
        case .one(let id): member(name, id)
        case .every: member(name, "*")
        }
    }

    package mutating func member(_ name: String, seconds duration: Milliseconds?) {
        member(name, duration.map { Double($0) / 1_000 })
    }

    package mutating func array(_ name: String, of texts: [String]) {
        array(name) { for text in texts { $0.value(text) } }
    }

    /// Sorted by name, so that equal dictionaries look equal.
    package mutating func object(_ name: String, of texts: [String: String]) {
        object(name) { for (key, value) in texts.sorted(by: { $0.key < $1.key }) { $0.member(key, value) } }
    }
}

extension JSONWriter {
    /// As inside payloads, where `timestamp` is in seconds since 1970.
    package mutating func member(_ name: String, unixSeconds time: WallTime) {
        member(name, Double(time.millisecondsSince1970) / 1_000, decimals: 3)
    }
}
