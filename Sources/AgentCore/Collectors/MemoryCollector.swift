/// Memory and swap, from `/proc/meminfo`.
///
/// As `free` shows them: `used` is total less available (what a new program could get without swapping), `cached`
/// includes reclaimable slab. Kernels older than 3.14 do not say what is available: there, `used` is total less free,
/// buffers and cache. The figures are the host's, also for an agent in a container with a memory limit.
package final class MemoryCollector {
    private let host: HostReadings
    private let file: HostFile

    package init(host: HostReadings) {
        self.host = host
        file = HostFile(host.root.path("/proc/meminfo"))
    }

    /// nil when the file cannot be read or does not even say how much memory there is.
    package func sample() -> MemorySample? {
        guard var contents = file.read(into: host.buffer) else { return nil }
        return MemoryInfo(parsing: &contents).sample
    }
}

/// The lines of `/proc/meminfo` that are of interest, in bytes; nil for those that are missing.
struct MemoryInfo {
    var total: UInt64?
    var free: UInt64?
    var available: UInt64?
    var buffers: UInt64?
    var cached: UInt64?
    var reclaimable: UInt64?
    var swapTotal: UInt64?
    var swapFree: UInt64?

    init(parsing file: inout ByteScanner) {
        while var line = file.nextLine() {
            if line.skip("MemTotal:") {
                total = Self.bytes(&line)
            } else if line.skip("MemFree:") {
                free = Self.bytes(&line)
            } else if line.skip("MemAvailable:") {
                available = Self.bytes(&line)
            } else if line.skip("Buffers:") {
                buffers = Self.bytes(&line)
            } else if line.skip("Cached:") {
                cached = Self.bytes(&line)
            } else if line.skip("SReclaimable:") {
                reclaimable = Self.bytes(&line)
            } else if line.skip("SwapTotal:") {
                swapTotal = Self.bytes(&line)
            } else if line.skip("SwapFree:") {
                swapFree = Self.bytes(&line)
            }
        }
    }

    private static func bytes(_ line: inout ByteScanner) -> UInt64? {
        guard let kibibytes = line.nextUInt() else { return nil }
        let (bytes, tooLarge) = kibibytes.multipliedReportingOverflow(by: 1024)
        return tooLarge ? .max : bytes
    }

    var sample: MemorySample? {
        guard let total, let unused = available ?? unusedByOldReckoning else { return nil }
        let used = growth(from: min(unused, total), to: total)
        var sample = MemorySample(totalBytes: total, usedBytes: used)
        sample.availableBytes = available
        sample.freeBytes = free
        sample.cachedBytes = cached.map { saturatingSum($0, reclaimable ?? 0) }
        sample.buffersBytes = buffers
        sample.usagePercent = percent(Double(used), of: Double(total))
        if let swapTotal, let swapFree {
            let swapUsed = growth(from: min(swapFree, swapTotal), to: swapTotal)
            sample.swapTotalBytes = swapTotal
            sample.swapUsedBytes = swapUsed
            sample.swapFreeBytes = swapFree
            sample.swapUsagePercent = percent(Double(swapUsed), of: Double(swapTotal))
        }
        return sample
    }

    private var unusedByOldReckoning: UInt64? {
        free.map { saturatingSum(saturatingSum($0, buffers ?? 0), cached ?? 0) }
    }
}

private func saturatingSum(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (sum, tooLarge) = a.addingReportingOverflow(b)
    return tooLarge ? .max : sum
}
