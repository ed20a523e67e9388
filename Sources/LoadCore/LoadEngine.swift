import CLoad
import Glibc

/// The subscribers: worker processes written in C (see CLoad.h). Used by one thread, but for `setGoal`.
///
/// @unchecked Sendable because the loop only calls `setGoal`, which CLoad allows from any thread, while this object
/// lives; everything else is called by the main thread.
final class LoadEngine: @unchecked Sendable {
    /// Owned; freed, with the workers ended, in deinit.
    private let handle: OpaquePointer

    /// Forks: to be called before there is a second thread.
    init(_ plan: LoadPlan, address: SocketAddress, host: String) throws(LoadFailure) {
        // An empty text stands for none.
        let authorization = plan.token.map { "Bearer \($0)" } ?? ""
        let made = host.withCString { host in
            authorization.withCString { authorization in
                var raw = cl_plan(
                    address: address.storage, address_length: address.length, host: host,
                    authorization: plan.token == nil ? nil : authorization, topics: UInt32(plan.topics),
                    listeners: (UInt32(plan.plain), UInt32(plan.slow), UInt32(plan.frozen)),
                    slow_rate: UInt32(plan.slowRate), workers: UInt32(plan.workers), line_size: UInt32(plan.size),
                    churn: UInt32(plan.churn), connect_window: UInt32(plan.connectWindow),
                    waits_retry: plan.waitsRetry, conflates: plan.stream == .metrics && !plan.isPeer)
                return cl_load_new(&raw)
            }
        }
        guard let made else { throw LoadFailure("cannot start the workers: \(String(cString: strerror(errno)))") }
        handle = made
    }

    deinit { cl_load_free(handle) }

    /// Before the phase CL_CREATE.
    func set(_ topics: [LoadTopic]) throws(LoadFailure) {
        for (index, topic) in topics.enumerated() {
            guard cl_load_set_topic(handle, UInt32(index), topic.createRequest, topic.path) else {
                throw LoadFailure("the requests of \(topics.count) topics are too long")
            }
        }
    }

    func enter(_ phase: cl_phase) { cl_load_set_phase(handle, phase) }

    /// - Parameter time: CLOCK_MONOTONIC in nanoseconds.
    func setStorm(at time: UInt64) { cl_load_set_storm(handle, time) }

    /// What has not come by now will not come: the numbers of the last events.
    func finish(last: [UInt64]) {
        for (topic, number) in last.enumerated() { cl_load_set_last(handle, UInt32(topic), number) }
        enter(CL_FINISH)
    }

    var isFinished: Bool { cl_load_finished(handle) }
    var deadWorkers: Int { Int(cl_load_dead_workers(handle)) }

    /// Any thread. See `cl_load_set_goal`.
    func setGoal(eventsEach: UInt64) { cl_load_set_goal(handle, eventsEach) }
    /// Readable when workers have reached the goal.
    var goalDescriptor: Int32 { cl_load_goal_fd(handle) }

    /// Some 250 KB, so it lies on the heap.
    func totals() -> LoadTotals {
        let totals = LoadTotals()
        cl_load_totals(handle, totals.raw)
        return totals
    }
}

/// The sums of all workers at one time.
final class LoadTotals {
    /// Owned; freed in deinit.
    fileprivate let raw: UnsafeMutablePointer<cl_totals>

    init() {
        raw = .allocate(capacity: 1)
        memset(raw, 0, MemoryLayout<cl_totals>.size)
    }

    deinit { raw.deallocate() }

    var values: cl_totals { _read { yield raw.pointee } }

    /// The figures of one role; valid while this object is.
    func role(_ role: SubscriberRole) -> UnsafePointer<cl_role_totals> {
        UnsafeRawPointer(raw).advanced(by: MemoryLayout<cl_totals>.offset(of: \.roles)!)
            .assumingMemoryBound(to: cl_role_totals.self) + role.rawValue
    }

    /// The first thing that went wrong; nil: nothing.
    var failure: String? {
        let text = withUnsafeBytes(of: raw.pointee.failure) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return text.isEmpty ? nil : text
    }
}

/// How a subscriber reads.
package enum SubscriberRole: Int, CaseIterable, Sendable {
    /// What comes, as it comes.
    case plain
    /// So many bytes a second.
    case slow
    /// Never.
    case frozen
}
