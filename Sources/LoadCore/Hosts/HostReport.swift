import JSON

/// What a report says of hosts and of the store.
extension HostFigures {
    /// Every line is acknowledged and every needle found.
    var isSettled: Bool { sent == due && acknowledged == sent && searchTimes.count == UInt64(needles.count) }
}

extension LoadReport {
    var hostProblems: [(UInt64, String)] {
        guard let hosts else { return [] }
        var problems = [
            (hosts.due - min(hosts.due, hosts.sent), "log lines were due and could not be sent"),
            (hosts.sent - min(hosts.sent, hosts.acknowledged), "log lines were not acknowledged"),
            (hosts.forgotten, "acknowledged log lines were asked for again"),
            (UInt64(hosts.unfounded), "acknowledgements were of lines that were never sent"),
        ]
        guard let store else {
            return problems + (plan.logAgents > 0 ? [(1, "check of the store did not end")] : [])
        }
        problems += [
            (store.lost, "log lines are not in the store"),
            (store.repeated, "log lines are in the store twice"),
            (UInt64(store.needlesMissing), "needles were not found"),
            (UInt64(store.needlesRepeated), "needles were found more than once"),
            (UInt64(store.needlesWrong), "needles were found in a line that has another word"),
            (UInt64(store.unanswered), "questions to the store had no answer"),
        ]
        return problems
    }

    // MARK: - As text

    var hostRows: [(String, String)] {
        guard let hosts else { return [] }
        var rows: [(String, String)] = []
        if plan.metricAgents > 0 {
            let counts =
                "\(Figures.grouped(hosts.metricSamples)) samples, \(Figures.grouped(hosts.healthSamples)) health checks"
            rows.append(("hosts", "\(Figures.count(plan.metricAgents, "agent")), \(counts)"))
        }
        guard plan.logAgents > 0 else { return rows }
        let again = hosts.resent > 0 ? ", \(Figures.grouped(Int(hosts.resent))) sent again" : ""
        let stored = store.map { ", \(Figures.grouped(Int($0.stored))) stored" } ?? ""
        rows.append(
            (
                "log lines",
                "\(Figures.grouped(Int(hosts.sent))) sent by \(Figures.count(plan.logAgents, "agent")), "
                    + "\(Figures.grouped(Int(hosts.acknowledged))) acknowledged\(again)\(stored)"
            ))
        rows.append(("acknowledged", "after " + Self.times(hosts.acknowledgeTimes)))
        rows.append(("searchable", "after " + Self.times(hosts.searchTimes)))
        return rows
    }

    private static func times(_ latency: Latency) -> String {
        guard latency.count > 0 else { return "–" }
        let values = [("p50", latency.p50), ("p90", latency.p90), ("p99", latency.p99), ("max", latency.max)]
        return values.map { "\($0) \(Figures.milliseconds($1))" }.joined(separator: ", ")
            + " (\(Figures.grouped(Int(latency.count))))"
    }

    // MARK: - As JSON

    func writeHosts(to json: inout JSONWriter) {
        guard let hosts else { return }
        json.object("hosts") { json in
            json.member("metric_agents", plan.metricAgents)
            json.member("metric_samples", hosts.metricSamples)
            json.member("health_samples", hosts.healthSamples)
            json.member("connections", hosts.welcomes)
        }
        guard plan.logAgents > 0 else { return }
        json.object("logs") { json in
            json.member("run", plan.runID)
            json.member("agents", plan.logAgents)
            json.member("rate", plan.logRate)
            json.member("line_bytes", plan.logLineBytes)
            json.member("due", hosts.due)
            json.member("sent", hosts.sent)
            json.member("acknowledged", hosts.acknowledged)
            json.member("resent", hosts.resent)
            json.member("forgotten", hosts.forgotten)
            write(hosts.acknowledgeTimes, named: "ack_latency_ms", to: &json)
            json.member("needles", hosts.needles.count)
            write(hosts.searchTimes, named: "searchable_ms", to: &json)
            write(store, to: &json)
        }
    }

    /// Null where the store could not be asked.
    private func write(_ store: StoreFindings?, to json: inout JSONWriter) {
        json.member("stored", store.map { $0.stored })
        json.member("lost", store.map { $0.lost })
        json.member("repeated", store.map { $0.repeated })
        json.member("needles_found", store.map { $0.needlesFound })
        json.member("needles_missing", store.map { $0.needlesMissing })
        json.member("needles_repeated", store.map { $0.needlesRepeated })
        json.member("needles_wrong", store.map { $0.needlesWrong })
    }
}
