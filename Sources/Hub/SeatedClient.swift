import Fanout
import Model
import Service

/// What the seat knows of one connection. There are many of them, and most only wait for the events of one topic: what
/// few have is kept apart.
struct SeatedClient {
    enum Feed {
        case bytes([UInt8])
        /// What was waiting to be read after the bytes before it.
        case topic(TopicReading)
    }

    /// Who reads a topic that is not a task's: what has to be known when events are lost.
    struct Reader {
        var topic: TopicNumber
        /// Whose gap it is.
        var subscription: SubscriptionID
        /// The position that its events move.
        var label: PositionLabel
    }

    /// What a connection has at its beginning, at its end, with tasks, or as a session's.
    struct Business {
        var exchange: (any StreamExchange)?
        /// Its ids are composed.
        var isSession = false
        /// Files to be read to this client, one after the other; the live log of each follows.
        var replays: [TaskReplay] = []
        /// Bytes that go out piece by piece as the client takes them, and the topics that it reads after them.
        var feed: ArraySlice<Feed> = []
        /// Live task topics.
        var tasks: [TopicNumber: TaskReplay] = [:]
        /// Number of the last event, once `stream_end` for a task has been written.
        var completed: UInt64?

        var isNone: Bool {
            exchange == nil && !isSession && replays.isEmpty && feed.isEmpty && tasks.isEmpty && completed == nil
        }
    }

    private final class Box {
        var business: Business
        init(_ business: Business) { self.business = business }
    }

    private var box: Box?
    private var firstReader: Reader?
    private var otherReaders: [TopicNumber: (reader: Reader, hasLeft: Bool)] = [:]

    /// Twice the subscriptions of a session.
    private static let maxReaders = 512

    init(exchange: any StreamExchange) { business.exchange = exchange }

    var business: Business {
        get { box?.business ?? Business() }
        _modify {
            if !isKnownUniquelyReferenced(&box) { box = Box(box?.business ?? Business()) }
            yield &box!.business
            if box!.business.isNone { box = nil }
        }
    }

    func reader(of topic: TopicNumber) -> Reader? {
        firstReader?.topic == topic ? firstReader : otherReaders[topic]?.reader
    }

    mutating func add(_ reader: Reader) {
        if firstReader == nil || firstReader?.topic == reader.topic {
            firstReader = reader
        } else {
            if otherReaders.count >= Self.maxReaders { otherReaders = otherReaders.filter { !$1.hasLeft } }
            otherReaders[reader.topic] = (reader, false)
        }
    }

    /// What was published before still goes out, and where it is lost somebody has to be told. So the reader stays for
    /// some time; a session whose subscriptions come and go for days keeps not all of them.
    mutating func leave(_ topic: TopicNumber) { otherReaders[topic]?.hasLeft = true }
}

/// A session's client has been given all of a task.
package struct TaskReadEnd: Sendable {
    /// Number of its last event.
    var seq: UInt64
    var exitCode: Int32?
    /// It has had `stream_end` too, on an earlier connection.
    var isTold: Bool
}
