/// A batch on its way, and who waits for it.
struct LogRequest: Sendable {
    let batch: LogBatch
    let byteCount: Int
    /// Nil for fire and forget. Called once, on the writer's queue.
    let completion: LogStore.Completion?

    init(_ batch: LogBatch, _ completion: LogStore.Completion?) {
        self.batch = batch
        byteCount = batch.byteCount
        self.completion = completion
    }
}

/// Batches in front of the writer, bounded in bytes.
struct LogQueue {
    private var waiting: [LogRequest] = []
    /// Of the waiting, and of those being written.
    private(set) var byteCount = 0
    private(set) var lineCount = 0

    let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    /// False when it has no room.
    mutating func add(_ request: LogRequest) -> Bool {
        guard byteCount + request.byteCount <= capacity else { return false }
        waiting.append(request)
        byteCount += request.byteCount
        lineCount += request.batch.lines.count
        return true
    }

    /// The first of them, until there are so many lines; they go on counting until `done`.
    mutating func take(lines: Int) -> [LogRequest] {
        var taken = 0
        var count = 0
        while count < waiting.count, count == 0 || taken < lines {
            taken += waiting[count].batch.lines.count
            count += 1
        }
        defer { waiting.removeFirst(count) }
        lineCount -= taken
        return Array(waiting.prefix(count))
    }

    /// To the head: they were taken, and not written.
    mutating func putBack(_ requests: ArraySlice<LogRequest>) {
        waiting.insert(contentsOf: requests, at: 0)
        lineCount += requests.reduce(0) { $0 + $1.batch.lines.count }
    }

    /// One that was taken is written or refused.
    mutating func done(_ request: LogRequest) { byteCount -= request.byteCount }

    mutating func takeAll() -> [LogRequest] {
        defer { self = LogQueue(capacity: capacity) }
        return waiting
    }
}
