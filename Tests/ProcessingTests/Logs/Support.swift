import Glibc
import Model

@testable import Processing

/// 2026-11-23T15:34:30Z, shortly after the captured lines were written.
let noon = WallTime(millisecondsSince1970: 1_795_448_070_000)

extension LogEntry {
    init(_ text: String, component: String = "") {
        self.init(message: Array(text.utf8), component: Array(component.utf8))
    }
}

func parse(_ text: String, now: WallTime = noon) -> ParsedLog { LineParser().parse(Array(text.utf8), now: now) }

func milliseconds(_ time: WallTime?) -> Int64? { time?.millisecondsSince1970 }

extension LogProcessor {
    /// A line after the other, a second apart.
    mutating func process(_ lines: [String], component: String = "", from start: WallTime = noon) -> [EnrichedLog] {
        lines.enumerated().map { index, line in
            process(LogEntry(line, component: component), now: start + index * 1_000)
        }
    }
}

/// The ids of the rules that report anything in these lines, a second apart.
func rules(_ lines: [String], component: String = "") -> Set<String> {
    var processor = LogProcessor()
    return Set(processor.process(lines, component: component).flatMap(\.threats).map(\.rule))
}

/// The value of `SLUICE_SEED`, to repeat a run, or a new one.
func seed() -> UInt64 {
    if let text = getenv("SLUICE_SEED"), let seed = UInt64(String(cString: text)) { return seed }
    return UInt64.random(in: 0...UInt64.max)
}

/// SplitMix64: the same seed gives the same run on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
