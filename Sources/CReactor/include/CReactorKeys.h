// Part of CReactor.h: signatures of others, whose public keys are known here. Include CReactor.h, not this.
#ifndef CREACTOR_KEYS_H
#define CREACTOR_KEYS_H

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

// MARK: - Public keys (public_key.c). Any thread; a key never changes, so threads may share one.

/// A public key together with the one way of signing that it is good for. Owned by whoever made it, until
/// sr_public_key_free.
typedef struct sr_public_key sr_public_key;

/// Bits of an RSA modulus that is taken: below it is weak, above it each signature would cost too much.
enum { SR_RSA_MINIMUM_BITS = 2048, SR_RSA_MAXIMUM_BITS = 8192 };

/// For RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017). Both numbers are big-endian. NULL when OpenSSL finds that they are no
/// key, or the modulus has too few or too many bits.
sr_public_key *_Nullable sr_public_key_rsa(const uint8_t *modulus, size_t modulus_count, const uint8_t *exponent,
                                           size_t exponent_count);
/// For ECDSA over P-256 with SHA-256 (FIPS 186-4). 32 bytes each, big-endian; NULL when the point is not on the curve.
sr_public_key *_Nullable sr_public_key_p256(const uint8_t *x, const uint8_t *y);
/// For Ed25519 (RFC 8032). 32 bytes; NULL when OpenSSL does not take them.
sr_public_key *_Nullable sr_public_key_ed25519(const uint8_t *bytes);
void sr_public_key_free(sr_public_key *key);

/// Whether the key's other half signed these bytes. The signature is as JSON Web Algorithms have it (RFC 7518, 8037):
/// RSA as long as the modulus, P-256 and Ed25519 64 bytes. Takes 0.02 to 0.3 ms of the processor and never waits.
bool sr_public_key_verifies(const sr_public_key *key, const uint8_t *message, size_t count, const uint8_t *signature,
                            size_t signature_count);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
