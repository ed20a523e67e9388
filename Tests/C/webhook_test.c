// What the Swift tests of Webhooks cannot reach: TLS, and a transfer ended from another thread.
#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "CWebhook.h"

static int listen_anywhere(int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 8) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static cwebhook_answer post(const char *scheme, int port, cwebhook_cancellation *cancellation) {
    char url[64];
    snprintf(url, sizeof url, "%s://127.0.0.1:%d/", scheme, port);
    const char *headers[] = {"Content-Type: application/json"};
    cwebhook_request request = {.url = url,
                                .headers = headers,
                                .header_count = 1,
                                .body = (const uint8_t *)"{}",
                                .body_bytes = 2,
                                .connect_timeout_ms = 5000,
                                .timeout_ms = 20000,
                                .cancellation = cancellation};
    return cwebhook_post(&request);
}

/// For 127.0.0.1, by itself: an authority that nobody trusts.
static void use_own_certificate(SSL_CTX *context) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    CHECK(key && certificate);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"127.0.0.1", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
    CHECK(SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/// Speaks TLS with whoever comes first. Whether the handshake succeeded.
static void *serve_tls(void *context) {
    int fd = accept(*(int *)context, NULL, NULL);
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    use_own_certificate(tls);
    SSL *session = SSL_new(tls);
    SSL_set_fd(session, fd);
    char byte;
    // With TLS 1.3 the server hears of a refusal after its own part of the handshake.
    bool accepted = SSL_accept(session) == 1 && SSL_read(session, &byte, 1) == 1;
    SSL_free(session);
    SSL_CTX_free(tls);
    close(fd);
    return accepted ? context : NULL;
}

TEST(a_certificate_of_an_unknown_authority_is_refused_before_anything_is_sent) {
    int port, fd = listen_anywhere(&port);
    signal(SIGPIPE, SIG_IGN); // of the server
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, serve_tls, &fd) == 0);
    cwebhook_cancellation *cancellation = cwebhook_cancellation_new();
    cwebhook_answer answer = post("https", port, cancellation);
    void *accepted;
    pthread_join(thread, &accepted);
    CHECK_EQUAL(answer.status, 0);
    CHECK(strstr(answer.error, "certificate") != NULL);
    CHECK(accepted == NULL);
    cwebhook_cancellation_free(cancellation);
    close(fd);
}

static void *cancel_soon(void *cancellation) {
    usleep(50000);
    cwebhook_cancel(cancellation);
    return NULL;
}

TEST(a_transfer_whose_receiver_hangs_can_be_ended_by_another_thread) {
    int port, fd = listen_anywhere(&port); // the kernel accepts, and nobody answers
    cwebhook_cancellation *cancellation = cwebhook_cancellation_new();
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, cancel_soon, cancellation) == 0);
    time_t began = time(NULL);
    cwebhook_answer answer = post("http", port, cancellation);
    CHECK(answer.cancelled && answer.status == 0);
    CHECK(time(NULL) - began < 15);
    CHECK(post("http", port, cancellation).cancelled);
    pthread_join(thread, NULL);
    cwebhook_cancellation_free(cancellation);
    close(fd);
}

TEST(nobody_listening_is_said_in_words) {
    int port, fd = listen_anywhere(&port);
    close(fd);
    cwebhook_cancellation *cancellation = cwebhook_cancellation_new();
    cwebhook_answer answer = post("http", port, cancellation);
    CHECK(answer.status == 0 && !answer.cancelled && answer.error[0] != 0);
    cwebhook_cancellation_free(cancellation);
}

TEST(sigpipe_does_not_end_the_process) {
    signal(SIGPIPE, SIG_DFL);
    int port, fd = listen_anywhere(&port);
    close(fd);
    cwebhook_cancellation *cancellation = cwebhook_cancellation_new();
    post("http", port, cancellation);
    raise(SIGPIPE); // to this thread, as a write to a broken connection would
    cwebhook_cancellation_free(cancellation);
}

TEST(a_url_is_parsed_as_far_as_the_bounds_go) {
    char origin[CWEBHOOK_MAX_ORIGIN_BYTES];
    CHECK(cwebhook_parse_url("https://user:password@example.com:8443/secret", origin));
    CHECK_TEXT(origin, "example.com:8443");
    CHECK(!cwebhook_parse_url("ftp://example.com/", origin));
    char long_host[400] = "http://";
    memset(long_host + 7, 'x', 350);
    CHECK(!cwebhook_parse_url(long_host, origin));
}
