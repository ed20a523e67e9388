import CAudience

extension Workload {
    /// From rendered events to the sockets of a thousand clients.
    static let fanout = [
        Kind(name: "fanout-one-at-a-time", unit: "delivery", unitsPerRun: audience, countedRuns: 10) {
            publish(together: 1)
        },
        Kind(name: "fanout-64-together", unit: "delivery", unitsPerRun: audience * 64, countedRuns: 3) {
            publish(together: 64)
        },
    ]

    private static let audience = 1_000

    private static func publish(together events: Int) -> Workload {
        let clients = Audience(count: audience)
        return Workload {
            ca_audience_publish(clients.handle, events)
        } rest: {
            ca_audience_read(clients.handle)
        }
    }

    private final class Audience {
        /// Freed in deinit.
        let handle: OpaquePointer

        init(count: Int) { handle = ca_audience_new(count) }

        deinit { ca_audience_free(handle) }
    }
}
