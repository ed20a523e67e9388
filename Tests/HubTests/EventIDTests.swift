import Hub
import Testing

@Suite struct EventIDTests {
    static let ids: [(EventID, String)] = [
        (.event(.init(epoch: 1, number: 35, index: 36)), "e1.z.10"),
        (.event(.init(epoch: 0, number: 0, index: 0)), "e0.0.0"),
        (
            .event(.init(epoch: .max, number: .max, index: .max)),
            "e3w5e11264sgsf.3w5e11264sgsf.3w5e11264sgsf"
        ),
        (.line(0), "l0"), (.line(1_295), "lzz"), (.line(.max), "l3w5e11264sgsf"),
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
            "l!", "lZZ", "l01", "é1.2.3", "l3w5e11264sgsg", "42", "abc.42", "e1.2.3\n",
            "l" + String(repeating: "0", count: 64),
        ])
    func garbage(_ text: String) {
        #expect(EventID(text) == nil)
    }
}
