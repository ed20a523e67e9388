/// One reason for a stream to run.
package enum LeaseKind: String, CaseIterable, Hashable, Sendable {
    /// An open SSE connection.
    case listener
    /// `POST /admin/streams/server`, and server-destination types that are configured on.
    case server
    /// A listener of a stream that is made from this one.
    case derived
    /// Kept running for history.
    case recording
    /// A task that is running.
    case task
}

package struct LeaseID: Hashable, Sendable {
    package var kind: LeaseKind
    /// Subscription id, server stream id, task id, or the name of the configuration.
    package var name: String
    package init(kind: LeaseKind, name: String) {
        self.kind = kind
        self.name = name
    }
}
