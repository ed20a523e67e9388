#include "internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

enum { P256_BYTES = 32, P256_SIGNATURE_BYTES = 2 * P256_BYTES, P256_DER_BYTES = 80, ED25519_BYTES = 32 };
/// An exponent is small; whoever gives a long one wants verification to take long.
enum { RSA_EXPONENT_BYTES = 8 };

typedef enum { KIND_RSA, KIND_P256, KIND_ED25519 } key_kind;

struct sr_public_key {
    key_kind kind;
    EVP_PKEY *key; ///< owned
};

/// Takes over `key`, which may be NULL. What OpenSSL left on this thread's list of errors goes: a later call that asks
/// the list (SSL_get_error) must not find it.
static sr_public_key *_Nullable finish(key_kind kind, EVP_PKEY *_Nullable key) {
    ERR_clear_error();
    if (!key)
        return NULL;
    sr_public_key *made = sr_allocate(sizeof *made);
    *made = (sr_public_key){.kind = kind, .key = key};
    return made;
}

/// NULL when the parameters make no valid public key. Frees the builder.
static EVP_PKEY *_Nullable make(const char *type, OSSL_PARAM_BLD *builder) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!parameters || !context)
        abort(); // no memory
    if (EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    OSSL_PARAM_free(parameters);
    EVP_PKEY_CTX_free(context);
    if (!key)
        return NULL;
    EVP_PKEY_CTX *check = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool is_valid = check && EVP_PKEY_public_check(check) == 1;
    EVP_PKEY_CTX_free(check);
    if (is_valid)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

static OSSL_PARAM_BLD *new_builder(void) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (!builder)
        abort(); // no memory
    return builder;
}

sr_public_key *sr_public_key_rsa(const uint8_t *modulus, size_t modulus_count, const uint8_t *exponent,
                                 size_t exponent_count) {
    if (modulus_count > SR_RSA_MAXIMUM_BITS / 8 || exponent_count > RSA_EXPONENT_BYTES)
        return NULL;
    BIGNUM *n = BN_bin2bn(modulus, (int)modulus_count, NULL), *e = BN_bin2bn(exponent, (int)exponent_count, NULL);
    if (!n || !e)
        abort(); // no memory
    EVP_PKEY *key = NULL;
    if (BN_num_bits(n) >= SR_RSA_MINIMUM_BITS) {
        OSSL_PARAM_BLD *builder = new_builder();
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
        key = make("RSA", builder);
    }
    BN_free(n);
    BN_free(e);
    return finish(KIND_RSA, key);
}

sr_public_key *sr_public_key_p256(const uint8_t *x, const uint8_t *y) {
    uint8_t point[1 + 2 * P256_BYTES] = {POINT_CONVERSION_UNCOMPRESSED};
    memcpy(point + 1, x, P256_BYTES);
    memcpy(point + 1 + P256_BYTES, y, P256_BYTES);
    OSSL_PARAM_BLD *builder = new_builder();
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point);
    return finish(KIND_P256, make("EC", builder));
}

sr_public_key *sr_public_key_ed25519(const uint8_t *bytes) {
    return finish(KIND_ED25519, EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, ED25519_BYTES));
}

void sr_public_key_free(sr_public_key *key) {
    EVP_PKEY_free(key->key);
    free(key);
}

/// The two numbers of an ECDSA signature as OpenSSL wants them: a DER sequence. Returns its length, 0 when there is
/// none.
static size_t write_der(const uint8_t *signature, uint8_t der[P256_DER_BYTES]) {
    ECDSA_SIG *numbers = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, P256_BYTES, NULL), *s = BN_bin2bn(signature + P256_BYTES, P256_BYTES, NULL);
    if (!numbers || !r || !s || ECDSA_SIG_set0(numbers, r, s) != 1) // which owns both from now on
        abort();                                                    // no memory
    int count = i2d_ECDSA_SIG(numbers, NULL);
    if (count > 0 && count <= P256_DER_BYTES)
        i2d_ECDSA_SIG(numbers, &der);
    else
        count = 0;
    ECDSA_SIG_free(numbers);
    return (size_t)count;
}

static bool verify(const sr_public_key *key, const uint8_t *message, size_t count, const uint8_t *signature,
                   size_t signature_count) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context)
        abort();                                                            // no memory
    const EVP_MD *digest = key->kind == KIND_ED25519 ? NULL : EVP_sha256(); // Ed25519 brings its own
    bool is_good = EVP_DigestVerifyInit(context, NULL, digest, NULL, key->key) == 1 &&
                   EVP_DigestVerify(context, signature, signature_count, message, count) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return is_good;
}

bool sr_public_key_verifies(const sr_public_key *key, const uint8_t *message, size_t count, const uint8_t *signature,
                            size_t signature_count) {
    if (key->kind != KIND_P256)
        return verify(key, message, count, signature, signature_count);
    uint8_t der[P256_DER_BYTES];
    size_t der_count = signature_count == P256_SIGNATURE_BYTES ? write_der(signature, der) : 0;
    return der_count > 0 && verify(key, message, count, der, der_count);
}
