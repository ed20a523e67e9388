import Wire

/// A sample with a part of every kind, and with fields left out.
func sampleMetrics(in arena: WireArena) -> UnsafeMutablePointer<WireMetrics> {
    arena.make { metrics in
        wireSet(&metrics.has_timestamp, &metrics.timestamp, 1_732_365_000)
        metrics.cpu = arena.make { cpu in
            wireSet(&cpu.has_usage_percent, &cpu.usage_percent, 12.5)
            cpu.core_usage = arena.copyScalars([10.25, 14.75])
            cpu.n_core_usage = 2
        }
        metrics.memory = arena.make { memory in
            wireSet(&memory.has_total_bytes, &memory.total_bytes, 16_000_000_000)
            wireSet(&memory.has_usage_percent, &memory.usage_percent, 48)
        }
        metrics.disks = arena.makeList(count: 1) { _, disk in
            wireSet(&disk.has_device, &disk.device, arena.copyBytes("/dev/sda1"))
            wireSet(&disk.has_usage_percent, &disk.usage_percent, 41.666_66)
        }
        metrics.n_disks = 1
        metrics.load = arena.make { load in
            wireSet(&load.has_load1, &load.load1, 0.5)
        }
    }
}

/// The JSON of a message, as text.
func json<M: WireMessage>(
    _ message: UnsafeMutablePointer<M>, filter: JSONFilter? = nil, style: cw_json_style = CW_JSON_PLAIN
) -> String {
    let buffer = WireBuffer()
    buffer.appendJSON(message, filter: filter, style: style)
    return String(decoding: buffer.bytes, as: UTF8.self)
}

func decodeAgentMessage(_ frame: [UInt8], arena: WireArena) throws -> UnsafePointer<WireAgentMessage> {
    try frame.withUnsafeBytes { try decodeAgentMessage($0, arena: arena) }
}

func decodeServerMessage(_ frame: [UInt8], arena: WireArena) throws -> UnsafePointer<WireServerMessage> {
    try frame.withUnsafeBytes { try decodeServerMessage($0, arena: arena) }
}

// MARK: - Encoding by hand

/// A protobuf varint.
func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest > 0x7F {
        bytes.append(UInt8(rest & 0x7F) | 0x80)
        rest >>= 7
    }
    return bytes + [UInt8(rest)]
}

/// A field of wire type 2.
func field(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(content.count)) + content
}
