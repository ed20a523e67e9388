import Model
import Wire

/// The last metrics of an agent, kept as the frame that brought them.
enum StoredMetrics {
    /// What is known after a new sample. A sample has only the parts that somebody asked for; the others stay as they
    /// were, so that a snapshot and `GET /agents/{id}/metrics` never lose what was known.
    /// - Parameter arena: scratch; must not hold the new sample.
    static func merge(
        _ data: UnsafeMutablePointer<WireStreamData>, frame: UnsafeRawBufferPointer, over old: TimedBlob?,
        at time: WallTime, arena: WireArena
    ) -> TimedBlob {
        guard case .metrics(let new) = data.pointee.payload, let old, !isComplete(new.pointee) else {
            return TimedBlob(time: time, bytes: [UInt8](frame))
        }
        let merged = withMetrics(old, arena: arena) { old in
            new.pointee.fill(from: old.pointee)
            return arena.agentMessage(.streamData(data)).encoded()
        }
        return TimedBlob(time: time, bytes: merged ?? [UInt8](frame))
    }

    private static func isComplete(_ metrics: WireMetrics) -> Bool {
        metrics.cpu != nil && metrics.memory != nil && metrics.n_disks > 0 && metrics.n_network_interfaces > 0
            && metrics.processes != nil && metrics.load != nil
    }

    /// Nil when the bytes are not such a frame: an older version may have written them.
    static func withMetrics<R>(
        _ blob: TimedBlob, arena: WireArena, _ body: (UnsafeMutablePointer<WireMetrics>) -> R
    ) -> R? {
        arena.reset()
        return blob.bytes.withUnsafeBytes { bytes in
            guard let message = try? decodeAgentMessage(bytes, arena: arena).pointee.message,
                case .streamData(let data) = message, case .metrics(let metrics) = data.pointee.payload
            else { return nil }
            return body(metrics)
        }
    }

    static func json(_ blob: TimedBlob, arena: WireArena) -> [UInt8]? {
        withMetrics(blob, arena: arena) { metrics in
            let buffer = WireBuffer()
            buffer.appendJSON(metrics)
            return buffer.bytes
        }
    }
}

extension WireMetrics {
    /// Takes the parts that are missing here. They go on belonging to the arena of `old`.
    fileprivate mutating func fill(from old: WireMetrics) {
        cpu = cpu ?? old.cpu
        memory = memory ?? old.memory
        processes = processes ?? old.processes
        load = load ?? old.load
        if n_disks == 0 { (n_disks, disks) = (old.n_disks, old.disks) }
        if n_network_interfaces == 0 {
            (n_network_interfaces, network_interfaces) = (old.n_network_interfaces, old.network_interfaces)
        }
    }
}
