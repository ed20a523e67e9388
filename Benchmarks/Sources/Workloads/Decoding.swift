import Wire

extension Workload {
    /// From the bytes of a frame to a message in the arena.
    static let decoding = [
        Kind(name: "decode-metrics", unit: "frame", unitsPerRun: 1, countedRuns: 100) {
            decode(Samples.metricsFrame())
        },
        Kind(name: "look-at-metrics", unit: "frame", unitsPerRun: 1, countedRuns: 100) {
            let frame = Samples.metricsFrame()
            return Workload { frame.withUnsafeBytes { bytes in keep(WireSample(bytes)) } }
        },
        Kind(name: "decode-100-lines", unit: "line", unitsPerRun: 100, countedRuns: 10) {
            decode(Samples.linesFrame(count: 100))
        },
    ]

    private static func decode(_ frame: [UInt8]) -> Workload {
        let arena = WireArena()
        return Workload {
            frame.withUnsafeBytes { bytes in keep(required { try decodeAgentMessage(bytes, arena: arena) }) }
            arena.reset()
        }
    }
}
