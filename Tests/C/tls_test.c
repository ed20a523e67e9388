#include "certificates.h"
#include "tls.h"

#include <pthread.h>

// MARK: - Files

static sr_tls_config server_config(void) {
    return (sr_tls_config){
        .role = SR_TLS_SERVER, .certificate = test_file("a.pem"), .key = test_file("a.key"), .peer = "the agent"};
}

static void make_files(void) {
    authority ca = new_authority("ca.pem");
    issue(&ca, "a", "DNS:localhost");
    issue(&ca, "b", "DNS:localhost");
    free_authority(&ca);
}

static void expect_refusal(const sr_tls_config *config, sr_tls_file which, const char *words) {
    sr_tls_file file;
    sr_error error;
    CHECK(sr_tls_new(config, &file, &error) == NULL);
    CHECK_EQUAL(file, which);
    CHECK_TEXT(error.text, words);
}

TEST(files_that_belong_together_are_taken) {
    make_files();
    sr_tls_config config = server_config();
    config.authorities = test_file("ca.pem");
    sr_tls_file file;
    sr_error error;
    sr_tls *tls = sr_tls_new(&config, &file, &error);
    CHECK(tls != NULL);
    sr_tls_release(tls);
}

TEST(each_bad_file_is_named_with_what_is_wrong_with_it) {
    make_files();
    write_text("empty", "");
    write_text("words", "no certificate\n");
    sr_tls_config config = server_config();
    config.certificate = test_file("missing");
    expect_refusal(&config, SR_TLS_FILE_CERTIFICATE, "cannot be read: No such file or directory");
    config.certificate = test_directory;
    expect_refusal(&config, SR_TLS_FILE_CERTIFICATE, "cannot be read: Is a directory");
    config.certificate = test_file("empty");
    expect_refusal(&config, SR_TLS_FILE_CERTIFICATE, "is empty");
    config.certificate = test_file("words");
    expect_refusal(&config, SR_TLS_FILE_CERTIFICATE, "holds no certificate in PEM");
    config = server_config();
    config.key = test_file("a.pem");
    expect_refusal(&config, SR_TLS_FILE_KEY, "holds no private key in PEM");
    config = server_config();
    config.authorities = test_file("words");
    expect_refusal(&config, SR_TLS_FILE_AUTHORITIES, "holds no certificate in PEM");
}

TEST(a_key_of_another_certificate_is_refused) {
    make_files();
    sr_tls_config config = server_config();
    config.key = test_file("b.key");
    char words[200];
    snprintf(words, sizeof words, "is not the key of the certificate in %s", config.certificate);
    expect_refusal(&config, SR_TLS_FILE_KEY, words);
    // Of another type: OpenSSL itself does not compare those.
    EVP_PKEY *key = EVP_RSA_gen(2048);
    write_key("other.key", key, NULL);
    EVP_PKEY_free(key);
    config.key = test_file("other.key");
    snprintf(words, sizeof words, "is not the key of the certificate in %s", config.certificate);
    expect_refusal(&config, SR_TLS_FILE_KEY, words);
}

TEST(an_encrypted_key_is_refused_without_asking_for_a_passphrase) {
    make_files();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    write_key("locked.key", key, "secret");
    EVP_PKEY_free(key);
    sr_tls_config config = server_config();
    config.key = test_file("locked.key");
    expect_refusal(&config, SR_TLS_FILE_KEY, "is encrypted; a key without a passphrase is needed");
}

TEST(the_authorities_of_the_system_are_found_where_the_environment_says) {
    make_files();
    setenv("SSL_CERT_FILE", test_file("ca.pem"), 1);
    sr_tls_config config = {.role = SR_TLS_CLIENT, .peer = "the gateway"};
    sr_tls_file file;
    sr_error error;
    sr_tls *tls = sr_tls_new(&config, &file, &error);
    CHECK(tls != NULL);
    sr_tls_release(tls);
}

TEST(a_reload_with_a_bad_file_keeps_the_old_one) {
    make_files();
    sr_tls_config config = server_config();
    sr_tls_file file;
    sr_error error;
    sr_tls *tls = sr_tls_new(&config, &file, &error);
    CHECK(tls != NULL && sr_tls_reload(tls, &file, &error));
    write_text("a.key", "torn");
    CHECK(!sr_tls_reload(tls, &file, &error));
    CHECK_EQUAL(file, SR_TLS_FILE_KEY);
    SSL *session = sr_tls_session(tls, NULL);
    CHECK(session != NULL && SSL_get_certificate(session) != NULL);
    SSL_free(session);
    sr_tls_release(tls);
}

TEST(a_session_that_would_verify_no_name_is_not_made) {
    make_files();
    sr_tls_config config = {.role = SR_TLS_CLIENT, .authorities = test_file("ca.pem"), .peer = "the gateway"};
    sr_tls_file file;
    sr_error error;
    sr_tls *tls = sr_tls_new(&config, &file, &error);
    CHECK(tls != NULL);
    CHECK(sr_tls_session(tls, "") == NULL);
    SSL *session = sr_tls_session(tls, "gateway.example.");
    CHECK_TEXT(SSL_get_servername(session, TLSEXT_NAMETYPE_host_name), "gateway.example");
    SSL_free(session);
    session = sr_tls_session(tls, "127.0.0.1");
    CHECK(SSL_get_servername(session, TLSEXT_NAMETYPE_host_name) == NULL);
    SSL_free(session);
    sr_tls_release(tls);
}

static void *reload_often(void *tls) {
    sr_tls_file file;
    sr_error error;
    for (int i = 0; i < 100; i++)
        CHECK(sr_tls_reload(tls, &file, &error));
    return NULL;
}

TEST(files_may_be_read_anew_on_another_thread_than_sessions_are_made_on) {
    make_files();
    sr_tls_config config = server_config();
    sr_tls_file file;
    sr_error error;
    sr_tls *tls = sr_tls_new(&config, &file, &error);
    pthread_t thread;
    CHECK_EQUAL(pthread_create(&thread, NULL, reload_often, tls), 0);
    for (int i = 0; i < 300; i++) {
        SSL *session = sr_tls_session(sr_tls_retain(tls), NULL);
        CHECK(SSL_get_certificate(session) != NULL);
        SSL_free(session);
        sr_tls_release(tls);
    }
    pthread_join(thread, NULL);
    sr_tls_release(tls);
}
