import Reactor

/// Looks up what the host is made of, on a thread of its own: the list of packages alone can be megabytes to read.
/// Loop's thread only.
final class SystemInfoService {
    /// Requests that wait; another one is dropped, its asker asks again.
    static let maximumWaiting = 8

    private let loop: EventLoop
    private let answer: (SystemInfoOrder, SystemInfo) -> Void
    private var waiting: [SystemInfoOrder] = []
    private var isBusy = false

    init(loop: EventLoop, answer: @escaping (SystemInfoOrder, SystemInfo) -> Void) {
        self.loop = loop
        self.answer = answer
    }

    func request(_ order: SystemInfoOrder) {
        guard waiting.count < Self.maximumWaiting else { return }
        waiting.append(order)
        next()
    }

    private func next() {
        guard !isBusy, !waiting.isEmpty else { return }
        isBusy = true
        let order = waiting.removeFirst()
        offLoop(loop) {
            SystemInfoCollector().collect(
                hardware: order.includeHardware, software: order.includeSoftware, network: order.includeNetwork)
        } report: { [self] info in
            isBusy = false
            answer(order, info)
            next()
        }
    }
}
