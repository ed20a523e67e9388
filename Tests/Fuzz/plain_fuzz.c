// Requests that are read without evhttp: whatever is taken for a plain one has to be accounted for byte by byte, and
// evhttp has to accept the same bytes as the same request, or somebody could be shown two different ones.
#include "http.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void expect(bool condition) {
    if (!condition)
        abort();
}

// MARK: - Every byte is accounted for

static const char *skip(const char *at, const char *text) {
    size_t count = strlen(text);
    expect(strncmp(at, text, count) == 0);
    return at + count;
}

static const char *skip_spaces(const char *at) {
    return at + strspn(at, " ");
}

/// `text` is the request, with a zero behind it.
static void check_bytes(const http_plain *plain, const char *text) {
    expect(plain->target[0] == '/' && plain->header_count <= HTTP_PLAIN_HEADERS);
    const char *at = skip(skip(skip(text, "GET "), plain->target), " HTTP/1.1\r\n");
    for (size_t i = 0; i < plain->header_count; i++) {
        const sr_header *header = &plain->headers[i];
        expect(http_is_token(header->name) && strpbrk(header->value, "\r\n\t") == NULL);
        at = skip_spaces(skip(skip(at, header->name), ":"));
        at = skip(skip_spaces(skip(at, header->value)), "\r\n");
    }
    expect(*skip(at, "\r\n") == 0);
}

// MARK: - evhttp sees the same

static const char *const telling[] = {"Host", "Origin", "Last-Event-ID", "Authorization", "Cookie", "Connection"};

static bool is_same(const char *one, const char *other) {
    return one && other ? strcmp(one, other) == 0 : one == other;
}

static const http_plain *expected; ///< NULL once evhttp has seen it

static void on_request(void *context, sr_request *request) {
    expect(expected != NULL && strcmp(sr_request_method(request), "GET") == 0 && sr_request_body(request).count == 0);
    expect(strcmp(sr_request_target(request), expected->target) == 0);
    for (size_t i = 0; i < expected->header_count; i++) {
        const char *name = expected->headers[i].name;
        expect(is_same(sr_request_header(request, name), http_plain_header(expected, name)));
    }
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
        expect(is_same(sr_request_header(request, telling[i]), http_plain_header(expected, telling[i])));
    expected = NULL;
    sr_request_reply(request, 204, NULL, 0, NULL, 0);
}

static sr_http *new_server(void) {
    sr_error error;
    sr_loop *loop = sr_loop_new(&error);
    expect(loop != NULL);
    sr_http_config config = {.max_header_bytes = 8192,
                             .max_body_bytes = 1024,
                             .request_timeout_ms = 5000,
                             .idle_timeout_ms = 5000,
                             .max_connections = 1000};
    sr_http *http = sr_http_new(loop, &config, on_request, NULL, &error);
    expect(http != NULL);
    return http;
}

/// As if it had come in by the door, but not as one that wants a stream.
static void check_with_evhttp(const http_plain *plain, const char *text, size_t count) {
    static sr_http *http;
    if (!http)
        http = new_server();
    int ends[2];
    expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    expect(send(ends[0], text, count, 0) == (ssize_t)count);
    expected = plain;
    http_queue_push(&http->door.others, ends[1]);
    event_active(http->let_in, EV_TIMEOUT, 0);
    char byte;
    while (recv(ends[0], &byte, 1, MSG_PEEK) < 0)
        event_base_loop(sr_loop_base(http->loop), EVLOOP_ONCE);
    expect(!expected); // otherwise it is a refusal of evhttp's
    close(ends[0]);
    while (sr_http_get_stats(http).connections > 0)
        event_base_loop(sr_loop_base(http->loop), EVLOOP_ONCE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count) {
    if (count >= 2048)
        return 0;
    http_plain *plain = http_plain_parse((const char *)data, count);
    if (!plain)
        return 0;
    char text[2048];
    memcpy(text, data, count);
    text[count] = 0;
    check_bytes(plain, text);
    check_with_evhttp(plain, text, count);
    free(plain);
    return 0;
}
