import Testing
import Wire

@testable import LoadCore

@Suite("Hosts that are not there")
struct HostTests {
    @Test("samples are due at once and then at the interval; those that were missed are left out")
    func clock() {
        var clock = SampleClock()
        let first = clock.take(at: 1_000_000)
        #expect(!first)
        clock.set(reference: 4, milliseconds: 1_000, now: 5_000_000_000)
        #expect(clock.reference == 4)
        let times: [UInt64] = [5_000, 5_020, 5_999, 6_000, 6_001, 9_500, 9_600, 10_499, 10_500]
        #expect(
            times.map { clock.take(at: $0 * 1_000_000) } == [true, false, false, true, false, true, false, false, true])
        clock.stop()
        let second = clock.take(at: 99_000_000_000)
        #expect(!second)
    }

    @Test("a new interval counts from the last sample, and the same one changes nothing")
    func interval() {
        var clock = SampleClock()
        clock.set(reference: 4, milliseconds: 10_000, now: 0)
        let first = clock.take(at: 0)
        #expect(first)
        clock.set(reference: 4, milliseconds: 10_000, now: 3_000_000_000)
        let second = clock.take(at: 9_999_000_000)
        #expect(!second)
        clock.set(reference: 4, milliseconds: 2_000, now: 3_000_000_000)
        let third = clock.take(at: 3_000_000_000)
        #expect(third)
        let fourth = clock.take(at: 4_900_000_000)
        #expect(!fourth)
        let fifth = clock.take(at: 5_000_000_000)
        #expect(fifth)
    }

    @Test("figures wander, but stay in their bounds and where hosts are well", arguments: 0..<20)
    func model(number: Int) {
        var model = HostModel(number: number)
        var values: Set<Double> = []
        for _ in 0..<2_000 {
            model.move()
            values.insert(model.cpuPercent)
            #expect((1...99).contains(model.cpuPercent))
            #expect((1..<85).contains(model.memoryPercent))
            #expect((1..<85).contains(model.diskPercent))
            #expect(model.usedMemory < model.memoryBytes)
            #expect(model.coreUsage.allSatisfy { (0...100).contains($0) })
        }
        #expect(values.count > 100)
    }

    @Test("a sample has every part that a real agent sends, in about its size")
    func sample() {
        let arena = WireArena()
        let sample = HostModel(number: 1).metrics(in: arena)
        #expect(sample.pointee.n_disks == 2)
        #expect(sample.pointee.n_network_interfaces == 1)
        #expect(sample.pointee.processes.pointee.n_top == 10)
        #expect((500...2_000).contains(sample.encodedSize))
        let health = HostModel(number: 1).health(in: arena)
        #expect(wireValue(health.pointee.has_core_count, health.pointee.core_count) != nil)
    }
}

@Suite("What a store has to have")
struct StoreFindingsTests {
    @Test("too few lines are lost and too many are there twice, even when the sum is right")
    func lines() {
        var findings = StoreFindings()
        findings.addAgent(stored: 10, sent: 10)
        #expect(findings.isGood)
        findings.addAgent(stored: 8, sent: 10)
        findings.addAgent(stored: 12, sent: 10)
        #expect((findings.stored, findings.lost, findings.repeated) == (30, 2, 2))
        #expect(!findings.isGood)
    }

    @Test("a needle has to be found once, in its own line")
    func needles() {
        var findings = StoreFindings()
        findings.addNeedle(total: 1, isRight: true)
        #expect(findings.isGood)
        findings.addNeedle(total: 0, isRight: true)
        findings.addNeedle(total: 2, isRight: true)
        findings.addNeedle(total: 1, isRight: false)
        #expect(findings.needlesFound == 2)
        #expect((findings.needlesMissing, findings.needlesRepeated, findings.needlesWrong) == (1, 1, 1))
        #expect(!findings.isGood)
    }

    @Test("an answer of the search says how many there are, and shows the newest")
    func answer() throws {
        let body =
            #"{"logs":[{"timestamp":"…","level":"INFO","message":"a needle-r-1-2","agent_id":"x"}],"total":7,"page":1}"#
        let answer = try #require(LogSearch.parse(Array(body.utf8)))
        #expect(answer.total == 7)
        #expect(answer.messages == ["a needle-r-1-2"])
        for bad in ["", "[]", #"{"logs":[]}"#, #"{"total":1}"#] { #expect(LogSearch.parse(Array(bad.utf8)) == nil) }
    }
}
