import Testing

@testable import LoadCore

@Suite("Answers of a server")
struct AnswerTests {
    private func parse(_ text: String) -> HTTPAnswerParser.Found? { HTTPAnswerParser.parse(Array(text.utf8)[...]) }

    private static let answers: [(String, Int, String)] = [
        ("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok", 202, "ok"),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;x\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", 200,
            "abc0123456789"
        ),
    ]

    @Test("the end is found by length, by chunks, or where there is no body", arguments: answers)
    func whole(_ text: String, _ status: Int, _ body: String) throws {
        guard case .whole(let answer, let size)? = parse(text + "HTTP/1.1 500") else {
            Issue.record("not whole")
            return
        }
        #expect(answer.status == status)
        #expect(String(decoding: answer.body, as: UTF8.self) == body)
        #expect(size == text.utf8.count)
    }

    @Test("an answer is partial until its last byte", arguments: answers)
    func partial(_ text: String, _ status: Int, _ body: String) {
        for count in 0..<text.utf8.count {
            guard case .partial? = HTTPAnswerParser.parse(Array(text.utf8)[..<count]) else {
                Issue.record("whole or bad after \(count) bytes")
                return
            }
        }
    }

    @Test(
        "what is no answer is refused",
        arguments: [
            "SSH-2.0\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 x\r\n\r\n", "HTTP/1.1 200\r\nContent-Length: -5\r\n\r\n",
        ])
    func bad(_ text: String) {
        #expect(parse(text) == nil)
    }
}
