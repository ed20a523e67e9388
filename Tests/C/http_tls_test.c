// Both headers have a write_text.
#define write_text write_test_file
#include "certificates.h"
#undef write_text

#include "fanout_world.h"
#include "tls.h"

#include <openssl/err.h>

// MARK: - A client over TLS

typedef struct secure_peer {
    peer plain; ///< its text is what came out of TLS
    SSL *session;
    bool closed_in_order; ///< the server has said in TLS that this was all
} secure_peer;

static sr_tls *new_tls(sr_tls_role role) {
    sr_tls_config config = {.role = role, .peer = "the client"};
    if (role == SR_TLS_CLIENT)
        config.authorities = test_file("ca.pem");
    else {
        config.certificate = test_file("gateway.pem");
        config.key = test_file("gateway.key");
    }
    sr_tls_file file;
    sr_error error;
    sr_tls *tls = sr_tls_new(&config, &file, &error);
    if (!tls)
        check_failed(__FILE__, __LINE__, error.text);
    return tls;
}

static void secure_step(secure_peer *peer, int result) {
    int problem = SSL_get_error(peer->session, result);
    if (problem == SSL_ERROR_WANT_READ || problem == SSL_ERROR_WANT_WRITE)
        return;
    peer->plain.ended = true;
    peer->closed_in_order = problem == SSL_ERROR_ZERO_RETURN;
    ERR_clear_error();
}

static bool secure_is_agreed(secure_peer *peer) {
    int result = SSL_do_handshake(peer->session);
    if (result != 1)
        secure_step(peer, result);
    CHECK(!peer->plain.ended);
    return result == 1;
}

static void secure_receive(secure_peer *peer, size_t limit) {
    while (limit > 0 && !peer->plain.ended) {
        if (peer->plain.capacity - peer->plain.count < 65536) {
            peer->plain.capacity = peer->plain.capacity * 2 + 65536;
            peer->plain.text = sr_reallocate(peer->plain.text, peer->plain.capacity);
        }
        size_t room = limit < 16384 ? limit : 16384;
        int count = SSL_read(peer->session, peer->plain.text + peer->plain.count, (int)room);
        if (count <= 0) {
            secure_step(peer, count);
            return;
        }
        peer->plain.count += (size_t)count;
        peer->plain.text[peer->plain.count] = 0;
        limit -= (size_t)count;
    }
}

static bool secure_has(secure_peer *peer, const char *text) {
    secure_receive(peer, SIZE_MAX);
    return strstr(peer->plain.text, text) != NULL;
}

static bool secure_has_ended(secure_peer *peer) {
    secure_receive(peer, SIZE_MAX);
    return peer->plain.ended;
}

static secure_peer secure_connect(world *world, sr_tls *tls, int receive_buffer) {
    secure_peer peer = {.plain = peer_connect(world->port, receive_buffer),
                        .session = sr_tls_session(tls, "127.0.0.1")};
    SSL_set_fd(peer.session, peer.plain.fd);
    PUMP_UNTIL(world->loop, secure_is_agreed(&peer));
    return peer;
}

