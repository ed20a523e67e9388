import Model
import Processing
import Storage

/// Where a deployment stands after each line of its task's output. The same lines give the same status: the hub keeps one
/// for a deployment that runs, and everybody who reads the output file keeps his own.
struct DeploymentProgress: Sendable {
    private var analyzer = DeploymentAnalyzer()
    /// Number of the last line that it has been given, or that will never come.
    private(set) var seq: UInt64 = 0
    /// The next line of the stream goes on where the last one was split: it tells nothing by itself.
    private var continuesOutput = false
    private var continuesError = false

    var status: DeploymentStatus { analyzer.status }

    /// - Returns: what is new with this line. With the first one, the beginning is.
    mutating func read(_ line: OutputLine) -> DeploymentChange {
        seq = line.seq
        let isError = line.stream == .stderr
        let isContinuation = isError ? continuesError : continuesOutput
        if isError { continuesError = line.isTruncated } else { continuesOutput = line.isTruncated }
        let beginning = status.phase == .pending ? analyzer.begin() : []
        return isContinuation ? beginning : beginning.union(analyzer.read(line.text, isError: isError))
    }

    /// These lines will never come.
    mutating func skip(_ missing: ClosedRange<UInt64>) {
        seq = missing.upperBound
        continuesOutput = false
        continuesError = false
    }

    mutating func end(_ end: OutputEnd) {
        seq = end.seq
        analyzer.end(exitCode: end.status == .completed ? 0 : end.exitCode, reason: end.failureReason)
    }

    /// Of an end that has been read.
    func summary(of end: OutputEnd) -> String { analyzer.summary(duration: end.duration ?? 0) }
}

extension OutputEnd {
    /// Why the command did not run to its end; nil when it did.
    fileprivate var failureReason: String? {
        switch status {
        case .completed: nil
        case .timeout, .cancelled: status.rawValue
        default: reason ?? (exitCode == 0 ? "the agent reports a failure" : nil)
        }
    }
}

extension DeploymentProgress {
    /// What is in a task's file, read to its end.
    /// - Returns: also the final marker, if it is there.
    /// - Throws: `unavailable` when the disk does not give it.
    static func read(_ task: TaskID, _ reader: TaskOutputReader) throws(StoreError) -> (Self, OutputEnd?) {
        var progress = DeploymentProgress()
        var end: OutputEnd?
        var position = OutputPosition(task: task)
        while true {
            let chunk = try reader.read(&position, maximumBytes: 256 << 10)
            chunk.forEach { item in
                switch item {
                case .line(let line): _ = progress.read(line)
                case .missing(let range): progress.skip(range)
                case .final(let marker):
                    progress.end(marker)
                    end = marker
                }
            }
            if end != nil || chunk.isAtEnd { return (progress, end) }
        }
    }
}
