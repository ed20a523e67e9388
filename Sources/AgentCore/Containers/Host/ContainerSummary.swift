import JSON

/// One container of the engine's list, `GET /containers/json`, and what it takes.
struct ContainerSummary: Equatable {
    var id: String
    var name: String
    var image: String
    /// As the engine calls it: `running`, `exited`.
    var state: String
    /// A few words more: `Up 2 hours (healthy)`.
    var status: String
    /// `starting`, `healthy`, `unhealthy`; nil where nobody checks it.
    var health: String?
    /// Seconds since 1970.
    var createdAt: Int64?
    /// `0.0.0.0:8080->80/tcp`
    var ports: [String]
    var cpuPercent: Double?
    var memoryBytes: UInt64?
    var memoryLimitBytes: UInt64?

    /// Of a text, and of the list of ports: so a list of the most containers there may be fits a frame.
    private static let maximumText = 128
    private static let maximumPorts = 8

    init?(_ item: JSONValue) {
        guard let id = item["Id"]?.string, !id.isEmpty else { return nil }
        self.id = Self.short(id)
        name = Self.short((item["Names"]?[0]?.string ?? "").withoutSlash)
        image = Self.short(item["Image"]?.string ?? "")
        state = Self.short(item["State"]?.string ?? "")
        status = Self.short(item["Status"]?.string ?? "")
        health = Self.health(item, status: status)
        createdAt = item["Created"]?.int
        ports = (item["Ports"]?.array ?? []).prefix(Self.maximumPorts).compactMap(Self.port)
    }

    private static func short(_ text: String) -> String {
        text.utf8.count <= maximumText ? text : String(text.prefix(maximumText / 4))
    }

    private static func health(_ item: JSONValue, status: String) -> String? {
        let named = item["Health"]?["Status"]?.string
        if let named, !named.isEmpty, named != "none" { return short(named) }
        if status.hasSuffix("(healthy)") { return "healthy" }
        if status.hasSuffix("(unhealthy)") { return "unhealthy" }
        return status.hasSuffix("(health: starting)") ? "starting" : nil
    }

    private static func port(_ item: JSONValue) -> String? {
        guard let inner = item["PrivatePort"]?.int else { return nil }
        let end = "\(inner)/\(short(item["Type"]?.string ?? "tcp"))"
        guard let outer = item["PublicPort"]?.int, outer > 0 else { return end }
        let address = item["IP"]?.string.map { $0.contains(":") ? "[\(short($0))]:" : "\(short($0)):" } ?? ""
        return "\(address)\(outer)->\(end)"
    }
}
