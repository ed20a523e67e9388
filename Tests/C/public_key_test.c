// What the Swift tests of WebTokens cannot see: memory, and what OpenSSL leaves behind on the thread.
#include "check.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "CReactor.h"

static const uint8_t message[] = "header.payload";
enum { MESSAGE_BYTES = sizeof message - 1 };

/// Signs the message. Returns the length; for ECDSA it is DER.
static size_t sign(EVP_PKEY *key, uint8_t signature[1024]) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t count = 1024;
    const EVP_MD *digest = EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
    CHECK(EVP_DigestSignInit(context, NULL, digest, NULL, key) == 1);
    CHECK(EVP_DigestSign(context, signature, &count, message, MESSAGE_BYTES) == 1);
    EVP_MD_CTX_free(context);
    return count;
}

static size_t number(EVP_PKEY *key, const char *name, uint8_t *bytes, int size) {
    BIGNUM *value = NULL;
    CHECK(EVP_PKEY_get_bn_param(key, name, &value) == 1);
    int count = size > 0 ? size : BN_num_bytes(value);
    CHECK(BN_bn2binpad(value, bytes, count) == count);
    BN_free(value);
    return (size_t)count;
}

static sr_public_key *rsa_key(EVP_PKEY *key) {
    uint8_t modulus[1024], exponent[8];
    size_t modulus_count = number(key, OSSL_PKEY_PARAM_RSA_N, modulus, 0);
    return sr_public_key_rsa(modulus, modulus_count, exponent, number(key, OSSL_PKEY_PARAM_RSA_E, exponent, 0));
}

/// The two numbers of the DER signature, 32 bytes each.
static void take_apart(const uint8_t *der, size_t count, uint8_t raw[64]) {
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)count);
    CHECK(signature != NULL);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32) == 32);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32) == 32);
    ECDSA_SIG_free(signature);
}

/// Each byte changed and each shorter length is no signature, and the thread's list of errors stays empty.
static void only_this_one(sr_public_key *key, uint8_t *signature, size_t count) {
    CHECK(sr_public_key_verifies(key, message, MESSAGE_BYTES, signature, count));
    for (size_t i = 0; i < count; i++) {
        signature[i] ^= 0x10;
        CHECK(!sr_public_key_verifies(key, message, MESSAGE_BYTES, signature, count));
        signature[i] ^= 0x10;
    }
    for (size_t length = 0; length < count; length++)
        CHECK(!sr_public_key_verifies(key, message, MESSAGE_BYTES, signature, length));
    CHECK(!sr_public_key_verifies(key, message, MESSAGE_BYTES - 1, signature, count));
    CHECK(!sr_public_key_verifies(key, message, 0, signature, count));
    CHECK(ERR_peek_error() == 0);
}

TEST(rsa_takes_its_own_signatures_only) {
    EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    uint8_t signature[1024];
    size_t count = sign(pair, signature);
    sr_public_key *key = rsa_key(pair);
    CHECK(key != NULL);
    only_this_one(key, signature, count);
    sr_public_key_free(key);
    EVP_PKEY_free(pair);
}

TEST(rsa_below_2048_bits_is_no_key) {
    EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2047);
    CHECK(rsa_key(pair) == NULL);
    CHECK(ERR_peek_error() == 0);
    EVP_PKEY_free(pair);
}

TEST(p256_takes_its_own_signatures_only) {
    EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    uint8_t der[1024], signature[64], x[32], y[32];
    take_apart(der, sign(pair, der), signature);
    number(pair, OSSL_PKEY_PARAM_EC_PUB_X, x, 32);
    number(pair, OSSL_PKEY_PARAM_EC_PUB_Y, y, 32);
    sr_public_key *key = sr_public_key_p256(x, y);
    CHECK(key != NULL);
    only_this_one(key, signature, sizeof signature);
    sr_public_key_free(key);
    y[31] ^= 1;
    CHECK(sr_public_key_p256(x, y) == NULL);
    CHECK(ERR_peek_error() == 0);
    EVP_PKEY_free(pair);
}

TEST(ed25519_takes_its_own_signatures_only) {
    EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    uint8_t signature[1024], bytes[32];
    size_t size = sizeof bytes;
    CHECK(EVP_PKEY_get_raw_public_key(pair, bytes, &size) == 1);
    size_t count = sign(pair, signature);
    CHECK_EQUAL(count, 64);
    sr_public_key *key = sr_public_key_ed25519(bytes);
    CHECK(key != NULL);
    only_this_one(key, signature, count);
    sr_public_key_free(key);
    EVP_PKEY_free(pair);
}

TEST(nonsense_is_no_rsa_key) {
    uint8_t modulus[1024], exponent[] = {1, 0, 1};
    memset(modulus, 0xff, sizeof modulus);
    CHECK(sr_public_key_rsa(modulus, 0, exponent, sizeof exponent) == NULL);
    CHECK(sr_public_key_rsa(modulus, 256, exponent, 0) == NULL);
    modulus[255] = 0xfe;
    CHECK(sr_public_key_rsa(modulus, 256, exponent, sizeof exponent) == NULL);
    CHECK(sr_public_key_rsa(modulus, sizeof modulus + 1, exponent, sizeof exponent) == NULL);
    CHECK(sr_public_key_rsa(modulus, 256, modulus, 9) == NULL);
    CHECK(ERR_peek_error() == 0);
}
