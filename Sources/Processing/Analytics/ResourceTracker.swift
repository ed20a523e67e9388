/// The past of what can be used up on one host: memory, swap and each mount.
///
/// Each is seen at two scales: an hour, for fast leaks (a quarter of an hour at least is needed), and two days, for slow
/// ones.
struct ResourceTracker: Sendable {
    /// The fullest ones are followed; more are counted only.
    static let mostMounts = 16
    /// Seconds after which a mount that is no more seen gives up its place.
    private static let forgetAfter: Double = 600

    /// One resource's place on both boards: its index.
    private struct Place: Sendable {
        var resource: Resource
        var swing = Swing()
        var capacity: Capacity
        var seenAt: Double
    }

    private var places: [Place] = []
    private var recent = FittedBoard(pointWidth: 150, capacity: 24)
    private var long = FittedBoard(pointWidth: 3_600, capacity: 48)
    /// Values of mounts that found no place.
    private(set) var droppedMountValues = 0

    /// What the arrays hold on the heap.
    var byteCount: Int {
        recent.byteCount + long.byteCount + places.capacity * MemoryLayout<Place>.stride
    }

    /// - Parameters:
    ///   - time: seconds of the monotonic clock.
    ///   - elapsed: seconds since the last call.
    mutating func observe(
        memory: Capacity?, swap: Capacity?, mounts: [MountUsage], at time: Double, elapsed: Double
    ) {
        if let memory { observe(.memory, memory, at: time) }
        if let swap { observe(.swap, swap, at: time) }
        for mount in Self.fullest(mounts) {
            observe(.disk(mount.path), mount.capacity, at: time)
        }
        if mounts.count > Self.mostMounts { droppedMountValues += mounts.count - Self.mostMounts }
        _ = long.advance(to: time, elapsed: elapsed)
        guard recent.advance(to: time, elapsed: elapsed) else { return }
        for index in places.indices {
            if let level = recent.board.latest(index) { places[index].swing.observe(level, at: time) }
        }
    }

    /// Calls `body` with each resource seen at `time`, how much of it is used, and when it will be used up.
    func forEach(at time: Double, _ body: (Resource, Capacity, ExhaustionForecast?) -> Void) {
        for (index, place) in places.enumerated() where place.seenAt == time {
            body(place.resource, place.capacity, forecast(index, at: time))
        }
    }

    /// Of the two scales, the one that sees the end first.
    private func forecast(_ index: Int, at time: Double) -> ExhaustionForecast? {
        let place = places[index]
        let forecasts = [recent.line(index), long.line(index)].lazy.compactMap { line in
            line.flatMap {
                ExhaustionForecast.predict(
                    used: place.capacity.usedBytes, capacity: place.capacity.totalBytes, along: $0,
                    swing: place.swing, at: time)
            }
        }
        return forecasts.min { $0.etaSeconds < $1.etaSeconds }
    }

    private mutating func observe(_ resource: Resource, _ capacity: Capacity, at time: Double) {
        guard capacity.fraction != nil, let index = place(of: resource, capacity, at: time) else { return }
        places[index].capacity = capacity
        places[index].seenAt = time
        recent.add(capacity.usedBytes, to: index)
        long.add(capacity.usedBytes, to: index)
    }

    private mutating func place(of resource: Resource, _ capacity: Capacity, at time: Double) -> Int? {
        if let index = places.firstIndex(where: { $0.resource == resource }) { return index }
        let new = Place(resource: resource, capacity: capacity, seenAt: time)
        if let index = places.firstIndex(where: { time - $0.seenAt > Self.forgetAfter }) {
            places[index] = new
            recent.clear(index)
            long.clear(index)
            return index
        }
        guard places.count < Self.mostMounts + 2 else {
            droppedMountValues += 1
            return nil
        }
        places.append(new)
        recent.addSeries()
        long.addSeries()
        return places.count - 1
    }

    private static func fullest(_ mounts: [MountUsage]) -> ArraySlice<MountUsage> {
        guard mounts.count > mostMounts else { return mounts[...] }
        return mounts.sorted { ($0.capacity.fraction ?? 0) > ($1.capacity.fraction ?? 0) }.prefix(mostMounts)
    }
}
