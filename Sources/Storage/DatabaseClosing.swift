import Dispatch
import GRDB

extension DatabasePool {
    private static let closing = DispatchQueue(label: "sluice.store.closing", qos: .default, attributes: .concurrent)

    /// Waits for the readers that are still running, on a thread of its own: `close` blocks until they have ended, and they
    /// need the threads that async functions run on to do so. On a host with few cores two stores that close at once would
    /// wait for ever.
    func closeWhenRead() async {
        await withCheckedContinuation { continuation in
            Self.closing.async {
                do {
                    try self.close()
                } catch {
                    // A reader that is still running keeps its connection; the end of the process closes it, without harm.
                }
                continuation.resume()
            }
        }
    }
}
