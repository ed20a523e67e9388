package import Logging
package import Model
import Synchronization

/// Delivers alerts to webhooks. Any thread may call; nothing here waits for a network but `close`.
///
/// At least once: an attempt whose answer got lost is repeated, with the same delivery id. What must survive the process
/// is the caller's to keep: `keep` is told of it, `restore` takes it back.
package final class WebhookDispatcher: Sendable {
    private let workers: [WebhookWorker]
    private let droppedUnknown = Mutex<UInt64>(0)
    private let keep: @Sendable ([WebhookChange]) -> Void

    /// URLs that are given twice count once.
    /// - Parameter keep: called on any thread with what changes in what waits, in order for each URL; must not block,
    ///   nor call this dispatcher.
    package init(
        _ settings: WebhookSettings, log: Logger, keep: @escaping @Sendable ([WebhookChange]) -> Void = { _ in }
    ) {
        self.keep = keep
        var known: Set<WebhookURL> = []
        workers = settings.urls.filter { known.insert($0).inserted }
            .map { WebhookWorker($0, settings, log, keep: keep) }
    }

    /// Takes alerts that began (`firing`) or ended (`resolved`); pending ones are left out, silenced ones are the
    /// caller's to leave out. The alerts of one rule that come within a second or so leave in one notification, and an
    /// alert that ends before its beginning has left is told once, as ended. After `close` they only wait.
    package func submit(_ alerts: [Alert]) {
        let news = alerts.filter { $0.state != .pending }
        guard !news.isEmpty else { return }
        for worker in workers { worker.submit(news) }
    }

    package var counters: WebhookCounters {
        var sum = workers.reduce(WebhookCounters()) { $0 + $1.counters }
        sum.droppedUnknown += droppedUnknown.withLock { $0 }
        return sum
    }

    /// What is not delivered yet, in order for each URL; what is under way may arrive none the less.
    package var pending: [WebhookNotification] { workers.flatMap(\.pending) }

    /// Takes back what was `pending` in an earlier process. Those for URLs that are not configured any more are dropped
    /// and counted; those that are here already are left alone.
    package func restore(_ notifications: [WebhookNotification]) {
        let byURL = Dictionary(grouping: notifications, by: \.url)
        for worker in workers { if let own = byURL[worker.url.text] { worker.restore(own) } }
        let known = Set(workers.map(\.url.text))
        let unknown = notifications.filter { !known.contains($0.url) }
        guard !unknown.isEmpty else { return }
        droppedUnknown.withLock { $0 += UInt64(unknown.count) }
        keep(unknown.map { .removed($0.id) })
    }

    /// Tries once more what waits and is not put off after a failure, then nothing any more. Returns when that is done,
    /// and at the latest a second or so after `limit`; what is left is in `pending`.
    package func close(within limit: Milliseconds) async {
        await withDiscardingTaskGroup { group in
            for worker in workers { group.addTask { await worker.close(within: limit) } }
        }
    }
}