static void secure_send(world *world, secure_peer *peer, const char *text) {
    size_t count = strlen(text), sent = 0;
    while (sent < count) {
        int result = SSL_write(peer->session, text + sent, (int)(count - sent));
        if (result > 0)
            sent += (size_t)result;
        else
            event_base_loop(sr_loop_base(world->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    }
}

static void secure_close(secure_peer *peer) {
    SSL_free(peer->session);
    peer_close(&peer->plain);
}

// MARK: - Scenes

enum { MAX_GREETINGS = 64 };

static sr_tls *client_tls;

static void begin_secure(world *world, sr_fanout_config config) {
    authority ca = new_authority("ca.pem");
    issue(&ca, "gateway", "IP:127.0.0.1");
    free_authority(&ca);
    begin(world, config);
    sr_tls *tls = new_tls(SR_TLS_SERVER);
    sr_http_use_tls(world->http, tls, MAX_GREETINGS);
    sr_tls_release(tls);
    client_tls = new_tls(SR_TLS_CLIENT);
}

static void end_secure(world *world) {
    end(world);
    sr_tls_release(client_tls);
}

static const char *const request = "GET /streams/a HTTP/1.1\r\nHost: x\r\n\r\n";
static const sr_fanout_config config = {.stall_timeout_ms = 60000, .max_private_bytes = 64 << 20, .send_buffer = 65536};

static secure_peer open_stream(world *world) {
    secure_peer peer = secure_connect(world, client_tls, 0);
    secure_send(world, &peer, request);
    PUMP_UNTIL(world->loop, secure_has(&peer, "event-stream"));
    return peer;
}

static sr_client *newest(world *world) {
    return sr_client_find(world->fanout, world->next_id);
}

static uint64_t tls_connections(const world *world) {
    return sr_http_get_stats(world->http).tls_connections;
}

TEST(a_stream_over_tls_brings_what_is_written_and_ends_in_order) {
    world world;
    begin_secure(&world, config);
    secure_peer peer = open_stream(&world);
    CHECK_EQUAL(tls_connections(&world), 1);
    write_text(newest(&world), "data: 1\n\n");
    PUMP_UNTIL(world.loop, secure_has(&peer, "data: 1"));
    write_text(newest(&world), "data: last\n\n");
    sr_client_finish(newest(&world));
    PUMP_UNTIL(world.loop, secure_has_ended(&peer));
    CHECK(peer.closed_in_order && strstr(peer.plain.text, "data: last") != NULL);
    secure_close(&peer);
    PUMP_UNTIL(world.loop, world.gone[1] == SR_CLIENT_FINISHED + 1 && tls_connections(&world) == 0);
    end_secure(&world);
}

TEST(a_client_that_goes_is_noticed_however_it_goes) {
    world world;
    begin_secure(&world, config);
    secure_peer orderly = open_stream(&world), sudden = open_stream(&world);
    SSL_shutdown(orderly.session);
    PUMP_UNTIL(world.loop, world.gone[1] == SR_CLIENT_CLOSED + 1);
    setsockopt(sudden.plain.fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    secure_close(&sudden); // with a reset
    PUMP_UNTIL(world.loop, world.gone[2] == SR_CLIENT_CLOSED + 1);
    secure_close(&orderly);
    PUMP_UNTIL(world.loop, tls_connections(&world) == 0);
    end_secure(&world);
}

static bool newly_sent(world *world, uint64_t *sent) {
    uint64_t before = *sent;
    *sent = sr_client_get_stats(newest(world)).bytes_sent;
    return *sent > before;
}

/// A stream whose client reads nothing, with more than a tunnel holds on its way to it.
static secure_peer open_stalled_stream(world *world) {
    secure_peer peer = secure_connect(world, client_tls, 4096);
    secure_send(world, &peer, request);
    uint64_t id = world->next_id + 1;
    PUMP_UNTIL(world->loop, world->next_id == id);
    char text[1024];
    snprintf(text, sizeof text, "data: %01000d\n\n", 0);
    for (int i = 0; i < 4000; i++)
        write_text(newest(world), text);
    uint64_t sent = 0, pumped = 0;
    PUMP_UNTIL(world->loop, (pumped = newly_sent(world, &sent) ? 0 : pumped + 1) == 500);
    CHECK(sent > 128 * 1024);
    return peer;
}

TEST(a_client_that_stalls_and_then_goes_leaves_nothing_behind_however_it_goes) {
    world world;
    begin_secure(&world, config);
    secure_peer sudden = open_stalled_stream(&world);
    setsockopt(sudden.plain.fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    secure_close(&sudden);
    PUMP_UNTIL(world.loop, world.gone[1] == SR_CLIENT_CLOSED + 1 && tls_connections(&world) == 0);
    secure_peer orderly = open_stalled_stream(&world);
    SSL_shutdown(orderly.session);
    secure_close(&orderly);
    PUMP_UNTIL(world.loop, world.gone[2] == SR_CLIENT_CLOSED + 1 && tls_connections(&world) == 0);
    secure_peer plain = open_stalled_stream(&world);
    secure_close(&plain); // without a word of TLS
    PUMP_UNTIL(world.loop, world.gone[3] == SR_CLIENT_CLOSED + 1 && tls_connections(&world) == 0);
    PUMP_UNTIL(world.loop, sr_http_get_stats(world.http).connections == 0);
    end_secure(&world);
}

TEST(a_request_counts_though_its_client_closes_without_saying_so_in_tls) {
    world world;
    begin_secure(&world, config);
    secure_peer peer = secure_connect(&world, client_tls, 0);
    secure_send(&world, &peer, request);
    shutdown(peer.plain.fd, SHUT_WR);
    PUMP_UNTIL(world.loop, world.next_id == 1);
    secure_close(&peer);
    PUMP_UNTIL(world.loop, tls_connections(&world) == 0);
    end_secure(&world);
}

TEST(a_connection_counts_until_its_client_has_gone_however_early_the_server_closes) {
    world world;
    begin_secure(&world, config);
    secure_peer peer = open_stalled_stream(&world);
    CHECK_EQUAL(sr_http_get_stats(world.http).connections, 1);
    sr_client_abort(newest(&world));
    PUMP_UNTIL(world.loop, world.gone[1] == SR_CLIENT_ABORTED + 1);
    CHECK_EQUAL(sr_http_get_stats(world.http).connections, 1);
    secure_close(&peer);
    PUMP_UNTIL(world.loop, sr_http_get_stats(world.http).connections == 0);
    end_secure(&world);
}

/// The events follow each other behind the head. Not with strstr: the sanitizer's measures the whole rest at each call.
static void expect_events(const secure_peer *peer, int events) {
    const char *at = strstr(peer->plain.text, "\r\n\r\n") + 4;
    char text[64];
    for (int i = 0; i < events; i++) {
        int count = snprintf(text, sizeof text, "data: %08d ..............................\n\n", i);
        CHECK(memcmp(at, text, (size_t)count) == 0);
        at += count;
    }
    CHECK(*at == 0);
}

TEST(a_client_that_reads_slowly_gets_all_and_little_waits_for_it_outside_of_the_fan_out) {
    world world;
    begin_secure(&world, config);
    secure_peer slow = secure_connect(&world, client_tls, 4096), quick = open_stream(&world);
    secure_send(&world, &slow, request);
    PUMP_UNTIL(world.loop, newest(&world) != NULL && world.next_id == 2);
    enum { EVENTS = 40000 };
    char text[64];
    for (int i = 0; i < EVENTS; i++) {
        snprintf(text, sizeof text, "data: %08d ..............................\n\n", i);
        write_text(newest(&world), text);
        write_text(sr_client_find(world.fanout, 1), text);
    }
    sr_client_finish(sr_client_find(world.fanout, 1));
    PUMP_UNTIL(world.loop, secure_has_ended(&quick));
    expect_events(&quick, EVENTS);
    sr_client_stats stats = sr_client_get_stats(newest(&world));
    CHECK(stats.bytes_sent < 1024 * 1024);
    sr_client_finish(newest(&world));
    PUMP_UNTIL(world.loop, (secure_receive(&slow, 50000), slow.plain.ended));
    CHECK(slow.closed_in_order);
    expect_events(&slow, EVENTS);
    secure_close(&slow);
    secure_close(&quick);
    end_secure(&world);
}

TEST(what_is_no_tls_is_answered_or_dropped) {
    world world;
    begin_secure(&world, config);
    peer plain = peer_connect(world.port, 0), noise = peer_connect(world.port, 0);
    peer_send(&plain, request);
    PUMP_UNTIL(world.loop, peer_has_ended(&plain));
    CHECK(strncmp(plain.text, "HTTP/1.1 400", 12) == 0 && strstr(plain.text, "https://") != NULL);
    peer_send(&noise, "\x16\x03\x01\xff\xff rubbish that is long enough to be looked at, and then some more of it");
    shutdown(noise.fd, SHUT_WR);
    PUMP_UNTIL(world.loop, peer_has_ended(&noise));
    CHECK_EQUAL(sr_http_get_stats(world.http).tls_failures, 2);
    CHECK_EQUAL(world.next_id, 0);
    peer_close(&plain);
    peer_close(&noise);
    end_secure(&world);
}

TEST(of_those_who_do_not_agree_on_tls_the_oldest_go) {
    world world;
    begin_secure(&world, config);
    enum { STRANGERS = MAX_GREETINGS + 6 };
    peer *strangers = calloc(STRANGERS, sizeof *strangers);
    for (int i = 0; i < STRANGERS; i++) {
        strangers[i] = peer_connect(world.port, 0);
        event_base_loop(sr_loop_base(world.loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    }
    PUMP_UNTIL(world.loop, sr_http_get_stats(world.http).tls_failures == STRANGERS - MAX_GREETINGS);
    PUMP_UNTIL(world.loop, peer_has_ended(&strangers[0]));
    CHECK(!peer_has_ended(&strangers[STRANGERS - 1]));
    secure_peer peer = open_stream(&world);
    secure_close(&peer);
    for (int i = 0; i < STRANGERS; i++)
        peer_close(&strangers[i]);
    free(strangers);
    end_secure(&world);
}

TEST(a_refusal_reaches_a_client_that_still_sends) {
    world world;
    begin_secure(&world, config);
    secure_peer peer = secure_connect(&world, client_tls, 0);
    secure_send(&world, &peer, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n");
    char body[4096];
    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = 0;
    for (int i = 0; i < 100; i++)
        SSL_write(peer.session, body, sizeof body - 1);
    ERR_clear_error();
    PUMP_UNTIL(world.loop, secure_has_ended(&peer));
    CHECK(strncmp(peer.plain.text, "HTTP/1.1 413", 12) == 0);
    secure_close(&peer);
    end_secure(&world);
}

TEST(streams_go_on_when_the_server_has_ended_and_end_with_the_loop) {
    world world;
    begin_secure(&world, config);
    secure_peer peer = open_stream(&world);
    secure_peer idle = secure_connect(&world, client_tls, 0);
    peer.plain.ended = false;
    sr_http_free(world.http);
    world.http = NULL;
    write_text(newest(&world), "data: still\n\n");
    PUMP_UNTIL(world.loop, secure_has(&peer, "data: still"));
    sr_fanout_free(world.fanout);
    end_loop(world.loop);
    secure_close(&peer);
    secure_close(&idle);
    sr_tls_release(client_tls);
}
