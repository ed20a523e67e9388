import JSON
import Model
import Payloads
import Service

extension MetricsHistory {
    /// Only what was asked for, and of that only what there are values of.
    func write(to writer: inout JSONWriter, answering query: MetricsHistoryQuery) {
        let keys = MetricKey.all.filter { query.metrics?.contains($0) ?? true }
        writer.object {
            $0.member("agent_id", query.agent)
            $0.member("resolution_seconds", seconds: resolution)
            $0.member("query_start_timestamp", unixSeconds: query.start)
            $0.member("query_end_timestamp", unixSeconds: query.end)
            $0.member("total_points", points.count)
            $0.member("truncated", isTruncated)
            $0.array("data_points") { for point in points { point.write(keys, to: &$0) } }
        }
    }
}

extension RollUp {
    fileprivate func write(_ keys: [MetricKey], to writer: inout JSONWriter) {
        writer.object {
            $0.member("timestamp", unixSeconds: start)
            $0.object("values") { average.writeMembers(keys, to: &$0) }
            $0.object("min") { minimum.writeMembers(keys, to: &$0) }
            $0.object("max") { maximum.writeMembers(keys, to: &$0) }
        }
    }
}

extension MetricValues {
    fileprivate func writeMembers(_ keys: [MetricKey], to writer: inout JSONWriter) {
        for key in keys {
            guard let value = self[key] else { continue }
            writer.member(key.name, key.countsBytes ? value.rounded() : value)
        }
    }
}

extension LogPattern {
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("template_id", id)
            $0.member("template", template)
            $0.member("level", level.name)
            $0.member("total", total)
            $0.member("recent", recent)
            $0.member("first_seen", firstSeen)
            $0.member("last_seen", lastSeen)
            $0.array("examples", of: examples)
        }
    }
}
