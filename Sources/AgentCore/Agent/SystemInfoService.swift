import Glibc
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
        let work = Work(order: order) { [self] info in
            isBusy = false
            answer(order, info)
            next()
        }
        work.start(reportingTo: loop)
    }
}

/// One look, on its way to the thread and back.
///
/// @unchecked Sendable because `report` is called on the loop only, where it was made.
private final class Work: @unchecked Sendable {
    private let order: SystemInfoOrder
    private let report: (SystemInfo) -> Void
    private var loop: EventLoop?

    init(order: SystemInfoOrder, report: @escaping (SystemInfo) -> Void) {
        self.order = order
        self.report = report
    }

    func start(reportingTo loop: EventLoop) {
        self.loop = loop
        // The thread owns this reference.
        let context = Unmanaged.passRetained(self)
        var thread = pthread_t()
        if pthread_create(&thread, nil, runWork, context.toOpaque()) == 0 {
            pthread_detach(thread)
        } else {
            context.takeRetainedValue().run()
        }
    }

    func run() {
        let info = SystemInfoCollector().collect(
            hardware: order.includeHardware, software: order.includeSoftware, network: order.includeNetwork)
        loop?.execute { self.report(info) }
    }
}

private func runWork(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().run()
    return nil
}
