// An HTTP server that answers at once, or keeps the request for the test.
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "http.h"
#include "peer.h"

typedef struct server {
    sr_loop *loop;
    sr_http *http;
    int port;
    bool keep;
    sr_request *kept;
    int requests;
    int overloads;
    int failures;
    int seen_at; ///< how many requests had come when `simple` did
    char last[4096];
} server;

static inline void answer(sr_request *request) {
    sr_header headers[] = {{"Content-Type", "text/plain"}};
    sr_request_reply(request, 200, headers, 1, (const uint8_t *)"hello", 5);
}

static inline void on_request(void *context, sr_request *request) {
    server *server = context;
    sr_bytes body = sr_request_body(request);
    const char *mark = sr_request_header(request, "x-mark");
    snprintf(server->last, sizeof server->last, "%s %s [%s] %.*s", sr_request_method(request),
             sr_request_target(request), mark ? mark : "", (int)body.count, body.base ? (const char *)body.base : "");
    server->requests++;
    if (strncmp(server->last, "GET /a", 6) == 0)
        server->seen_at = server->requests;
    if (server->keep)
        server->kept = request;
    else
        answer(request);
}

static inline void on_overload(void *context, sr_request *request) {
    server *server = context;
    server->overloads++;
    answer(request);
}

static const sr_http_config defaults = {.max_header_bytes = 2048,
                                        .max_body_bytes = 10000,
                                        .request_timeout_ms = 5000,
                                        .idle_timeout_ms = 5000,
                                        .max_connections = 1000,
                                        .max_connections_per_ip = 1};

/// A server that does not listen yet.
static inline void server_make(server *server, sr_http_config config) {
    sr_error error;
    memset(server, 0, sizeof *server);
    server->loop = new_loop();
    server->http = sr_http_new(server->loop, &config, on_request, server, &error);
    CHECK(server->http != NULL);
}

static inline void server_start(server *server, sr_http_config config) {
    sr_error error;
    server_make(server, config);
    server->port = sr_http_listen(server->http, "127.0.0.1", 0, false, &error);
    CHECK(server->port > 0);
}

static inline void server_stop(server *server) {
    sr_http_free(server->http);
    end_loop(server->loop);
}

static const char *const simple = "GET /a?b=%2F HTTP/1.1\r\nHost: x\r\nX-Mark: m\r\n\r\n";

/// Sends the text on a connection of its own and expects the status, the code, and the end of the connection.
static inline void expect_refusal(server *server, const char *text, const char *status, const char *code) {
    peer peer = peer_connect(server->port, 0);
    peer_send(&peer, text);
    PUMP_UNTIL(server->loop, peer_has_ended(&peer));
    fprintf(stderr, "  %.60s\n", peer.text);
    CHECK(strncmp(peer.text, "HTTP/1.1 ", 9) == 0);
    CHECK(strncmp(peer.text + 9, status, 3) == 0);
    CHECK(strstr(peer.text, code) != NULL);
    CHECK(strstr(peer.text, "\"field\":\"\"}") != NULL);
    CHECK(strstr(peer.text, "Content-Type: application/json") != NULL);
    CHECK(!peer.reset);
    peer_close(&peer);
}

#endif
