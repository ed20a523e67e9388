import Broker
package import Fanout
import Model

/// The `id:` of an event, and what a client brings back as `Last-Event-ID`. Opaque to clients.
package enum EventID: Equatable, Sendable {
    /// Any stream but task output: valid in the life of the gateway that made it.
    case event(Position)
    /// A line of a task's output, by its number; on disk, so it outlives the gateway. 0 is before the first line.
    case line(UInt64)
    /// Where the client of a session has got to with everything that it reads.
    case session(SessionPosition)

    package struct Position: Equatable, Sendable {
        /// Life of the gateway: rises by one with each start, from 1.
        package var epoch: UInt64
        /// Number of the event among all of this life.
        package var number: UInt64
        /// Number of the event among those of its view: the difference of two is how many lie between.
        package var index: UInt64

        package init(epoch: UInt64, number: UInt64, index: UInt64) {
            self.epoch = epoch
            self.number = number
            self.index = index
        }

        /// In no life: whoever comes back with it is told that nobody knows what was missed.
        package static let nowhere = Position(epoch: 0, number: 0, index: 0)
    }

    package struct SessionPosition: Equatable, Sendable {
        /// Life of the gateway in which `number` counts.
        package var epoch: UInt64
        /// Number of the last event of all the views without a mark: their events reach the client in this order.
        package var number: UInt64
        /// What has a position of its own: task output, by the number of the line, in any life; and other views whose
        /// events are kept.
        package var marks: [PositionLabel: UInt64]

        package init(epoch: UInt64, number: UInt64, marks: [PositionLabel: UInt64] = [:]) {
            self.epoch = epoch
            self.number = number
            self.marks = marks
        }

        /// What stands before the number in the text.
        package var prefix: String { "s\(EventID.digits(epoch))." }
    }

    /// Marks of one id: each subscription of a session has at most two, while it is told what it has missed.
    private static let maxMarks = 512

    /// Nil for what this program never wrote.
    package init?(_ text: String) {
        if text.utf8.first == UInt8(ascii: "s") {
            guard let position = SessionPosition(text.dropFirst()) else { return nil }
            self = .session(position)
            return
        }
        guard text.utf8.count <= 64 else { return nil }
        let numbers = Self.numbers(text.dropFirst())
        switch (text.first, numbers?.count) {
        case ("e", 3): self = .event(Position(epoch: numbers![0], number: numbers![1], index: numbers![2]))
        case ("l", 1): self = .line(numbers![0])
        default: return nil
        }
    }

    package var text: String {
        switch self {
        case .event(let at):
            "e\(Self.digits(at.epoch)).\(Self.digits(at.number)).\(Self.digits(at.index))"
        case .line(let seq): "l\(Self.digits(seq))"
        case .session(let at):
            at.marks.sorted { $0.key.number < $1.key.number }.reduce(into: at.prefix + Self.digits(at.number)) {
                $0 += "~\(Self.digits($1.key.number)).\(Self.digits($1.value))"
            }
        }
    }

    private static func digits(_ number: UInt64) -> String { String(number, radix: 36) }

    /// Numbers with points between them.
    fileprivate static func numbers(_ text: Substring) -> [UInt64]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> UInt64? in
            // Swift reads more than it writes: a sign, capitals, zeros in front.
            guard let number = UInt64(part, radix: 36), digits(number) == part else { return nil }
            return number
        }
        return numbers.count == parts.count ? numbers : nil
    }

    fileprivate static func hasRoom(forMarks count: Int) -> Bool { count <= maxMarks }
}

extension EventID.SessionPosition {
    /// What comes after the `s`.
    fileprivate init?(_ text: Substring) {
        let parts = text.split(separator: "~", omittingEmptySubsequences: false)
        guard EventID.hasRoom(forMarks: parts.count - 1), let first = EventID.numbers(parts[0]), first.count == 2
        else { return nil }
        self.init(epoch: first[0], number: first[1])
        for part in parts.dropFirst() {
            guard let mark = EventID.numbers(part), mark.count == 2, mark[0] > 0,
                marks.updateValue(mark[1], forKey: PositionLabel(mark[0])) == nil
            else { return nil }
        }
    }
}

extension PositionLabel {
    /// Labels have at most eight digits: of the 256 subscriptions of a session, two have the same one in a session in
    /// a hundred million.
    private static let count: UInt64 = 2_821_109_907_456  // 36 to the power of 8

    /// Of a view: the same in every life of the gateway.
    init(_ view: ViewKey) {
        let agent =
            switch view.agent {
            case .one(let id): id.text
            case .every: "*"
            }
        self.init(hashing: [view.type.rawValue, agent, view.resource, view.name])
    }

    /// Of something that no view is named like.
    init(hashing parts: [String]) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a
        for part in parts {
            for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3  // in no UTF-8: where one part ends
        }
        self.init(1 + hash % (Self.count - 1))
    }
}
