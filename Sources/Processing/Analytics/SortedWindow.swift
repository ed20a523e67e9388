/// Where values lie, and how far they spread. Each of the three scales is the standard deviation if they are normal.
struct RobustSpread: Sendable {
    var median: Float
    /// From the median absolute deviation.
    var normal: Float
    /// From the outer quantiles above the median, and below it.
    var above: Float
    var below: Float
}

/// The last 64 values in order of size, for running quantiles.
///
/// Running order statistics over a sliding window; a value is found by binary search and at most 64 floats are moved, so
/// it costs O(log n) comparisons and one short move. (W. Härdle, W. Steiger: "Optimal median smoothing", Applied
/// Statistics 44, 1995, has the same with two heaps; at 64 values the sorted array is faster and gives every quantile.)
struct SortedWindow: Sendable {
    static let capacity = 64

    private var sorted = InlineArray<64, Float>(repeating: 0)
    private var arrivals = InlineArray<64, Float>(repeating: 0)
    private(set) var count = 0
    private var next = 0

    /// Takes in a finite value; the oldest one leaves when there are 64.
    mutating func insert(_ value: Float) {
        var hole = count
        if count == Self.capacity { hole = firstIndex(notBelow: arrivals[next]) } else { count += 1 }
        arrivals[next] = value
        next = (next + 1) % Self.capacity
        while hole > 0, sorted[hole - 1] > value {
            sorted[hole] = sorted[hole - 1]
            hole -= 1
        }
        while hole < count - 1, sorted[hole + 1] < value {
            sorted[hole] = sorted[hole + 1]
            hole += 1
        }
        sorted[hole] = value
    }

    mutating func removeAll() {
        count = 0
        next = 0
    }

    /// Of the values; there must be one. All figures of it in one call, for each call may copy the window.
    var spread: RobustSpread {
        let median = quantile(0.5)
        return RobustSpread(
            median: median, normal: 1.4826 * medianDistance(from: median),
            above: max((quantile(0.9) - median) / 1.2816, (quantile(0.975) - median) / 1.96),
            below: max((median - quantile(0.1)) / 1.2816, (median - quantile(0.025)) / 1.96))
    }

    /// The quantile at `fraction` (0 … 1), interpolated between neighbours (R. Hyndman, Y. Fan: "Sample quantiles in
    /// statistical packages", The American Statistician 50, 1996, type 7). There must be a value.
    func quantile(_ fraction: Float) -> Float {
        let position = fraction * Float(count - 1)
        let below = Int(position)
        let above = min(below + 1, count - 1)
        return sorted[below] + (sorted[above] - sorted[below]) * (position - Float(below))
    }

    /// The median of the distances from `center`, which must be the median: the closest half of the values is found by
    /// walking outwards from it. There must be a value.
    func medianDistance(from center: Float) -> Float {
        var above = firstIndex(notBelow: center)
        var below = above - 1
        var distance: Float = 0
        for _ in 0...count / 2 {
            let down = below >= 0 ? center - sorted[below] : .infinity
            let up = above < count ? sorted[above] - center : .infinity
            guard min(down, up) < .infinity else { break }
            distance = min(down, up)
            if down < up { below -= 1 } else { above += 1 }
        }
        return distance
    }

    private func firstIndex(notBelow value: Float) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
