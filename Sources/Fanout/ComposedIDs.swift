import CReactor

/// Ids of its own for a client that reads several things on one connection: where an event begins with a line `id: …`,
/// what goes out is `<prefix><common>[~<label>.<position>]*`, with numbers in base 36. It says how far the client has
/// got with everything, that event included.
package struct ComposedIDs: Sendable, Hashable {
    /// Up to 31 ASCII characters.
    package var prefix: String
    /// Number of the last event, before the first one, of all that have no position of their own.
    package var common: UInt64
    /// The same for what has. The caller bounds how many labels a client has.
    package var marks: [PositionLabel: UInt64]

    package init(prefix: String, common: UInt64, marks: [PositionLabel: UInt64]) {
        self.prefix = prefix
        self.common = common
        self.marks = marks
    }

    func apply(to client: OpaquePointer) {
        sr_client_compose_ids(client, prefix, common)
        for (label, position) in marks.sorted(by: { $0.key.number < $1.key.number }) {
            sr_client_mark(client, label.number, position)
        }
    }
}

/// What has a position of its own in composed ids.
package struct PositionLabel: Hashable, Sendable {
    package let number: UInt64

    /// What has none: all of it shares one position.
    package static let common = PositionLabel(0)

    package init(_ number: UInt64) { self.number = number }
}

/// What an event for one client alone belongs to.
package struct OwnEvent: Sendable, Hashable {
    /// `leave` of this topic takes the event back; 0: of none.
    package var topic: UInt64
    /// The position that it moves to `seq`.
    package var label: PositionLabel
    package var seq: UInt64

    package init(topic: UInt64, label: PositionLabel, seq: UInt64) {
        self.topic = topic
        self.label = label
        self.seq = seq
    }

    var raw: sr_own_event { sr_own_event(topic_id: topic, label: label.number, seq: seq) }
}
