import Model

/// What the seat knows of one connection.
struct SeatedClient {
    enum Feed {
        case bytes([UInt8])
        /// What was waiting to be read after the bytes before it.
        case topic(TopicReading)
    }

    var exchange: (any StreamExchange)?
    /// Its ids are composed.
    var isSession = false
    /// Files to be read to this client, one after the other; the live log of each follows.
    var replays: [TaskReplay] = []
    /// Bytes that go out piece by piece as the client takes them, and the topics that it reads after them.
    var feed: ArraySlice<Feed> = []
    /// How it reads what is not a task's, and whose gap it is when events are lost.
    private(set) var readings: [TopicNumber: TopicReading] = [:]
    /// Live task topics.
    var tasks: [TopicNumber: TaskReplay] = [:]
    /// Number of the last event, once `stream_end` for a task has been written.
    var completed: UInt64?

    init(exchange: any StreamExchange) { self.exchange = exchange }

    /// Twice the subscriptions of a session.
    private static let maxReadings = 512

    mutating func read(_ reading: TopicReading) {
        if readings.count >= Self.maxReadings { readings = readings.filter { !$1.isLeft } }
        readings[reading.topic] = reading
    }

    /// What was published before still goes out, and where it is lost somebody has to be told. So the reading stays for
    /// some time; a session whose subscriptions come and go for days keeps not all of them.
    mutating func leave(_ topic: TopicNumber) { readings[topic]?.isLeft = true }
}

/// A session's client has been given all of a task.
package struct TaskReadEnd: Sendable {
    /// Number of its last event.
    var seq: UInt64
    var exitCode: Int32?
    /// It has had `stream_end` too, on an earlier connection.
    var isTold: Bool
}
