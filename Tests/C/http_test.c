#include "http_server.h"

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

/// The server's end of the connection.
static int other_end(const peer *peer) {
    struct sockaddr_in mine, its;
    socklen_t length = sizeof mine;
    CHECK(getsockname(peer->fd, (struct sockaddr *)&mine, &length) == 0);
    for (int fd = 0; fd < 1024; fd++) {
        length = sizeof its;
        if (getpeername(fd, (struct sockaddr *)&its, &length) == 0 && its.sin_family == AF_INET &&
            its.sin_port == mine.sin_port)
            return fd;
    }
    return -1;
}

TEST(the_end_of_a_long_answer_does_not_wait_for_the_acknowledgement_of_its_beginning) {
    server server;
    server_start(&server, defaults);
    peer peer = peer_connect(server.port, 0);
    peer_send(&peer, simple);
    PUMP_UNTIL(server.loop, peer_has(&peer, "hello"));
    int fd = other_end(&peer), without_delay = 0;
    CHECK(fd >= 0);
    socklen_t length = sizeof without_delay;
    CHECK(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &without_delay, &length) == 0);
    CHECK(without_delay != 0);
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
    while (!peer_has(&peer, "body_too_large") && sr_monotonic_ns() - before < 20000000000u) {
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
        CHECK(sr_monotonic_ns() - began < 20000000000u);
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
