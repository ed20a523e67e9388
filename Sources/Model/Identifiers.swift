/// A name as it appears in paths and bodies: 1 to 128 characters of `[A-Za-z0-9._:@-]` (resources may also have `/`).
package enum IdentifierRules {
    package static let maximumLength = 128

    package static func isValid(_ text: some StringProtocol, allowingSlash: Bool = false) -> Bool {
        let bytes = text.utf8
        guard !bytes.isEmpty, bytes.count <= maximumLength else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "-"):
                true
            case UInt8(ascii: "/"): allowingSlash
            default: false
            }
        }
    }
}

/// A typed name. The phantom parameter keeps an agent's id from being passed where a task's is meant.
package struct Identifier<Kind>: Hashable, Sendable, CustomStringConvertible, Comparable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { text }

    package static func < (a: Self, b: Self) -> Bool { a.text < b.text }
}

package enum AgentKind {}
package enum SubscriptionKind {}
package enum SessionKind {}
package enum TaskKind {}
package enum ServerStreamKind {}
package enum TokenKind {}

package typealias AgentID = Identifier<AgentKind>
/// `sub_` and 128 random bits: knowing it is the right to read the stream.
package typealias SubscriptionID = Identifier<SubscriptionKind>
/// `ses_` and 128 random bits.
package typealias SessionID = Identifier<SessionKind>
/// `task_` and random characters.
package typealias TaskID = Identifier<TaskKind>
/// `srv_` and random characters.
package typealias ServerStreamID = Identifier<ServerStreamKind>
/// The name of a token, never the secret.
package typealias TokenName = Identifier<TokenKind>

/// One open SSE connection; unique in the life of a gateway process.
package struct ConnectionID: Hashable, Sendable {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
}
