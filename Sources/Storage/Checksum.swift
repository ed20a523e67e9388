/// CRC-32C (Castagnoli), eight bytes at a time.
enum Checksum {
    static func crc32c(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var crc = ~UInt32(0)
            var offset = 0
            while bytes.count - offset >= 8 {
                let word = bytes.littleEndian(UInt64.self, at: offset) ^ UInt64(crc)
                crc = 0
                for byte in 0..<8 {
                    crc ^= tables[(7 - byte) &* 256 &+ Int((word >> (8 &* UInt64(byte))) & 0xFF)]
                }
                offset += 8
            }
            while offset < bytes.count {
                crc = (crc >> 8) ^ tables[Int((crc ^ UInt32(bytes[offset])) & 0xFF)]
                offset += 1
            }
            return ~crc
        }
    }

    /// `tables[256 * n + b]`: the effect of byte `b` followed by `n` zero bytes.
    private static let tables: [UInt32] = {
        var tables = (0..<256).map { index in
            (0..<8).reduce(UInt32(index)) { crc, _ in (crc >> 1) ^ (crc & 1 == 0 ? 0 : 0x82F6_3B78) }
        }
        for index in 256..<2_048 {
            let previous = tables[index - 256]
            tables.append((previous >> 8) ^ tables[Int(previous & 0xFF)])
        }
        return tables
    }()
}
