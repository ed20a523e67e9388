import Broker
import JSON
import Model
import Reactor
import Service

/// One client that looks whether events arrive when they are sent.
struct SelfTest {
    static let count = 10
    static let end = EventID.line(UInt64(count + 1))
    static let interval: Duration = .milliseconds(500)
    /// How many may be under way, since nobody is asked for a token.
    static let maximum = 100

    /// Index of its client loop.
    let port: Int
    var sent = 0
    var timer: LoopTimer?

    /// The next event.
    mutating func next(at time: WallTime) -> [UInt8] {
        sent += 1
        let data = JSONWriter.render { json in
            json.object {
                $0.member("n", sent)
                $0.name("sent_at")
                $0.timestamp(millisecondsSince1970: time.millisecondsSince1970)
            }
        }
        let id = EventID.line(UInt64(sent))
        return Array("id: \(id.text)\nevent: selftest\ndata: ".utf8) + data + Array("\n\n".utf8)
    }
}

extension Hub {
    /// - Parameter cursor: who has had all of one does not get another: EventSource comes back after every end.
    /// - Returns: nil when the stream has been opened.
    func openSelfTest(cursor: String?, on port: Int, _ exchange: any StreamExchange) -> StreamAnswer? {
        if let cursor, EventID(cursor) == SelfTest.end { return .ended }
        guard selfTests.count < SelfTest.maximum else { return .later("too many self-tests are under way") }
        let id = nextConnection()
        var test = SelfTest(port: port)
        ports[port].hold(exchange, for: id)
        ports[port].start(id, ControlEvent.opening(retry: jitteredRetry(), id: .line(0)) + test.next(at: now.wall))
        test.timer = loop.schedule(after: SelfTest.interval, repeating: SelfTest.interval) { [unowned self] in
            // unowned: the timer is owned by self and ends with it
            assumeIsolated { $0.continueSelfTest(id) }
        }
        selfTests[id] = test
        return nil
    }

    private func continueSelfTest(_ id: ConnectionID) {
        guard var test = selfTests[id] else { return }
        let event = test.next(at: now.wall)
        if test.sent < SelfTest.count {
            ports[test.port].write(event, to: id)
        } else {
            test.timer = nil
            ports[test.port].finish(id, event + ControlEvent.end(.completed, nil, id: SelfTest.end))
        }
        selfTests[id] = test
    }
}
