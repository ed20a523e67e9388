import Broker
import Model
import Testing

@testable import Hub

@Suite struct ResumptionTests {
    /// A view that has had ten events, in the third life of the gateway.
    private var view: View {
        get throws {
            var view = View(try TestView.description(), ports: 1)
            view.index = 10
            view.lastNumber = 99
            return view
        }
    }

    private func resume(_ cursor: String?) throws -> Resumption { Resumption(cursor: cursor, view: try view, epoch: 3) }

    private func cursor(epoch: UInt64, index: UInt64) -> String {
        EventID.event(.init(epoch: epoch, number: 50, index: index)).text
    }

    @Test("without a cursor a subscriber is new")
    func fresh() throws { #expect(try resume(nil) == .fresh) }

    @Test("a cursor at the last event has missed nothing")
    func exact() throws { #expect(try resume(cursor(epoch: 3, index: 10)) == .exact) }

    @Test("a cursor before it says how many were missed")
    func missed() throws {
        #expect(try resume(cursor(epoch: 3, index: 9)) == .missed(1))
        #expect(try resume(cursor(epoch: 3, index: 0)) == .missed(10))
    }

    @Test("of another life, of the future, of a task or of nobody: something is missed, but nobody can say how many")
    func unknown() throws {
        #expect(try resume(cursor(epoch: 2, index: 9)) == .missed(nil))
        #expect(try resume(cursor(epoch: 4, index: 10)) == .missed(nil))
        #expect(try resume(cursor(epoch: 3, index: 11)) == .missed(nil))
        #expect(try resume(EventID.line(9).text) == .missed(nil))
        #expect(try resume("garbage") == .missed(nil))
        #expect(try resume("") == .missed(nil))
    }

    @Test("the position of a view is its last event in this life")
    func position() throws {
        #expect(try view.position(epoch: 3) == .event(.init(epoch: 3, number: 99, index: 10)))
    }
}

@Suite struct RateMeterTests {
    private func second(_ number: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: number * 1_000_000_000) }

    @Test("nothing counted is no rate")
    func empty() {
        var meter = RateMeter()
        #expect(meter.perSecond(at: second(5)) == 0)
    }

    @Test("the first seconds are averaged over themselves")
    func young() {
        var meter = RateMeter()
        meter.count(4, at: second(100))
        #expect(meter.perSecond(at: second(100)) == 4)
        #expect(meter.perSecond(at: second(101)) == 2)
    }

    @Test("a steady rate is shown as it is, for as long as it lasts")
    func steady() {
        var meter = RateMeter()
        for number in 0..<60 as Range<UInt64> { meter.count(3, at: second(1_000 + number)) }
        #expect(meter.perSecond(at: second(1_059)) == 3)
    }

    @Test("what is ten seconds old does not count any more")
    func fades() {
        var meter = RateMeter()
        meter.count(100, at: second(50))
        #expect(meter.perSecond(at: second(59)) == 10)
        #expect(meter.perSecond(at: second(60)) == 0)
        meter.count(20, at: second(1_000))
        #expect(meter.perSecond(at: second(1_000)) == 2)
    }

    @Test("a clock that seems to go back changes nothing")
    func backwards() {
        var meter = RateMeter()
        meter.count(10, at: second(20))
        meter.count(10, at: second(19))
        #expect(meter.perSecond(at: second(20)) == 20)
    }
}
