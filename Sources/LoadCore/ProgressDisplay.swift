import CLoad
import Glibc

/// Progress on stderr: a line that is written over on a terminal, lines elsewhere. Belongs to the main thread.
final class ProgressDisplay {
    private let isQuiet: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var nextStep: UInt64 = 0
    private var lastDelivered: UInt64 = 0
    private var lastTime: UInt64 = 0
    private var hasLine = false

    private static let stepPeriod: UInt64 = 500_000_000

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    /// While something is being set up; at most twice a second.
    func step(_ what: String, _ value: Int, of count: Int) {
        let now = MonotonicTime.now
        guard now >= nextStep else { return }
        nextStep = now + Self.stepPeriod
        write("\(value) of \(count) \(what)")
    }

    func running(_ record: LoadRecord, _ totals: LoadTotals, published: Int) {
        let now = MonotonicTime.now
        guard now > record.start else { return }
        let delivered = SubscriberRole.allCases.reduce(0) { $0 + totals.role($1).pointee.delivered }
        let plain = totals.role(.plain).pointee
        let rate = Double(delivered - lastDelivered) / MonotonicTime.seconds(now - max(lastTime, record.start))
        (lastDelivered, lastTime) = (delivered, now)
        let memory = record.memory.last.map { ", server \($0.rss >> 20) MiB" } ?? ""
        write(
            "\(Figures.text(MonotonicTime.seconds(now - record.start), decimals: 0)) s: \(totals.values.open) open, "
                + "\(Figures.grouped(published)) published, \(Figures.grouped(Int(rate))) deliveries/s, lost \(plain.lost), "
                + "missed \(plain.missed), repeated \(plain.repeated)\(memory)")
    }

    /// Before the report.
    func end() { if hasLine { put("\n") } }

    private func write(_ line: String) {
        guard !isQuiet else { return }
        hasLine = isTerminal
        put(isTerminal ? "\r\u{1B}[K\(line)" : "sluice-load: \(line)\n")
    }

    private func put(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

/// Numbers for people.
enum Figures {
    static func text(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return "–" }
        let scale = [1.0, 10, 100, 1_000][decimals]
        let scaled = Int((value.magnitude * scale).rounded())
        let fraction = String(scaled % Int(scale))
        let padding = String(repeating: "0", count: decimals - (decimals == 0 ? 0 : fraction.utf8.count))
        return (value < 0 ? "-" : "") + grouped(scaled / Int(scale)) + (decimals == 0 ? "" : "." + padding + fraction)
    }

    /// `1 234 567`
    static func grouped(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var result = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result += " " }
            result.append(digit)
        }
        return result
    }

    /// `1 topic`, `2 topics`
    static func count(_ value: Int, _ noun: String) -> String { "\(grouped(value)) \(noun)\(value == 1 ? "" : "s")" }

    /// Of nanoseconds.
    static func milliseconds(_ nanoseconds: UInt64) -> String { text(Double(nanoseconds) / 1e6, decimals: 2) + " ms" }

    static func mebibytes(_ bytes: Int) -> String { text(Double(bytes) / 1_048_576, decimals: 1) + " MiB" }
}
