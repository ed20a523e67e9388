#include "CWebhook.h"

#include <assert.h>
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(CURL_ERROR_SIZE <= CWEBHOOK_MAX_ERROR_BYTES, "libcurl writes that much");

struct cwebhook_cancellation {
    atomic_bool is_set;
};

/// What the callbacks of one call share.
typedef struct transfer {
    const cwebhook_cancellation *cancellation;
    size_t received;
} transfer;

cwebhook_cancellation *cwebhook_cancellation_new(void) {
    cwebhook_cancellation *cancellation = calloc(1, sizeof *cancellation);
    if (!cancellation)
        abort();
    return cancellation;
}

void cwebhook_cancel(cwebhook_cancellation *cancellation) {
    atomic_store(&cancellation->is_set, true);
}

void cwebhook_cancellation_free(cwebhook_cancellation *cancellation) {
    free(cancellation);
}

// MARK: - URLs

static bool copy_origin(CURLU *parsed, char *origin) {
    char *host = NULL, *port = NULL;
    bool fits = false;
    if (curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        bool has_port = curl_url_get(parsed, CURLUPART_PORT, &port, 0) == CURLUE_OK;
        int length =
            snprintf(origin, CWEBHOOK_MAX_ORIGIN_BYTES, "%s%s%s", host, has_port ? ":" : "", has_port ? port : "");
        fits = length > 0 && length < CWEBHOOK_MAX_ORIGIN_BYTES;
    }
    curl_free(host);
    curl_free(port);
    return fits;
}

static bool is_web(CURLU *parsed) {
    char *scheme = NULL;
    if (curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return false;
    bool is = strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0;
    curl_free(scheme);
    return is;
}

bool cwebhook_parse_url(const char *url, char origin[CWEBHOOK_MAX_ORIGIN_BYTES]) {
    if (strnlen(url, CWEBHOOK_MAX_URL_BYTES + 1) > CWEBHOOK_MAX_URL_BYTES)
        return false;
    CURLU *parsed = curl_url();
    if (!parsed)
        abort();
    bool is_usable =
        curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK && is_web(parsed) && copy_origin(parsed, origin);
    curl_url_cleanup(parsed);
    return is_usable;
}

// MARK: - Sending

static void prepare_library(void) {
    // Before a thread can be in the middle of a transfer. Never undone: it ends with the process.
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
}

static void block_sigpipe(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/// Headers and body alike: counts and forgets them, and ends the transfer where they are too many.
static size_t discard(char *bytes, size_t size, size_t count, void *context) {
    transfer *transfer = context;
    transfer->received += size * count;
    return transfer->received <= CWEBHOOK_MAX_ANSWER_BYTES ? size * count : 0;
}

/// Called at least once a second; ends the transfer with anything but 0.
static int look_at_cancellation(void *context, curl_off_t total_in, curl_off_t in, curl_off_t total_out,
                                curl_off_t out) {
    transfer *transfer = context;
    return atomic_load(&transfer->cancellation->is_set);
}

static struct curl_slist *copy_headers(const cwebhook_request *request) {
    // An empty value takes out what libcurl would add: waiting for "100 Continue" before a large body.
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; headers && i < request->header_count; i++) {
        struct curl_slist *longer = curl_slist_append(headers, request->headers[i]);
        if (!longer)
            abort();
        headers = longer;
    }
    if (!headers)
        abort();
    return headers;
}

/// What holds for every transfer.
static void set_policy(CURL *easy) {
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);   // timeouts without SIGALRM, which would be the whole process's
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); // a name server that hangs holds up a thread of its own only
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L); // calls look_at_cancellation
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, look_at_cancellation);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, discard);
}

static void set_request(CURL *easy, const cwebhook_request *request, struct curl_slist *headers) {
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_bytes);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body); // not copied
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->timeout_ms);
}

static void read_answer(CURL *easy, CURLcode code, cwebhook_answer *answer) {
    answer->cancelled = code == CURLE_ABORTED_BY_CALLBACK;
    // An answer that `discard` found too long is an answer still.
    if (code != CURLE_OK && code != CURLE_WRITE_ERROR) {
        if (answer->error[0] == 0)
            snprintf(answer->error, sizeof answer->error, "%s", curl_easy_strerror(code));
        return;
    }
    long status = 0;
    curl_off_t retry_after = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
    answer->status = (int)status;
    answer->retry_after_seconds = retry_after > 0 ? retry_after : 0;
}

cwebhook_answer cwebhook_post(const cwebhook_request *request) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare_library);
    block_sigpipe();
    cwebhook_answer answer = {0};
    transfer transfer = {.cancellation = request->cancellation};
    CURL *easy = curl_easy_init();
    if (!easy)
        abort();
    struct curl_slist *headers = copy_headers(request);
    set_policy(easy);
    set_request(easy, request, headers);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, answer.error);
    read_answer(easy, curl_easy_perform(easy), &answer);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return answer;
}
