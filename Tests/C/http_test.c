#include "peer.h"

#include <dirent.h>
#include <errno.h>
#include <sys/resource.h>

// MARK: - A server that answers at once, or keeps the request for the test

typedef struct server {
    sr_loop *loop;
    sr_http *http;
    int port;
    bool keep;
    sr_request *kept;
    int requests;
    int overloads;
    int failures;
    char last[4096];
} server;

static void answer(sr_request *request) {
    sr_header headers[] = {{"Content-Type", "text/plain"}};
    sr_request_reply(request, 200, headers, 1, (const uint8_t *)"hello", 5);
}

static void on_request(void *context, sr_request *request) {
    server *server = context;
    sr_bytes body = sr_request_body(request);
    const char *mark = sr_request_header(request, "x-mark");
    snprintf(server->last, sizeof server->last, "%s %s [%s] %.*s", sr_request_method(request),
             sr_request_target(request), mark ? mark : "", (int)body.count, body.base ? (const char *)body.base : "");
    server->requests++;
    if (server->keep)
        server->kept = request;
    else
        answer(request);
}

static void on_overload(void *context, sr_request *request) {
    server *server = context;
    server->overloads++;
    answer(request);
}

static const sr_http_config defaults = {.max_header_bytes = 2048,
                                        .max_body_bytes = 10000,
                                        .request_timeout_ms = 5000,
                                        .idle_timeout_ms = 5000,
                                        .max_connections = 100,
                                        .max_connections_per_ip = 1};

static void server_start(server *server, sr_http_config config) {
    sr_error error;
    memset(server, 0, sizeof *server);
    server->loop = new_loop();
    server->http = sr_http_new(server->loop, &config, on_request, server, &error);
    CHECK(server->http != NULL);
    server->port = sr_http_listen(server->http, "127.0.0.1", 0, false, &error);
    CHECK(server->port > 0);
}

static void server_stop(server *server) {
    sr_http_free(server->http);
    end_loop(server->loop);
}

static const char *const simple = "GET /a?b=%2F HTTP/1.1\r\nHost: x\r\nX-Mark: m\r\n\r\n";

