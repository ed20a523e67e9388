import CReactor

/// A key that tells whether its other half signed something, in the one way of signing that it is good for. Any thread.
///
/// @unchecked Sendable because the C key never changes once it is made, and C lets threads share one.
package final class PublicKey: @unchecked Sendable {
    /// Owned by this object, which frees it.
    private let handle: OpaquePointer

    private init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { sr_public_key_free(handle) }

    /// Bits of an RSA modulus that is taken.
    package static let rsaBits = SR_RSA_MINIMUM_BITS...SR_RSA_MAXIMUM_BITS

    /// For RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017). Both numbers are big-endian. Nil when they are no key, or have not
    /// `rsaBits`.
    package static func rsa(modulus: [UInt8], exponent: [UInt8]) -> PublicKey? {
        sr_public_key_rsa(modulus, modulus.count, exponent, exponent.count).map(PublicKey.init)
    }

    /// For ECDSA over P-256 with SHA-256. Nil unless both have 32 bytes and the point is on the curve.
    package static func p256(x: [UInt8], y: [UInt8]) -> PublicKey? {
        guard x.count == 32, y.count == 32 else { return nil }
        return sr_public_key_p256(x, y).map(PublicKey.init)
    }

    /// For Ed25519 (RFC 8032). Nil unless there are 32 bytes.
    package static func ed25519(_ bytes: [UInt8]) -> PublicKey? {
        guard bytes.count == 32 else { return nil }
        return sr_public_key_ed25519(bytes).map(PublicKey.init)
    }

    /// Whether these bytes were signed with the other half. The signature is raw, as RFC 7518 and RFC 8037 have it.
    /// Costs 0.02 to 0.3 ms of the processor, and does not wait.
    package func verifies(_ message: [UInt8], signature: [UInt8]) -> Bool {
        sr_public_key_verifies(handle, message, message.count, signature, signature.count)
    }
}
