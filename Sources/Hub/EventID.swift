/// The `id:` of an event, and what a client brings back as `Last-Event-ID`. Opaque to clients.
package enum EventID: Equatable, Sendable {
    /// Any stream but task output: valid in the life of the gateway that made it.
    case event(Position)
    /// A line of a task's output, by its number; on disk, so it outlives the gateway. 0 is before the first line.
    case line(UInt64)

    package struct Position: Equatable, Sendable {
        /// Life of the gateway: rises by one with each start.
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
    }

    /// Nil for what this program never wrote.
    package init?(_ text: String) {
        let parts = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { UInt64($0, radix: 36) }
        guard text.utf8.count <= 64, numbers.count == parts.count else { return nil }
        switch (text.first, numbers.count) {
        case ("e", 3): self = .event(Position(epoch: numbers[0], number: numbers[1], index: numbers[2]))
        case ("l", 1): self = .line(numbers[0])
        default: return nil
        }
        // Swift reads more than it writes: a sign, capitals, zeros in front.
        guard self.text == text else { return nil }
    }

    package var text: String {
        switch self {
        case .event(let at):
            "e\(Self.digits(at.epoch)).\(Self.digits(at.number)).\(Self.digits(at.index))"
        case .line(let seq): "l\(Self.digits(seq))"
        }
    }

    private static func digits(_ number: UInt64) -> String { String(number, radix: 36) }
}
