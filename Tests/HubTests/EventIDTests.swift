import Broker
import Fanout
import Model
import Testing

@testable import Hub

@Suite struct EventIDTests {
    static let ids: [(EventID, String)] = [
        (.event(.init(epoch: 1, number: 35, index: 36)), "e1.z.10"),
        (.event(.init(epoch: 0, number: 0, index: 0)), "e0.0.0"),
        (
            .event(.init(epoch: .max, number: .max, index: .max)),
            "e3w5e11264sgsf.3w5e11264sgsf.3w5e11264sgsf"
        ),
        (.line(0), "l0"), (.line(1_295), "lzz"), (.line(.max), "l3w5e11264sgsf"),
        (.session(.init(epoch: 1, number: 35)), "s1.z"),
        (
            .session(.init(epoch: 1, number: 36, marks: [PositionLabel(36): 0, PositionLabel(.max): .max])),
            "s1.10~10.0~3w5e11264sgsf.3w5e11264sgsf"
        ),
    ]

    @Test("an id comes back from its text as it was", arguments: ids)
    func roundTrip(_ id: EventID, _ text: String) {
        #expect(id.text == text)
        #expect(EventID(text) == id)
    }

    @Test(
        "what this program never wrote is no id",
        arguments: [
            "", "e", "l", "x1", "e1", "e1.2", "e1.2.3.4", "e1..3", "e1.2.", "l1.2", "l-1", "l+1", "e+1.2.3", "l ",
            "l1 ",
            "l!", "lZZ", "s", "s1", "s1.", "s1.2.3", "s1.2~", "s1.2~3", "s1.2~3.4~", "s1.2~3.4~3.5", "s1.2~0.4",
            "s1.2~~3.4", "s1.2~3.4.5", "s1.02", "s1.2~03.4", "s1.2~3.-4", "s1.2 ", "s1.2~3.3w5e11264sgsg",
            "s1.2" + (1...513).map { "~\($0).1" }.joined(), "l01", "é1.2.3", "l3w5e11264sgsg", "42", "abc.42",
            "e1.2.3\n",
            "l" + String(repeating: "0", count: 64),
        ])
    func garbage(_ text: String) {
        #expect(EventID(text) == nil)
    }

    @Test("marks are read in any order, as the fan-out writes them; as many as a session can have")
    func marks() {
        #expect(EventID("s1.2~z.3~4.5") == EventID("s1.2~4.5~z.3"))
        let many = (1...512).map { "~\(String($0, radix: 36)).1" }.joined()
        guard case .session(let position)? = EventID("s1.2" + many) else {
            Issue.record("no id")
            return
        }
        #expect(position.marks.count == 512)
    }

    @Test("a view is called the same in every life of the gateway, and unlike any other")
    func labels() throws {
        let views = try ["task_1", "task_2", "task_3"].map { try TestView.description(.shellOutput, resource: $0).key }
        #expect(views.map { PositionLabel($0).number } == [2_580_107_945_275, 2_809_688_182_374, 259_606_631_879])
        #expect(Set(views.map { PositionLabel($0) }).count == 3)
    }
}
