import Model

/// The bytes of an output file. All numbers are little endian.
///
///     segment:  "SLTO"  version u32 (1)  first seq u64  record*
///     record:   text length u32  CRC-32C u32  seq u64  time i64  kind u8  flags u8  0 u16  text
///
/// The checksum covers what follows it. `time` is milliseconds since 1970. A file ends where a record is incomplete or
/// its checksum wrong: that is what the end of the process in the middle of a write leaves behind.
enum OutputFormat {
    static let segmentHeaderSize = 16
    static let recordHeaderSize = 28
    /// A line is at most 64 KiB by protocol; anything larger in a file is damage.
    static let maximumTextLength = 1 << 17

    enum Kind: UInt8 {
        case standardOutput = 0, standardError = 1
        /// Text: see `OutputEnd`.
        case final = 2
        /// Text: first missing seq u64; `seq` is the last.
        case gap = 3
    }

    static let truncatedFlag: UInt8 = 1

    static func segmentHeader(firstSeq: UInt64) -> [UInt8] {
        var bytes = Array("SLTO".utf8)
        bytes.appendLittleEndian(UInt32(1))
        bytes.appendLittleEndian(firstSeq)
        return bytes
    }

    static func isSegmentHeader(_ bytes: UnsafeRawBufferPointer, firstSeq: UInt64) -> Bool {
        bytes.count >= segmentHeaderSize
            && bytes.prefix(segmentHeaderSize).elementsEqual(segmentHeader(firstSeq: firstSeq))
    }

    static func append(
        to bytes: inout [UInt8], seq: UInt64, time: WallTime, kind: Kind, flags: UInt8, text: UnsafeRawBufferPointer
    ) {
        let start = bytes.count
        bytes.appendLittleEndian(UInt32(text.count))
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendLittleEndian(seq)
        bytes.appendLittleEndian(time.millisecondsSince1970)
        bytes.append(kind.rawValue)
        bytes.append(flags)
        bytes.appendLittleEndian(UInt16(0))
        bytes.append(contentsOf: text)
        bytes.withUnsafeMutableBytes { all in
            let checksum = Checksum.crc32c(UnsafeRawBufferPointer(rebasing: all[(start + 8)...]))
            all.storeBytes(of: checksum.littleEndian, toByteOffset: start + 4, as: UInt32.self)
        }
    }
}

/// One record in somebody else's memory; valid as long as that is.
struct RecordView {
    let bytes: UnsafeRawBufferPointer

    /// The record at the beginning of `bytes`; nil when it is not complete, or damaged.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= OutputFormat.recordHeaderSize else { return nil }
        let length = Int(bytes.littleEndian(UInt32.self, at: 0))
        let size = OutputFormat.recordHeaderSize + length
        guard length <= OutputFormat.maximumTextLength, size <= bytes.count,
            OutputFormat.Kind(rawValue: bytes[24]) != nil
        else { return nil }
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes[..<size])
    }

    var size: Int { bytes.count }
    var checksum: UInt32 { bytes.littleEndian(UInt32.self, at: 4) }
    var seq: UInt64 { bytes.littleEndian(UInt64.self, at: 8) }
    var time: WallTime { WallTime(millisecondsSince1970: bytes.littleEndian(Int64.self, at: 16)) }
    var kind: OutputFormat.Kind { OutputFormat.Kind(rawValue: bytes[24])! }  // checked by init
    var flags: UInt8 { bytes[25] }
    var text: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[OutputFormat.recordHeaderSize...]) }

    var isIntact: Bool { Checksum.crc32c(UnsafeRawBufferPointer(rebasing: bytes[8...])) == checksum }
}

extension [UInt8] {
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}

extension UnsafeRawBufferPointer {
    func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
        Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}
