import JSON

/// The report for programs. Times are in seconds or milliseconds, as their names say; sizes in bytes.
extension LoadReport {
    package var json: [UInt8] {
        JSONWriter.render { json in
            json.object { json in
                writePlan(&json)
                writeConnections(&json)
                writeEvents(&json)
                json.array("groups") { json in for group in groups { write(group, to: &json) } }
                writeServer(&json)
                writeStorm(&json)
                writeHosts(to: &json)
                json.member("interrupted", isInterrupted)
                json.member("ok", problems.isEmpty)
                json.array("problems") { json in for problem in problems { json.value(problem) } }
            }
        }
    }

    private func writePlan(_ json: inout JSONWriter) {
        json.member("label", plan.label)
        json.member("stream_type", plan.isPeer ? "peer" : plan.stream.rawValue)
        json.member("subscribers", plan.subscribers)
        json.member("agents", plan.agents)
        json.member("topics", plan.topics)
        var rate: Int?
        var inFlight: Int?
        switch plan.pace {
        case .open(let value): rate = value
        case .closed(let value): inFlight = value
        }
        json.member("rate", rate)
        json.member("in_flight", inFlight)
        json.member("size", plan.size)
        json.member("duration_seconds", Double(plan.duration) / 1_000)
        json.member("slow", plan.slow)
        json.member("frozen", plan.frozen)
        json.member("churn", plan.churn)
        json.member("workers", plan.workers)
    }

    private func writeConnections(_ json: inout JSONWriter) {
        json.member("created", created)
        json.member("create_seconds", createSeconds, decimals: 6)
        json.member("creates_per_second", createdPerSecond)
        json.member("established", established)
        json.member("connect_seconds", connectSeconds, decimals: 6)
        json.member("connects_per_second", openedPerSecond)
        json.member("failures", failures)
        json.member("closed_by_server", closedByServer)
        json.member("reconnects", reconnects)
    }

    private func writeEvents(_ json: inout JSONWriter) {
        json.member("asked", asked)
        json.member("published", published)
        json.member("published_late", publishedLate)
        json.member("publish_seconds", publishSeconds, decimals: 6)
        json.member("rounds", rounds)
        json.member("refused", refused)
        json.member("delivered", delivered)
        json.member("delivery_seconds", deliverySeconds, decimals: 6)
        json.member("deliveries_per_second", deliveriesPerSecond)
        json.member("bytes", bytes)
        json.member("bytes_per_event", bytesPerEvent)
        json.member("reads", reads)
        json.member("gaps", gaps)
        json.member("gaps_unknown", gapsUnknown)
        json.member("other_events", others)
    }

    private func write(_ group: Group, to json: inout JSONWriter) {
        json.object { json in
            json.member("role", "\(group.role)")
            json.member("subscribers", group.subscribers)
            json.member("delivered", group.delivered)
            json.member("lost", group.lost)
            json.member("missed", group.missed)
            json.member("repeated", group.repeated)
            json.member("reordered", group.reordered)
            json.member("damaged", group.damaged)
            json.member("behind", group.behind)
            write(group.live, named: "latency_ms", to: &json)
            write(group.late, named: "late_latency_ms", to: &json)
        }
    }

    func write(_ latency: Latency, named name: String, to json: inout JSONWriter) {
        guard latency.count > 0 else { return json.member(name, nil as Double?) }
        json.object(name) { json in
            json.member("count", latency.count)
            let values = [
                ("p50", latency.p50), ("p90", latency.p90), ("p99", latency.p99), ("p99_9", latency.p999),
                ("max", latency.max),
            ]
            for (name, value) in values { json.member(name, Double(value) / 1e6) }
        }
    }

    private func writeServer(_ json: inout JSONWriter) {
        json.member("load_cpu_seconds", loadCPUSeconds, decimals: 6)
        json.member("load_waited_seconds", loadWaitedSeconds, decimals: 6)
        guard let server else { return json.member("server", nil as Double?) }
        json.object("server") { json in
            json.member("cpu_seconds", server.cpuSeconds, decimals: 6)
            json.member("waited_seconds", server.waitedSeconds, decimals: 6)
            json.member("microseconds_per_delivery", server.microsecondsPerDelivery, decimals: 6)
            json.member("deliveries_per_cpu_second", server.deliveriesPerCPUSecond)
            json.member("highest_rss_bytes", server.highestRSS)
            json.member("bytes_per_subscriber", server.bytesPerSubscriber)
            let times = [
                ("before", server.before), ("open", server.open), ("after", server.after), ("left", server.left),
            ]
            for (name, memory) in times {
                json.object(name) { json in
                    json.member("rss_bytes", memory.rss)
                    json.member("pss_bytes", memory.pss)
                    json.member("kernel_tcp_bytes", memory.kernelTCP)
                }
            }
            json.array("rss_samples") { json in
                for sample in server.samples {
                    json.array { json in
                        json.value(sample.seconds, decimals: 3)
                        json.value(sample.rss)
                    }
                }
            }
        }
    }

    private func writeStorm(_ json: inout JSONWriter) {
        if let storm {
            json.object("storm") { json in
                json.member("all_back_seconds", storm.allBack, decimals: 6)
                json.member("caught_up_seconds", storm.caughtUp, decimals: 6)
                json.member("not_back", storm.notBack)
            }
        }
        if let probes {
            json.object("healthz") { json in
                json.member("answers", probes.answers)
                json.member("failures", probes.failures)
                json.member("slowest_ms", Double(probes.slowest) / 1e6)
            }
        }
    }
}
