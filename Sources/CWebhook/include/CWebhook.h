// CWebhook: one POST over HTTP or HTTPS, through libcurl, whose variadic functions Swift cannot call. libcurl 7.87 or
// newer.
//
// Nothing is kept between two calls, and no type of libcurl is visible. Everything that goes in belongs to the caller
// and has to stay as it is during the call. Any thread, many at a time.
#ifndef CWEBHOOK_H
#define CWEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#else
#define _Nonnull
#define _Nullable
#endif

enum {
    CWEBHOOK_MAX_URL_BYTES = 2048,     ///< a longer URL is refused
    CWEBHOOK_MAX_ORIGIN_BYTES = 300,   ///< host and port with the final zero
    CWEBHOOK_MAX_ANSWER_BYTES = 65536, ///< headers and body; what comes after is not read
    CWEBHOOK_MAX_ERROR_BYTES = 256,    ///< with the final zero
};

/// Ends calls of cwebhook_post from another thread.
typedef struct cwebhook_cancellation cwebhook_cancellation;

cwebhook_cancellation *cwebhook_cancellation_new(void);
/// Any thread, also more than once. Calls that run end within a second or so, later ones at once.
void cwebhook_cancel(cwebhook_cancellation *cancellation);
/// Once no call uses it any more.
void cwebhook_cancellation_free(cwebhook_cancellation *cancellation);

/// Whether libcurl would send to this URL: http or https, with a host. If so, writes `host` or `host:port` (as it
/// stands in the URL, IPv6 in brackets, without user and password), which may be logged, into `origin`.
bool cwebhook_parse_url(const char *url, char origin[_Nonnull CWEBHOOK_MAX_ORIGIN_BYTES]);

typedef struct cwebhook_request {
    const char *url;
    /// "Name: value", without line ends. `Content-Length` is added.
    const char *_Nonnull const *_Nonnull headers;
    size_t header_count;
    const uint8_t *body;
    size_t body_bytes;
    long connect_timeout_ms; ///< names, TCP and TLS together
    long timeout_ms;         ///< everything together
    cwebhook_cancellation *cancellation;
} cwebhook_request;

typedef struct cwebhook_answer {
    int status;                  ///< of HTTP; 0: there was no answer, see `error`
    int64_t retry_after_seconds; ///< what the header Retry-After asks for, at least 0
    bool cancelled;
    char error[CWEBHOOK_MAX_ERROR_BYTES]; ///< half a sentence, zero terminated
} cwebhook_answer;

/// Sends and waits for the answer, whose body is thrown away. The certificate of an https URL has to be valid for the
/// host by the system's authorities. Redirects are answers like others. Proxies are those of the environment
/// (`https_proxy`, `no_proxy`...). SIGPIPE stays blocked in the calling thread, as in the loops' threads.
cwebhook_answer cwebhook_post(const cwebhook_request *request);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
