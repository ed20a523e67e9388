/// The report as a table.
extension LoadReport {
    package var text: String {
        var lines = [title, ""]
        for (name, value) in rows { lines.append(Self.padded(name, 12) + value) }
        lines.append("")
        lines += groupTable
        lines.append("")
        lines += verdict
        return lines.joined(separator: "\n") + "\n"
    }

    private var title: String {
        let pace =
            switch plan.pace {
            case .open(let rate): "\(Figures.grouped(rate)) events/s"
            case .closed(let count): "\(count) in flight"
            }
        let source = plan.isPeer ? "another server" : "\(Figures.count(plan.agents, "agent")), \(plan.stream.rawValue)"
        let subscribers = "\(Figures.count(plan.subscribers, "subscriber")), \(Figures.count(plan.topics, "topic"))"
        return "\(plan.label): \(subscribers), \(source), \(pace) of \(plan.size) bytes"
            + (isInterrupted ? " (interrupted)" : "")
    }

    private var rows: [(String, String)] {
        var rows: [(String, String)] = []
        if created > 0 {
            rows.append(("subscribed", Self.rate(created, createSeconds, createdPerSecond)))
        }
        rows.append(("connected", Self.rate(opened, connectSeconds, openedPerSecond) + ", to the first byte"))
        rows.append(("published", publishedText))
        rows.append(("delivered", deliveredText))
        rows.append(("connections", connectionsText))
        if let storm {
            let away = storm.notBack > 0 ? ", \(storm.notBack) not back" : ""
            rows.append(
                (
                    "storm",
                    "all back after \(Figures.text(storm.allBack, decimals: 2)) s, caught up after "
                        + "\(Figures.text(storm.caughtUp, decimals: 2)) s\(away)"
                ))
        }
        if let probes {
            let failed = probes.failures > 0 ? ", \(probes.failures) failed" : ""
            rows.append(
                ("healthz", "\(probes.answers) answers\(failed), the slowest \(Figures.milliseconds(probes.slowest))"))
        }
        rows += hostRows
        rows += serverRows
        rows.append(("load CPU", Self.time(loadCPUSeconds, loadWaitedSeconds)))
        return rows
    }

    private static func rate(_ count: UInt64, _ seconds: Double, _ perSecond: Double) -> String {
        "\(Figures.grouped(Int(count))) in \(Figures.text(seconds, decimals: 2)) s, "
            + "\(Figures.text(perSecond, decimals: 0))/s"
    }

    private static func time(_ used: Double, _ waited: Double) -> String {
        "\(Figures.text(used, decimals: 3)) s, waited \(Figures.text(waited, decimals: 3)) s for a CPU"
    }

    private var publishedText: String {
        let rounds = rounds > 0 ? " in \(Figures.grouped(rounds)) rounds" : ""
        let late = publishedLate > 0 ? ", \(Figures.grouped(publishedLate)) more than 5 ms late" : ""
        let asked = asked > published ? " of \(Figures.grouped(asked)) that were due" : ""
        let seconds = Figures.text(publishSeconds, decimals: 2)
        return "\(Figures.grouped(published)) events\(asked) in \(seconds) s\(rounds)\(late)"
    }

    private var deliveredText: String {
        let perRead = reads > 0 ? Double(delivered) / Double(reads) : 0
        return "\(Figures.grouped(Int(delivered))), \(Figures.text(deliveriesPerSecond, decimals: 0))/s; "
            + "\(Figures.text(bytesPerEvent, decimals: 1)) bytes each on the wire, "
            + "\(Figures.text(perRead, decimals: 1)) in a read"
    }

    private var connectionsText: String {
        "\(Figures.grouped(established)) established, \(Figures.grouped(Int(reconnects))) came back, "
            + "\(Figures.grouped(Int(closedByServer))) closed by the server, \(Figures.grouped(Int(failures))) failures; "
            + "\(Figures.grouped(Int(gaps))) gaps" + (gapsUnknown > 0 ? " (\(gapsUnknown) of unknown size)" : "")
    }

    private var serverRows: [(String, String)] {
        guard let server else { return [("server", "not on this host: CPU and memory are not known")] }
        let times = [("before", server.before), ("open", server.open), ("after", server.after), ("left", server.left)]
        let memory = times.map { "\($0) \(Figures.mebibytes($1.rss))" }
        let kernel = times.map { Figures.mebibytes($1.kernelTCP) }
        return [
            (
                "server CPU",
                Self.time(server.cpuSeconds, server.waitedSeconds) + ", "
                    + "\(Figures.text(server.microsecondsPerDelivery, decimals: 3)) µs a delivery, "
                    + "\(Figures.text(server.deliveriesPerCPUSecond, decimals: 0)) deliveries per CPU second"
            ),
            (
                "server RSS",
                "\(memory.joined(separator: ", ")), highest \(Figures.mebibytes(server.highestRSS)); "
                    + "\(Figures.text(server.bytesPerSubscriber, decimals: 0)) bytes (PSS) a subscriber"
            ),
            ("kernel TCP", "\(kernel.joined(separator: ", ")) (this host's, at the same times)"),
        ]
    }

    // MARK: - Groups

    private var groupTable: [String] {
        let heads = [
            "subscribers", "", "delivered", "lost", "missed", "repeated", "reordered", "damaged", "behind", "p50 ms",
            "p90", "p99", "p99.9", "max",
        ]
        var table = [heads]
        for group in groups {
            table.append(row(group, "\(group.role)", group.live, all: true))
            if group.late.count > 0 { table.append(row(group, "  after reconnect", group.late, all: false)) }
        }
        let widths = heads.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        return table.map { row in
            row.indices.map { column in
                column == 0 ? Self.padded(row[0], widths[0]) : Self.padded(row[column], -widths[column])
            }.joined(separator: "  ")
        }
    }

    private func row(_ group: Group, _ name: String, _ latency: Latency, all: Bool) -> [String] {
        let counts = [
            UInt64(group.subscribers), group.delivered, group.lost, group.missed, group.repeated, group.reordered,
            group.damaged, group.behind,
        ].map { all ? Figures.grouped(Int($0)) : "" }
        let times = [latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map {
            latency.count == 0 ? "–" : Figures.text(Double($0) / 1e6, decimals: 2)
        }
        return [name] + counts + times
    }

    /// To the left; to the right where the width is negative.
    private static func padded(_ text: String, _ width: Int) -> String {
        let spaces = String(repeating: " ", count: max(0, abs(width) - text.count))
        return width < 0 ? spaces + text : text + spaces
    }

    private var verdict: [String] {
        problems.isEmpty
            ? ["Nothing was lost, repeated, reordered or damaged."] : problems.map { "FAILED: \($0)" }
    }
}
