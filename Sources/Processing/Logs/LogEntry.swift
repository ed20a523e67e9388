package import Model

/// One line as an agent sent it, or several that the joiner made one of; then `\n` separates them.
package struct LogEntry: Sendable, Equatable {
    /// When the agent says that it was written or read.
    package var timestamp: WallTime?
    /// What the agent knows of the level (from the journal); a level in the line itself is preferred.
    package var level: LogLevel?
    /// Program or unit, as far as the agent knows; likewise.
    package var component: [UInt8]
    /// Any bytes whatever.
    package var message: [UInt8]
    /// What the agent knows beside the line; of several lines, of the first.
    package var attributes: [LogAttribute]

    package init(
        message: [UInt8], timestamp: WallTime? = nil, level: LogLevel? = nil, component: [UInt8] = [],
        attributes: [LogAttribute] = []
    ) {
        self.message = message
        self.timestamp = timestamp
        self.level = level
        self.component = component
        self.attributes = attributes
    }
}

/// What an agent says of a line beside its text. Any bytes whatever.
package struct LogAttribute: Sendable, Equatable {
    package var name: [UInt8]
    package var value: [UInt8]

    package init(name: [UInt8], value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// How a line is written.
package enum LogFormat: String, Sendable, CaseIterable {
    case json
    case logfmt
    case syslogRFC3164 = "syslog_rfc3164"
    case syslogRFC5424 = "syslog_rfc5424"
    /// Common log format: web servers without referrer and user agent.
    case accessCommon = "access_common"
    /// nginx's and Apache's `combined`.
    case accessCombined = "access_combined"
    case nginxError = "nginx_error"
    /// Kubernetes and glog: `E0123 15:04:05.000000 ...`.
    case klog
    /// A date, and mostly a level, before the message: log4j, Python, Go and many others.
    case application
    /// The kernel's ring buffer: `[   12.345678] ...`.
    case kernel
    case plain

    /// The only program that writes so; empty where there are many.
    var impliedComponent: StaticString {
        switch self {
        case .kernel: "kernel"
        case .nginxError: "nginx"
        default: ""
        }
    }
}