/// Sends the text on a connection of its own and expects the status, the code, and the end of the connection.
static void expect_refusal(server *server, const char *text, const char *status, const char *code) {
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

// MARK: - Requests and answers

TEST(a_request_is_parsed_and_answered) {
    server server;
    server_start(&server, defaults);
    peer peer = peer_connect(server.port, 0);
    peer_send(&peer, simple);
    PUMP_UNTIL(server.loop, peer_has(&peer, "hello"));
    CHECK_TEXT(server.last, "GET /a?b=%2F [m] ");
    CHECK(strstr(peer.text, "HTTP/1.1 200 OK\r\n") == peer.text);
    CHECK(strstr(peer.text, "Content-Length: 5\r\n") != NULL);
    CHECK(strstr(peer.text, "Date: ") != NULL);
    CHECK(!peer.ended);
    peer_close(&peer);
    server_stop(&server);
}

TEST(a_connection_is_kept_and_pipelined_requests_are_answered_in_order) {
    server server;
    server_start(&server, defaults);
    peer peer = peer_connect(server.port, 0);
    for (int i = 1; i <= 3; i++) {
        peer_send(&peer, simple);
        PUMP_UNTIL(server.loop, peer_count(&peer, "hello") == i);
    }
    peer_send(&peer, "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                     "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"
                     "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    PUMP_UNTIL(server.loop, peer_has_ended(&peer));
    CHECK_EQUAL(peer_count(&peer, "hello"), 6);
    CHECK_TEXT(server.last, "GET /3 [] ");
    CHECK_EQUAL(sr_http_get_stats(server.http).accepted, 1);
    peer_close(&peer);
    server_stop(&server);
}

TEST(bodies_arrive_whole_however_they_are_cut) {
    server server;
    server_start(&server, defaults);
    peer peer = peer_connect(server.port, 0);
    const char *text =
        "PUT /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    for (const char *at = text; *at; at++) {
        peer_send_bytes(&peer, at, 1);
        event_base_loop(sr_loop_base(server.loop), EVLOOP_NONBLOCK);
    }
    PUMP_UNTIL(server.loop, peer_has(&peer, "hello"));
    CHECK_TEXT(server.last, "PUT /p [] abcde");
    peer_close(&peer);
    server_stop(&server);
}

TEST(head_has_the_length_but_no_body_and_the_connection_goes_on) {
    server server;
    server_start(&server, defaults);
    peer peer = peer_connect(server.port, 0);
    peer_send(&peer, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP_UNTIL(server.loop, peer_has(&peer, "\r\n\r\n"));
    CHECK(strstr(peer.text, "Content-Length: 5\r\n") != NULL);
    CHECK(strstr(peer.text, "hello") == NULL);
    peer_send(&peer, simple);
    PUMP_UNTIL(server.loop, peer_has(&peer, "hello"));
    peer_close(&peer);
    server_stop(&server);
}

TEST(every_known_method_reaches_the_handler) {
    const char *methods[] = {"GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"};
    server server;
    server_start(&server, defaults);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        char text[100], expected[100];
        snprintf(text, sizeof text, "%s /m HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", methods[i]);
        snprintf(expected, sizeof expected, "%s /m [] ", methods[i]);
        peer peer = peer_connect(server.port, 0);
        peer_send(&peer, text);
        PUMP_UNTIL(server.loop, peer_has(&peer, "hello"));
        CHECK_TEXT(server.last, expected);
        peer_close(&peer);
    }
    server_stop(&server);
}

TEST(the_target_loses_scheme_and_authority) {
    server server;
    server_start(&server, defaults);
    peer peer = peer_connect(server.port, 0);
    peer_send(&peer, "GET http://example.org/path?q HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP_UNTIL(server.loop, peer_has(&peer, "hello"));
    CHECK_TEXT(server.last, "GET /path?q [] ");
    peer_close(&peer);
    server_stop(&server);
}

TEST(http_1_0_closes_after_the_answer) {
    server server;
    server_start(&server, defaults);
    peer peer = peer_connect(server.port, 0);
    peer_send(&peer, "GET / HTTP/1.0\r\n\r\n");
    PUMP_UNTIL(server.loop, peer_has_ended(&peer));
    CHECK(strstr(peer.text, "hello") != NULL);
    peer_close(&peer);
    server_stop(&server);
}

TEST(expect_100_continue_is_answered) {
    server server;
    server_start(&server, defaults);
    peer peer = peer_connect(server.port, 0);
    peer_send(&peer, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    PUMP_UNTIL(server.loop, peer_has(&peer, "100 Continue\r\n\r\n"));
    peer_send(&peer, "ab");
    PUMP_UNTIL(server.loop, peer_has(&peer, "hello"));
    peer_close(&peer);
    server_stop(&server);
}

// MARK: - Errors

TEST(errors_on_a_connection_that_was_used_before_are_the_same) {
    server server;
    server_start(&server, defaults);
    peer peer = peer_connect(server.port, 0);
    peer_send(&peer, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP_UNTIL(server.loop, peer_has(&peer, "hello"));
    peer_send(&peer, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10001\r\n\r\nabc");
    PUMP_UNTIL(server.loop, peer_has(&peer, "body_too_large"));
    CHECK(peer_has(&peer, "HTTP/1.1 413 "));
    peer_close(&peer);
    server_stop(&server);
}

TEST(errors_are_json_and_close_without_a_reset) {
    server server;
    server_start(&server, defaults);
    char long_header[5000], body[400];
    memset(long_header, 'a', sizeof long_header);
    memcpy(long_header, "GET / HTTP/1.1\r\nX: ", 19);
    long_header[sizeof long_header - 1] = 0;
    expect_refusal(&server, "no http at all, really\r\n\r\n", "400", "invalid_request");
    expect_refusal(&server, "GET /\r\n\r\n", "400", "invalid_request");
    expect_refusal(&server, long_header, "431", "headers_too_large");
    expect_refusal(&server, "BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n", "405", "method_not_allowed");
    expect_refusal(&server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10001\r\n\r\nabc", "413", "body_too_large");
    expect_refusal(&server, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2711\r\n", "413",
                   "body_too_large");
    expect_refusal(&server, "POST / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nContent-Length: 1\r\n\r\na", "417",
                   "invalid_request");
    expect_refusal(&server, "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400", "invalid_request");
    snprintf(body, sizeof body, "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 3\r\n\r\nabcde");
    expect_refusal(&server, body, "400", "invalid_request");
    expect_refusal(&server, "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400", "invalid_request");
    expect_refusal(&server, "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400", "invalid_request");
    expect_refusal(&server, "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "400", "invalid_request");
    expect_refusal(&server, "HEAD / HTTP/1.1\r\nContent-Length: 5\r\n\r\nGET /", "400", "invalid_request");
    CHECK_EQUAL(server.requests, 0);
    CHECK_EQUAL(sr_http_get_stats(server.http).rejected, 13);
    PUMP_UNTIL(server.loop, sr_http_get_stats(server.http).connections == 0);
    server_stop(&server);
}

TEST(a_refused_client_that_goes_on_sending_reads_the_answer_and_costs_no_memory) {
    server server;
    server_start(&server, defaults);
    peer peer = peer_connect(server.port, 0);
    peer_send(&peer, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n");
    static const char chunk[65536];
    uint64_t before = sr_monotonic_ns();
    while (!peer_has(&peer, "body_too_large") && sr_monotonic_ns() - before < 3000000000u) {
        send(peer.fd, chunk, sizeof chunk, MSG_NOSIGNAL);
        event_base_loop(sr_loop_base(server.loop), EVLOOP_NONBLOCK);
    }
    CHECK(peer_has(&peer, "body_too_large"));
    peer_close(&peer);
    PUMP_UNTIL(server.loop, sr_http_get_stats(server.http).connections == 0);
    server_stop(&server);
}

// MARK: - Time

TEST(a_request_that_dribbles_in_is_cut_off_at_the_deadline) {
    sr_http_config config = defaults;
    config.request_timeout_ms = 200;
    server server;
    server_start(&server, config);
    peer peer = peer_connect(server.port, 0);
    uint64_t began = sr_monotonic_ns();
    while (!peer_has_ended(&peer)) {
        send(peer.fd, "G", 1, MSG_NOSIGNAL);
        event_base_loop(sr_loop_base(server.loop), EVLOOP_NONBLOCK);
        usleep(10000);
        CHECK(sr_monotonic_ns() - began < 2000000000u);
    }
    CHECK(sr_monotonic_ns() - began >= 200000000u);
    CHECK_EQUAL(sr_http_get_stats(server.http).timed_out, 1);
    peer_close(&peer);
    server_stop(&server);
}

TEST(an_idle_connection_is_closed_but_a_waiting_request_is_not) {
    sr_http_config config = defaults;
    config.request_timeout_ms = config.idle_timeout_ms = 150;
    server server;
    server_start(&server, config);
    peer idle = peer_connect(server.port, 0), waiting = peer_connect(server.port, 0);
    peer_send(&idle, simple);
    PUMP_UNTIL(server.loop, peer_has(&idle, "hello"));
    server.keep = true;
    peer_send(&waiting, simple);
    PUMP_UNTIL(server.loop, peer_has_ended(&idle));
    uint64_t until = sr_monotonic_ns() + 300000000u;
    PUMP_UNTIL(server.loop, sr_monotonic_ns() > until);
    CHECK(!peer_has_ended(&waiting));
    answer(server.kept);
    PUMP_UNTIL(server.loop, peer_has(&waiting, "hello"));
    CHECK_EQUAL(sr_http_get_stats(server.http).timed_out, 0);
    peer_close(&idle);
    peer_close(&waiting);
    server_stop(&server);
}

// MARK: - Lifetimes

TEST(an_answer_to_a_client_that_has_gone_does_no_harm) {
    server server;
    server_start(&server, defaults);
    server.keep = true;
    peer peer = peer_connect(server.port, 0);
    peer_send(&peer, simple);
    PUMP_UNTIL(server.loop, server.kept);
    struct linger reset = {.l_onoff = 1};
    setsockopt(peer.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    peer_close(&peer);
    answer(server.kept);
    PUMP_UNTIL(server.loop, sr_http_get_stats(server.http).connections == 0);
    server_stop(&server);
}

TEST(an_answer_after_the_server_was_freed_does_no_harm) {
    server server;
    server_start(&server, defaults);
    server.keep = true;
    peer peer = peer_connect(server.port, 0);
    peer_send(&peer, simple);
    PUMP_UNTIL(server.loop, server.kept);
    sr_http_free(server.http);
    CHECK_TEXT(sr_request_target(server.kept), "/a?b=%2F");
    answer(server.kept);
    PUMP_UNTIL(server.loop, peer_has_ended(&peer));
    peer_close(&peer);
    end_loop(server.loop);
}

TEST(a_flood_behind_a_request_waits_in_tcp) {
    server server;
    server_start(&server, defaults);
    server.keep = true;
    peer peer = peer_connect(server.port, 0);
    peer_send(&peer, simple);
    PUMP_UNTIL(server.loop, server.kept);
    static const char chunk[65536] = {'x'};
    size_t sent = 0;
    for (int i = 0; i < 2000; i++) {
        ssize_t count = send(peer.fd, chunk, sizeof chunk, MSG_NOSIGNAL);
        sent += count > 0 ? (size_t)count : 0;
        event_base_loop(sr_loop_base(server.loop), EVLOOP_NONBLOCK);
    }
    fprintf(stderr, "  %zu bytes went into the kernel\n", sent);
    CHECK(sent < 20000000);
    answer(server.kept);
    PUMP_UNTIL(server.loop, peer_has_ended(&peer));
    CHECK(strstr(peer.text, "hello") != NULL);
    peer_close(&peer);
    server_stop(&server);
}

// MARK: - Limits

TEST(connections_over_the_limit_hear_503_and_make_room_again) {
    sr_http_config config = defaults;
    config.max_connections = 2;
    server server;
    server_start(&server, config);
    peer first = peer_connect(server.port, 0), second = peer_connect(server.port, 0);
    PUMP_UNTIL(server.loop, sr_http_get_stats(server.http).connections == 2);
    expect_refusal(&server, simple, "503", "overloaded");
    peer_close(&first);
    PUMP_UNTIL(server.loop, sr_http_get_stats(server.http).connections == 1);
    peer third = peer_connect(server.port, 0);
    peer_send(&third, simple);
    PUMP_UNTIL(server.loop, peer_has(&third, "hello"));
    CHECK_EQUAL(sr_http_get_stats(server.http).over_limit, 1);
    peer_close(&second);
    peer_close(&third);
    server_stop(&server);
}

TEST(the_overload_handler_answers_in_place_of_the_503) {
    sr_http_config config = defaults;
    config.max_connections = 1;
    server server;
    server_start(&server, config);
    sr_http_set_overload(server.http, on_overload);
    peer first = peer_connect(server.port, 0);
    PUMP_UNTIL(server.loop, sr_http_get_stats(server.http).connections == 1);
    peer second = peer_connect(server.port, 0);
    peer_send(&second, simple);
    PUMP_UNTIL(server.loop, peer_has_ended(&second));
    CHECK(strstr(second.text, "hello") != NULL);
    CHECK_EQUAL(server.overloads, 1);
    CHECK_EQUAL(server.requests, 0);
    peer_close(&first);
    peer_close(&second);
    server_stop(&server);
}

TEST(listeners_with_one_hall_share_its_limit) {
    sr_http_config config = defaults;
    config.hall = sr_hall_new(2, 0);
    server one, two;
    server_start(&one, config);
    server_start(&two, config);
    sr_hall_release(config.hall);
    peer first = peer_connect(one.port, 0), second = peer_connect(two.port, 0);
    PUMP_UNTIL(one.loop, sr_http_get_stats(one.http).accepted == 1);
    PUMP_UNTIL(two.loop, sr_http_get_stats(two.http).accepted == 1);
    CHECK_EQUAL(sr_http_get_stats(one.http).connections, 2);
    expect_refusal(&one, simple, "503", "overloaded");
    expect_refusal(&two, simple, "503", "overloaded");
    peer_close(&first);
    peer_close(&second);
    server_stop(&one);
    server_stop(&two);
}

static void on_accept_failure(void *context, int error) {
    server *server = context;
    server->failures++;
    CHECK_EQUAL(error, EMFILE);
}

TEST(out_of_descriptors_it_says_so_once_and_accepts_what_has_waited) {
    server server;
    server_start(&server, defaults);
    sr_http_set_accept_failure(server.http, on_accept_failure);
    peer waiting[8];
    for (int i = 0; i < 8; i++)
        waiting[i] = peer_connect(server.port, 0);
    struct rlimit limit, none;
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = 1;
    setrlimit(RLIMIT_NOFILE, &none);
    PUMP_UNTIL(server.loop, sr_http_get_stats(server.http).accept_failures == 2);
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < 8; i++) {
        peer_send(&waiting[i], simple);
        PUMP_UNTIL(server.loop, peer_has(&waiting[i], "hello"));
        peer_close(&waiting[i]);
    }
    CHECK_EQUAL(server.failures, 1);
    server_stop(&server);
}

TEST(two_listeners_may_share_a_port) {
    server one, two;
    sr_error error;
    server_start(&one, defaults);
    server_start(&two, defaults);
    int port = sr_http_listen(one.http, "127.0.0.1", 0, true, &error);
    CHECK(port > 0);
    CHECK_EQUAL(sr_http_listen(two.http, "127.0.0.1", (uint16_t)port, true, &error), port);
    CHECK_EQUAL(sr_http_listen(two.http, "127.0.0.1", (uint16_t)one.port, false, &error), -1);
    CHECK(strstr(error.text, "cannot listen on 127.0.0.1") == error.text);
    server_stop(&one);
    server_stop(&two);
}
