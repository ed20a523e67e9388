import Model
import Testing

@testable import Processing

@Suite("Risk, health and recommendations")
struct RiskTests {
    private func forecast(hours: Double, confidence: Double = 1) -> ExhaustionForecast {
        ExhaustionForecast(
            etaSeconds: hours * 3_600, earliestSeconds: 0, latestSeconds: 0, confidence: confidence, quality: 1)
    }

    @Test("risk is half a day ahead of its end, and grows as the end comes nearer and surer")
    func urgency() {
        func risk(_ forecast: ExhaustionForecast?) -> Double {
            RiskAssessment.risk(of: .memory, usedFraction: 0.5, forecast, isUnusual: false)
        }
        #expect(risk(nil) == 0)
        #expect(risk(forecast(hours: 24)) == 0.5)
        #expect(risk(forecast(hours: 0)) == 1)
        #expect(risk(forecast(hours: 4)) > 0.8 && risk(forecast(hours: 72)) == 0.25)
        #expect(risk(forecast(hours: 4, confidence: 0.5)) < 0.5)
    }

    @Test("what is nearly used up is a risk without any trend, what is unusual a small one")
    func fullness() {
        func risk(_ resource: Resource, _ used: Double, unusual: Bool = false) -> Double {
            RiskAssessment.risk(of: resource, usedFraction: used, nil, isUnusual: unusual)
        }
        #expect(risk(.memory, 0.8) == 0)
        #expect(abs(risk(.disk("/"), 0.9) - 0.25) < 1e-9 && abs(risk(.disk("/"), 1) - 1) < 1e-9)
        #expect(abs(risk(.swap, 1) - 0.5) < 1e-9 && abs(risk(.cpu, 1) - 0.5) < 1e-9)
        #expect(abs(risk(.memory, 0.3, unusual: true) - 0.1) < 1e-9)
        #expect(RiskLevel(0.29) == .low && RiskLevel(0.3) == .medium && RiskLevel(0.7) == .high)
    }

    @Test("times and sizes are told as people say them")
    func texts() {
        #expect(ShortText.duration(0) == "0s" && ShortText.duration(45 * 60) == "45m")
        #expect(ShortText.duration(72 * 3_600) == "72h" && ShortText.duration(1e300) == "years")
        #expect(ShortText.bytes(512) == "512 B" && ShortText.bytes(3.5 * 1_073_741_824) == "3.5 GiB")
        #expect(ShortText.bytes(1e18) == "888 PiB" && ShortText.bytes(.nan) == "0 B")
        #expect(ShortText.bytes(1e300).hasSuffix(" PiB") && ShortText.number(-.infinity).hasPrefix("-1"))
        #expect(ShortText.number(-2.25) == "-2.3" && ShortText.number(7) == "7")
    }

    @Test("health follows connection, freshness, alerts, risk and levels, the worst first")
    func health() {
        func status(_ change: (inout HealthSigns) -> Void) -> HealthStatus {
            var signs = HealthSigns(
                isConnected: true, lastCheckAge: 5_000, memoryUsage: 60, diskUsage: 40, cpuUsage: 10)
            change(&signs)
            return signs.status()
        }
        #expect(status { _ in } == .healthy)
        #expect(status { $0.isConnected = false } == .offline)
        #expect(status { $0.lastCheckAge = nil } == .unknown)
        #expect(status { $0.lastCheckAge = 90_001 } == .unknown)
        #expect(status { $0.cpuUsage = 90 } == .degraded)
        #expect(status { $0.memoryUsage = 90 } == .degraded && status { $0.memoryUsage = 98 } == .critical)
        #expect(status { $0.diskUsage = 91 } == .degraded && status { $0.diskUsage = 99 } == .critical)
        #expect(status { $0.risk = 0.4 } == .degraded && status { $0.risk = 0.8 } == .critical)
        #expect(status { $0.hasWarningAlert = true } == .degraded)
        #expect(status { $0.hasCriticalAlert = true } == .critical)
    }

    @Test("a leak comes with what to do, and names the process that grows, not the biggest")
    func culprit() throws {
        let host = Host()
        host.run(5_400) { time in
            let leaked = 4 * time / 3_600
            var sample = MetricSample.memory(4 + leaked)
            sample.topProcesses = [
                ProcessUsage(pid: 7, name: "postgres", cpuPercent: 10, memoryBytes: 9 * Host.gib),
                ProcessUsage(pid: 31, name: "worker", cpuPercent: 5, memoryBytes: (0.2 + leaked) * Host.gib),
            ]
            return sample
        }
        let found = try #require(host.result.recommendations.first { $0.id == "memory_exhaustion" })
        #expect(found.severity == .critical)
        #expect(found.action.contains("worker (pid 31, ") && !found.action.contains("postgres"))
        #expect(found.because.contains("Memory will be used up in about"))
    }

    @Test("a filling disk is named, in the id too; nothing is left unfilled in a text")
    func disk() throws {
        let host = Host()
        host.run(5_400) { time in .disk(50 + 30 * time / 3_600, path: "/var/log") }
        let ids = host.result.recommendations.map(\.id)
        #expect(ids == ["disk_exhaustion:/var/log", "disk_nearly_full:/var/log"])
        for text in host.result.recommendations.flatMap({ [$0.title, $0.action, $0.because] }) {
            #expect(!text.isEmpty && !text.contains("{"))
        }
        #expect(host.result.recommendations[0].title == "Disk /var/log is filling up")
    }

    @Test("each rule has its own id, and texts with no placeholder but those that are filled")
    func table() {
        let ids = RecommendationRule.table.map(\.id)
        #expect(Set(ids).count == ids.count)
        for rule in RecommendationRule.table {
            let bare = [rule.title, rule.action].joined()
                .replacing("{subject}", with: "").replacing("{culprits}", with: "")
            #expect(!bare.contains("{subject") && !bare.contains("{culprits"))
            #expect(!rule.title.contains("{culprits}"))
        }
    }

    @Test("a healthy host is told nothing")
    func nothing() {
        var random = SeededNoise(1)
        let host = Host()
        host.run(3_600) { _ in
            var sample = MetricSample.memory(6 + 0.05 * random.normal())
            sample.values[.cpuUsage] = 20 + random.normal()
            sample.coreCount = 4
            sample.values[.load1] = 1
            return sample
        }
        #expect(host.result.recommendations.isEmpty && host.result.risk.risk == 0)
    }

    @Test("swap in use, a busy CPU, waiting for disks, load, zombies, heat and a container at its limit have advice")
    func others() {
        let host = Host()
        host.run(1_800) { _ in
            var sample = MetricSample.memory(15)
            sample.values[.swapUsage] = 80
            sample.values[.cpuUsage] = 97
            sample.values[.cpuIOWait] = 40
            sample.values[.load1] = 20
            sample.values[.processesZombie] = 40
            sample.values[.cpuTemperature] = 96
            sample.coreCount = 4
            sample.containers = [
                ContainerUsage(name: "web", cpuPercent: 1, memoryBytes: 95, memoryLimitBytes: 100)
            ]
            return sample
        }
        #expect(
            Set(host.result.recommendations.map(\.id)) == [
                "memory_high", "memory_thrashing", "cpu_saturated", "disk_bound", "load_high", "zombies",
                "temperature_high", "container_memory:web",
            ])
    }
}
