import Wire

/// Something that happened on the host: an item of the stream `system_events`.
struct HostEvent: Equatable {
    enum Kind: String {
        case unitFailed = "unit_failed"
        case oomKill = "oom_kill"
        case kernelError = "kernel_error"
        case reboot
        case agentRestarted = "agent_restarted"
        case clockJump = "clock_jump"
        case diskFilling = "disk_filling"
        case packageChanged = "package_changed"
        case login
        case loginFailed = "login_failed"
        case containerDied = "container_died"
        case containerUnhealthy = "container_unhealthy"
    }

    enum Severity {
        case info, warning, critical

        var wire: WireSeverity {
            switch self {
            case .info: .info
            case .warning: .warning
            case .critical: .critical
            }
        }
    }

    var kind: Kind
    var severity: Severity
    /// The process, container, device or account that it is about.
    var unit: String?
    /// A sentence for a person.
    var message: String
    var attributes: [(name: String, value: String)] = []
    /// Seconds since 1970.
    var timestamp = Double(unixNanoseconds() / 1_000_000) / 1000

    static func == (a: HostEvent, b: HostEvent) -> Bool {
        a.kind == b.kind && a.severity == b.severity && a.unit == b.unit && a.message == b.message
            && a.attributes.elementsEqual(b.attributes, by: ==)
    }
}

extension HostEvent {
    func fill(_ event: inout WireSystemEvent, in arena: WireArena) {
        wireSet(&event.has_timestamp, &event.timestamp, timestamp)
        event.kind = arena.copy(kind.rawValue)
        wireSet(&event.has_severity, &event.severity, severity.wire)
        wireSet(&event.has_unit, &event.unit, unit.map { arena.copyBytes($0) })
        wireSet(&event.has_message, &event.message, arena.copyBytes(message))
        event.n_attributes = attributes.count
        event.attributes = arena.makeList(count: attributes.count) { index, attribute in
            wireSet(&attribute.has_name, &attribute.name, arena.copyBytes(attributes[index].name))
            wireSet(&attribute.has_value, &attribute.value, arena.copyBytes(attributes[index].value))
        }
    }

    /// The payload of a frame, encoded.
    static func payload(_ events: [HostEvent]) -> [UInt8] {
        let arena = WireArena()
        let data: UnsafeMutablePointer<WireStreamData> = arena.make { data in
            data.payload = .systemEvents(
                arena.make { batch in
                    batch.n_events = events.count
                    batch.events = arena.makeList(count: events.count) { events[$0].fill(&$1, in: arena) }
                })
        }
        return data.encoded()
    }
}
