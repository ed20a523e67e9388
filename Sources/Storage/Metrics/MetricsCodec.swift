import Model

/// The stored form of samples and of roll-ups. Metrics go by their place in `order`, which only grows; values are
/// whole numbers of bytes, or hundredths of anything else. Samples are differences from the one before, as are the
/// parts of a roll-up from its minimum: what hardly changes takes a byte.
enum MetricsCodec {
    /// The place of a metric in stored rows. Forward only: never changed, only added to.
    private static let order: [MetricKey] = [
        .cpuUsage, .cpuUser, .cpuSystem, .cpuIdle, .cpuIOWait, .cpuTemperature, .memoryUsage, .memoryTotal,
        .memoryUsed, .memoryAvailable, .swapUsage, .load1, .load5, .load15, .diskUsage, .diskRead, .diskWrite,
        .networkSent, .networkReceived, .processesTotal, .processesRunning, .processesSleeping, .processesZombie,
    ]

    private static let scales: [Double] = order.map { $0.countsBytes ? 1 : 100 }

    // MARK: Samples

    struct Sample: Equatable {
        var time: WallTime
        var values: MetricValues
    }

    /// In the order given; best by time.
    static func encode(_ samples: [Sample]) -> [UInt8] {
        var writer = VarintWriter()
        var time: Int64 = 0
        var present: UInt64 = 0
        var known = [Int64](repeating: 0, count: order.count)
        for sample in samples {
            writer.write(signed: sample.time.millisecondsSince1970 - time)
            time = sample.time.millisecondsSince1970
            let mask = mask { sample.values[$0] != nil }
            writer.write(mask ^ present)
            present = mask
            for index in order.indices where mask >> UInt64(index) & 1 == 1 {
                let value = stored(sample.values[order[index]] ?? 0, index)
                writer.write(signed: value - known[index])
                known[index] = value
            }
        }
        return writer.bytes
    }

    static func samples(_ bytes: [UInt8]) throws -> [Sample] {
        var reader = VarintReader(bytes)
        var samples: [Sample] = []
        var time: Int64 = 0
        var present: UInt64 = 0
        var known = [Int64](repeating: 0, count: order.count)
        while !reader.isAtEnd {
            time &+= try reader.readSigned()
            present ^= try reader.read()
            var values = MetricValues()
            for index in order.indices where present >> UInt64(index) & 1 == 1 {
                known[index] &+= try reader.readSigned()
                values[order[index]] = Double(known[index]) / scales[index]
            }
            samples.append(Sample(time: WallTime(millisecondsSince1970: time), values: values))
        }
        return samples
    }

    // MARK: Roll-ups

    static func encode(_ row: RollUp) -> [UInt8] {
        var writer = VarintWriter()
        let mask = mask { row.count($0) > 0 }
        writer.write(mask)
        for index in order.indices where mask >> UInt64(index) & 1 == 1 {
            let metric = order[index]
            let minimum = stored(row.minimum[metric] ?? 0, index), last = stored(row.last[metric] ?? 0, index)
            let average = stored(row.average[metric] ?? 0, index), maximum = stored(row.maximum[metric] ?? 0, index)
            let isConstant = minimum == maximum
            writer.write(UInt64(row.count(metric)) << 1 | (isConstant ? 1 : 0))
            writer.write(signed: minimum)
            if isConstant { continue }
            for value in [average, maximum, last] { writer.write(signed: value - minimum) }
        }
        return writer.bytes
    }

    static func rollUp(_ bytes: [UInt8], start: WallTime, duration: Milliseconds) throws -> RollUp {
        var reader = VarintReader(bytes)
        var row = RollUp(start: start, duration: duration)
        let mask = try reader.read()
        for index in order.indices where mask >> UInt64(index) & 1 == 1 {
            let head = try reader.read()
            let minimum = try reader.readSigned()
            var parts = [minimum, minimum, minimum]
            if head & 1 == 0 { for part in parts.indices { parts[part] &+= try reader.readSigned() } }
            let scale = scales[index]
            row.include(
                order[index], count: UInt32(clamping: head >> 1), average: Double(parts[0]) / scale,
                minimum: Double(minimum) / scale, maximum: Double(parts[1]) / scale, last: Double(parts[2]) / scale)
        }
        return row
    }

    private static func mask(_ isPresent: (MetricKey) -> Bool) -> UInt64 {
        order.indices.reduce(0) { isPresent(order[$1]) ? $0 | 1 << UInt64($1) : $0 }
    }

    /// Values are within ±1e18 by what `MetricValues` takes, so that this does not overflow.
    private static func stored(_ value: Double, _ index: Int) -> Int64 {
        Int64(clamping: (value * scales[index]).rounded())
    }
}

extension Int64 {
    fileprivate init(clamping value: Double) { self = Int64(exactly: Swift.min(Swift.max(value, -9e18), 9e18)) ?? 0 }
}
