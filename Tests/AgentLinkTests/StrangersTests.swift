import Testing

@testable import AgentLink

@Suite struct StrangersTests {
    @Test("of one address only so many may be there that have not been let in, others and loopback are not concerned")
    func limit() {
        var strangers = Strangers(limit: 2)
        func come(_ peers: String...) -> [Bool] { peers.map { strangers.came($0) } }
        #expect(come("192.0.2.1:1", "192.0.2.1:2", "192.0.2.1:3") == [true, true, false])
        #expect(come("192.0.2.2:1", "[2001:db8::1]:1", "[2001:db8::1]:2") == [true, true, true])
        #expect(come("[2001:db8::1]:3") == [false])
        #expect(!come("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", "[::1]:1", "[::1]:2", "[::1]:3").contains(false))
        // The one that was turned away leaves too.
        strangers.left("192.0.2.1:3")
        #expect(come("192.0.2.1:4") == [false])
        strangers.left("192.0.2.1:4")
        strangers.left("192.0.2.1:1")
        #expect(come("192.0.2.1:5", "192.0.2.1:6") == [true, false])
    }
}
