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

    private func loss(_ cursor: String?) throws -> Resumption.Loss { try resume(cursor).loss }

    private func cursor(epoch: UInt64, index: UInt64) -> String {
        EventID.event(.init(epoch: epoch, number: 50, index: index)).text
    }

    @Test("without a cursor a subscriber is new")
    func fresh() throws { #expect(try resume(nil) == .fresh(view)) }

    @Test("a cursor at the last event has missed nothing")
    func exact() throws {
        let resumption = try resume(cursor(epoch: 3, index: 10))
        #expect(resumption.loss == .none && !resumption.isNew && resumption.after == 99)
    }

    @Test("a cursor before it says how many were missed")
    func missed() throws {
        #expect(try loss(cursor(epoch: 3, index: 9)) == .some(1))
        #expect(try loss(cursor(epoch: 3, index: 0)) == .some(10))
        #expect(try resume(cursor(epoch: 3, index: 0)).isNew)
    }

    @Test("of another life, of the future, of a task or of nobody: something is missed, but nobody can say how many")
    func unknown() throws {
        #expect(try resume(cursor(epoch: 2, index: 9)) == .unknown(view))
        #expect(try resume(cursor(epoch: 4, index: 10)) == .unknown(view))
        #expect(try resume(cursor(epoch: 3, index: 11)) == .unknown(view))
        #expect(try resume(EventID.line(9).text) == .unknown(view))
        #expect(try resume("garbage") == .unknown(view))
        #expect(try resume("") == .unknown(view))
    }

    @Test("the position of a view is its last event in this life")
    func position() throws {
        #expect(try view.position(epoch: 3) == .event(.init(epoch: 3, number: 99, index: 10)))
    }

    @Test("lines that an agent has lost are events that were missed, in a session too")
    func lostByAgent() throws {
        var view = try view
        view.rememberNumbers()
        view.count(101)
        view.count(102, events: 40)
        view.count(103)
        #expect(Resumption(after: 99, view: view).loss == .some(42))
        #expect(Resumption(after: 101, view: view).loss == .some(41))
        #expect(Resumption(after: 102, view: view).loss == .some(1))
        #expect(Resumption(cursor: cursor(epoch: 3, index: 11), view: view, epoch: 3).loss == .some(41))
    }

    @Test("in a session, what came after the last event that the client has is counted by the numbers")
    func byNumber() throws {
        var view = try view
        #expect(Resumption(after: 98, view: view).loss == .unknown, "nobody has noted the numbers")
        view.rememberNumbers()
        for number in [101, 105, 110] as [UInt64] { view.count(number) }
        #expect(Resumption(after: 98, view: view).loss == .unknown)
        #expect(Resumption(after: 99, view: view).loss == .some(3))
        #expect(Resumption(after: 104, view: view).loss == .some(2))
        #expect(Resumption(after: 110, view: view).loss == .none)
        for number in stride(from: 200, to: 2_400, by: 2) as StrideTo<UInt64> { view.count(number) }
        #expect(Resumption(after: 200, view: view).loss == .unknown, "it does not reach back for ever")
        #expect(Resumption(after: 2_000, view: view).loss == .some(199))
    }

    @Test("events with numbers in a row, as the lines of a log have, are counted however many they are")
    func inARow() throws {
        var view = try view
        view.rememberNumbers()
        for batch in 0..<1_000 as Range<UInt64> {
            for line in 0..<50 as Range<UInt64> { view.count(100 + batch * 60 + line) }
        }
        #expect(Resumption(after: 99, view: view).loss == .some(50_000))
        #expect(Resumption(after: 100, view: view).loss == .some(49_999))
        #expect(Resumption(after: 148, view: view).loss == .some(49_951))
        #expect(Resumption(after: 149, view: view).loss == .some(49_950))
        #expect(Resumption(after: 155, view: view).loss == .some(49_950), "between two batches")
        #expect(Resumption(after: 160, view: view).loss == .some(49_949))
    }
}

@Suite struct EventHistoryTests {
    /// A view of a kept type, with a hundred events of three bytes; its log holds ten of them.
    private func view(events: ClosedRange<UInt64> = 1...100) throws -> View {
        var view = View(try TestView.description(.processedMetrics), ports: 1)
        view.rememberNumbers()
        view.depth = 10
        for number in events {
            view.count(number * 2)
            Array("abc".utf8).withUnsafeBytes {
                view.history?.append(number * 2, $0, maxEvents: view.depth, maxBytes: 1_000)
            }
        }
        return view
    }

    private func resume(_ view: View, after number: UInt64, index: UInt64) -> Resumption {
        Resumption(cursor: EventID.event(.init(epoch: 1, number: number, index: index)).text, view: view, epoch: 1)
    }

    @Test("types that are kept have a history, others have none, and the output of tasks is on disk")
    func types() throws {
        #expect(View(try TestView.description(.metrics), ports: 1).history == nil)
        #expect(View(try TestView.description(.shellOutput, resource: "task_1"), ports: 1).history == nil)
        #expect(View(try TestView.description(.processedMetrics), ports: 1).history != nil)
    }

    @Test("who comes back within the history goes on where it was, and misses nothing")
    func within() throws {
        let view = try view()
        for resumption in [resume(view, after: 190, index: 95), Resumption(after: 190, view: view)] {
            #expect(resumption.loss == .none && !resumption.isNew && resumption.after == 190)
        }
    }

    @Test("who comes back later is told exactly what is gone, once, and gets the rest")
    func beyond() throws {
        var view = try view()
        let number = resume(view, after: 100, index: 50)
        #expect(number.loss == .some(40) && number.after == 180 && !number.isNew)
        #expect(Resumption(after: 100, view: view) == number)
        let told = view.position(of: number, epoch: 1)
        #expect(told == .event(.init(epoch: 1, number: 180, index: 90)))
        #expect(Resumption(cursor: told.text, view: view, epoch: 1).loss == .none)
        view.count(202)
        Array("abc".utf8).withUnsafeBytes { view.history?.append(202, $0, maxEvents: 10, maxBytes: 1_000) }
        #expect(Resumption(cursor: told.text, view: view, epoch: 1).loss == .some(1))
        #expect(Resumption(after: 180, view: view).loss == .some(1))
    }

    @Test("a new subscriber gets what comes; so does one whose cursor says nothing, after a gap")
    func new() throws {
        let view = try view()
        #expect(Resumption(cursor: nil, view: view, epoch: 1).after == 200)
        #expect(Resumption(cursor: "garbage", view: view, epoch: 1) == .unknown(view))
    }

    @Test("it holds no more bytes than a client may have waiting, and the newest event whatever its length")
    func bytes() throws {
        let history = EventHistory()
        func numbers() -> [UInt64] {
            var numbers: [UInt64] = []
            history.forEach { number, _ in numbers.append(number) }
            return numbers
        }
        for number in 1...50 as ClosedRange<UInt64> {
            [UInt8](repeating: 0, count: 30).withUnsafeBytes {
                history.append(number, $0, maxEvents: 100, maxBytes: 100)
            }
        }
        #expect(numbers() == [48, 49, 50])
        [UInt8](repeating: 0, count: 1_000).withUnsafeBytes { history.append(51, $0, maxEvents: 100, maxBytes: 100) }
        #expect(numbers() == [51] && history.floor == 50)
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
