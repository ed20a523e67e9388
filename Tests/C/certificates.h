// Certificates for tests of TLS: authorities, and PEM files in a directory of the test's own.
#ifndef CERTIFICATES_H
#define CERTIFICATES_H

#include "check.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

/// Signs itself.
typedef struct authority {
    EVP_PKEY *key;
    X509 *certificate;
} authority;

/// The path of a file in the test's directory, which goes when the test ends; one of sixteen buffers.
static inline const char *test_file(const char *name);

static char test_directory[32];

static inline void remove_test_directory(void) {
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", test_directory);
    CHECK_EQUAL(system(command), 0);
}

static inline const char *test_file(const char *name) {
    static char paths[16][128];
    static unsigned next = 0;
    if (test_directory[0] == 0) {
        strcpy(test_directory, "/tmp/sluice-test-XXXXXX");
        CHECK(mkdtemp(test_directory) != NULL);
        atexit(remove_test_directory);
    }
    char *path = paths[next++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", test_directory, name);
    return path;
}

static inline void write_text(const char *name, const char *text) {
    FILE *file = fopen(test_file(name), "w");
    CHECK(file != NULL);
    fputs(text, file);
    fclose(file);
}

static inline void add_extension(X509 *certificate, int kind, const char *text) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, text);
    CHECK(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

/// Valid from `from` to `until` seconds from now.
static inline X509 *new_certificate(EVP_PKEY *key, const char *name, X509 *issuer, long from, long until) {
    static long serial = 0;
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from);
    X509_gmtime_adj(X509_getm_notAfter(certificate), until);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : subject);
    X509_set_pubkey(certificate, key);
    return certificate;
}

static inline void write_certificate(const char *name, X509 *certificate) {
    FILE *file = fopen(test_file(name), "w");
    CHECK(file != NULL && PEM_write_X509(file, certificate) == 1);
    fclose(file);
}

static inline void write_key(const char *name, EVP_PKEY *key, const char *passphrase) {
    FILE *file = fopen(test_file(name), "w");
    CHECK(file != NULL);
    const EVP_CIPHER *cipher = passphrase ? EVP_aes_128_cbc() : NULL;
    CHECK_EQUAL(
        PEM_write_PKCS8PrivateKey(file, key, cipher, passphrase, passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
        1);
    fclose(file);
}

/// Writes its certificate to the file.
static inline authority new_authority(const char *file) {
    authority made = {.key = EVP_EC_gen("P-256")};
    made.certificate = new_certificate(made.key, file, NULL, -3600, 3600);
    add_extension(made.certificate, NID_basic_constraints, "critical,CA:TRUE");
    CHECK(X509_sign(made.certificate, made.key, EVP_sha256()) > 0);
    write_certificate(file, made.certificate);
    return made;
}

static inline void free_authority(authority *authority) {
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
}

/// Writes NAME.pem and NAME.key. `names`: whom it is for, such as "DNS:localhost,IP:127.0.0.1".
static inline void issue_within(const authority *authority, const char *name, const char *names, long from,
                                long until) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = new_certificate(key, name, authority->certificate, from, until);
    add_extension(certificate, NID_subject_alt_name, names);
    CHECK(X509_sign(certificate, authority->key, EVP_sha256()) > 0);
    char file[64];
    snprintf(file, sizeof file, "%s.pem", name);
    write_certificate(file, certificate);
    snprintf(file, sizeof file, "%s.key", name);
    write_key(file, key, NULL);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static inline void issue(const authority *authority, const char *name, const char *names) {
    issue_within(authority, name, names, -3600, 3600);
}

#endif
