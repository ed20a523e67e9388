import JSON
import Model
import Payloads

extension AnalyticsResult {
    /// The members of `enriched`.
    /// - Parameter trends: those that the reader wants.
    func writeEnriched(_ trends: [MetricTrend], to writer: inout JSONWriter) {
        writer.object("baseline") { for each in baseline { each.write(to: &$0) } }
        writer.array("anomalies") { for each in anomalies { each.write(to: &$0) } }
        writer.object("trends") { trends.write(to: &$0) }
        writer.array("predicted_issues") { for each in predictedIssues { each.write(to: &$0) } }
        writer.array("top_processes") { for each in topProcesses { each.write(to: &$0) } }
        writer.object("risk") { risk.writeMembers(to: &$0) }
    }
}

extension RiskAssessment {
    fileprivate func writeMembers(to writer: inout JSONWriter) {
        writer.member("risk", risk)
        writer.member("risk_level", level.rawValue)
        writer.member("estimated_capacity_remaining", estimatedCapacityRemaining)
        writer.member("limiting_resource", limitingResource?.name)
    }
}

extension MetricBaselineSummary {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object(metric.name) {
            $0.member("expected", expected)
            $0.member("low", usual.lowerBound)
            $0.member("high", usual.upperBound)
        }
    }
}

extension Anomaly {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("metric", metric.name)
            $0.member("value", value)
            $0.member("expected", expected)
            $0.member("score", score)
        }
    }
}

extension [MetricTrend] {
    /// A member for each.
    func write(to writer: inout JSONWriter) {
        for trend in self {
            writer.object(trend.metric.name) {
                $0.member("direction", trend.direction.rawValue)
                $0.member("slope_per_hour", trend.slopePerHour)
                $0.member("window_seconds", trend.windowSeconds)
                $0.member("confidence", trend.confidence)
            }
        }
    }
}

extension PredictedIssue {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("resource", resource.name)
            $0.member("risk", risk)
            $0.member("eta_seconds", ShortText.whole(forecast.etaSeconds))
            $0.member("confidence", forecast.confidence)
            $0.member("message", message)
        }
    }
}

extension ProcessUsage {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("pid", pid)
            $0.member("name", name)
            $0.member("cpu_percent", cpuPercent)
            $0.member("memory_bytes", ShortText.whole(memoryBytes))
        }
    }
}

extension Recommendation {
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("id", id)
            $0.member("severity", severity.rawValue)
            $0.member("title", title)
            $0.member("action", action)
            $0.member("because", because)
        }
    }
}
