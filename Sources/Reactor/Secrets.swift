import CReactor

/// Randomness, digests and their text. Any thread.
package enum Secrets {
    /// Bytes that nobody can guess.
    package static func randomBytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress { sr_random(base, count) }
            initialized = count
        }
    }

    /// The 32 bytes of SHA-256.
    package static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let input = Array(bytes)
        return [UInt8](unsafeUninitializedCapacity: 32) { digest, initialized in
            sr_sha256(input, input.count, digest.baseAddress!)
            initialized = 32
        }
    }

    /// The 32 bytes of HMAC-SHA-256 (RFC 2104).
    package static func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { digest, initialized in
            sr_hmac_sha256(key, key.count, message, message.count, digest.baseAddress!)
            initialized = 32
        }
    }

    /// Compares without telling by its time where the difference is; different lengths are seen at once.
    package static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && sr_equal_constant_time(a, b, a.count)
    }

    /// Two lower-case digits a byte.
    package static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0xf)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
