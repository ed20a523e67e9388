package import Model

/// Numbers that a host has at one moment.
package protocol AlertSample {
    /// Nil when the host does not give it. Never NaN.
    func value(of metric: String) -> Double?
    /// Who has to do with it, for an alert that begins. Asked only then.
    func culprits(of metric: String) -> [AlertCulprit]
}

/// Something that happened on a host, or in the gateway about it.
package protocol AlertEvent {
    /// Nil when it has no such field.
    func field(_ name: String) -> String?
    /// Whether a field has a value, or one of its values, that fits.
    func matches(_ name: String, _ pattern: TextPattern) -> Bool
}

extension AlertEvent {
    package func matches(_ name: String, _ pattern: TextPattern) -> Bool { field(name).map(pattern.matches) ?? false }
}

/// What has become of an alert.
package struct AlertChange: Sendable, Equatable {
    package enum Kind: Sendable { case fired, updated, resolved, acknowledged }
    package var kind: Kind
    package var alert: Alert

    package init(kind: Kind, alert: Alert) {
        self.kind = kind
        self.alert = alert
    }

    /// Whether people are told: live, and by webhook. Silenced alerts and new values of old ones are not news.
    package var isNews: Bool { kind != .updated && alert.silence == nil }
}

/// Counts since the start, and what is held now.
package struct AlertCounters: Sendable, Equatable {
    package var fired: UInt64 = 0
    package var resolved: UInt64 = 0
    /// Observations that would have begun an alert beyond `AlertEngine.maximumInstances`.
    package var refused: UInt64 = 0
    package var evaluations: UInt64 = 0
}
