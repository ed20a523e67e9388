#include "internal.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

void sr_random(uint8_t *bytes, size_t count) {
    // Tokens and ids that could be guessed are worse than no process.
    if (RAND_bytes(bytes, (int)count) != 1)
        abort();
}

void sr_sha256(const uint8_t *bytes, size_t count, uint8_t *digest) {
    if (EVP_Digest(bytes, count, digest, NULL, EVP_sha256(), NULL) != 1)
        abort();
}

void sr_hmac_sha256(const uint8_t *key, size_t key_count, const uint8_t *bytes, size_t count, uint8_t *digest) {
    if (key_count > INT_MAX || !HMAC(EVP_sha256(), key, (int)key_count, bytes, count, digest, NULL))
        abort();
}

bool sr_equal_constant_time(const uint8_t *a, const uint8_t *b, size_t count) {
    return CRYPTO_memcmp(a, b, count) == 0;
}
