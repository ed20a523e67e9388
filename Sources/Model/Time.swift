/// Nanoseconds of the monotonic clock: for deadlines and intervals; never shown to anybody, never stored.
package struct MonotonicTime: Hashable, Comparable, Sendable {
    package var nanoseconds: UInt64
    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
    package static func + (time: Self, milliseconds: Milliseconds) -> Self {
        Self(nanoseconds: time.nanoseconds &+ UInt64(max(0, milliseconds)) &* 1_000_000)
    }
    /// 0 when `earlier` is in fact later.
    package func milliseconds(since earlier: Self) -> Milliseconds {
        nanoseconds > earlier.nanoseconds ? Milliseconds((nanoseconds - earlier.nanoseconds) / 1_000_000) : 0
    }
}

/// A length of time in whole milliseconds, the resolution of everything that can be configured.
package typealias Milliseconds = Int

/// Milliseconds since 1970, UTC: for everything that is shown or stored.
package struct WallTime: Hashable, Comparable, Sendable {
    package var millisecondsSince1970: Int64
    package init(millisecondsSince1970: Int64) { self.millisecondsSince1970 = millisecondsSince1970 }

    package static func < (a: Self, b: Self) -> Bool { a.millisecondsSince1970 < b.millisecondsSince1970 }
    package static func + (time: Self, milliseconds: Milliseconds) -> Self {
        Self(millisecondsSince1970: time.millisecondsSince1970 + Int64(milliseconds))
    }
}

/// Both clocks, read together and passed down, so that the state machines have no clock of their own.
package struct Now: Sendable {
    package var monotonic: MonotonicTime
    package var wall: WallTime
    package init(monotonic: MonotonicTime, wall: WallTime) {
        self.monotonic = monotonic
        self.wall = wall
    }
}
