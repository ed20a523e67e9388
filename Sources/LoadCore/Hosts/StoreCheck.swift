import Reactor

/// What the store has at the end: each needle, and the number of lines of each agent. On the loop only.
final class StoreCheck {
    private var questions: [Question] = []
    private let search: LogSearch
    private let run: String
    private var timer: LoopTimer?
    private var isAsking = false
    private(set) var result = StoreFindings()
    /// Questions, and those that have been answered, or will not be.
    let count: Int
    private(set) var answered = 0

    private enum Question {
        case needle(Needle)
        case agent(String, sent: UInt64)
    }

    init(_ search: LogSearch, run: String, of figures: HostFigures, loop: EventLoop) {
        self.search = search
        self.run = run
        let questions: [Question] =
            figures.needles.map { .needle($0) } + figures.sentByAgent.map { .agent($0, sent: $1) }
        self.questions = questions
        count = questions.count
        timer = loop.schedule(after: .zero, repeating: .milliseconds(2)) { [unowned self] in
            askNext()  // unowned: the timer ends with this object
        }
    }

    private func askNext() {
        guard !isAsking, let question = questions.popLast() else { return }
        isAsking = true
        let query =
            switch question {
            case .needle(let needle): LogSearch.query(needle: needle, run: run)
            case .agent(let id, _): LogSearch.query(agent: id)
            }
        // weak: an answer may come while this object goes away.
        search.ask(query) { [weak self] answer in self?.take(answer, to: question) }
    }

    private func take(_ answer: LogSearch.Answer?, to question: Question) {
        isAsking = false
        answered += 1
        guard let answer else { return result.unanswered += 1 }
        switch question {
        case .needle(let needle):
            let text = LogLine.needle(run: run, agent: needle.agent, number: needle.number)
            result.addNeedle(total: answer.total, isRight: answer.messages.allSatisfy { $0.contains(text) })
        case .agent(_, let sent): result.addAgent(stored: UInt64(max(0, answer.total)), sent: sent)
        }
    }
}

/// What a check of the store has found.
package struct StoreFindings: Sendable, Equatable {
    /// Lines of all agents.
    package var stored: UInt64 = 0
    /// Lines that are too few or too many of an agent.
    package var lost: UInt64 = 0
    package var repeated: UInt64 = 0
    package var needlesFound = 0
    package var needlesMissing = 0
    /// Found more than once.
    package var needlesRepeated = 0
    /// Found in a line that has another word.
    package var needlesWrong = 0
    /// Questions without a proper answer.
    package var unanswered = 0

    package init() {}

    mutating func addNeedle(total: Int, isRight: Bool) {
        switch total {
        case ...0: needlesMissing += 1
        case 1: needlesFound += 1
        default: needlesRepeated += 1
        }
        if !isRight { needlesWrong += 1 }
    }

    mutating func addAgent(stored: UInt64, sent: UInt64) {
        self.stored += stored
        lost += sent - min(sent, stored)
        repeated += stored - min(sent, stored)
    }

    /// Nothing is missing and nothing there twice.
    package var isGood: Bool {
        lost + repeated == 0 && needlesMissing + needlesRepeated + needlesWrong + unanswered == 0
    }
}
