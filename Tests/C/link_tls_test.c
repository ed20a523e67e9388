#include "certificates.h"
#include "link_scene.h"
#include "tls.h"

#include <fcntl.h>

// MARK: - Scenes with TLS

static sr_tls *new_tls(const sr_tls_config *config) {
    sr_tls_file file;
    sr_error error;
    sr_tls *tls = sr_tls_new(config, &file, &error);
    if (!tls)
        check_failed(__FILE__, __LINE__, error.text);
    return tls;
}

/// NAME.pem and NAME.key; `authorities`: of clients, or NULL.
static sr_tls *new_server_tls(const char *certificate, const char *key, const char *authorities) {
    sr_tls_config config = {.role = SR_TLS_SERVER, .peer = "the agent"};
    config.certificate = test_file(certificate);
    config.key = test_file(key);
    config.authorities = authorities ? test_file(authorities) : NULL;
    return new_tls(&config);
}

/// `certificate` and `key` may be NULL.
static sr_tls *new_client_tls(const char *authorities, const char *certificate, const char *key) {
    sr_tls_config config = {.role = SR_TLS_CLIENT, .peer = "the gateway"};
    config.authorities = test_file(authorities);
    config.certificate = certificate ? test_file(certificate) : NULL;
    config.key = key ? test_file(key) : NULL;
    return new_tls(&config);
}

/// A gateway's certificate, an agent's, and an authority that nobody trusts.
static void make_files(void) {
    authority ca = new_authority("ca.pem");
    issue(&ca, "gateway", "DNS:localhost,IP:127.0.0.1");
    issue(&ca, "agent", "DNS:agent");
    issue(&ca, "elsewhere", "DNS:elsewhere.example,IP:192.0.2.1");
    issue_within(&ca, "expired", "IP:127.0.0.1", -3600, -60);
    issue_within(&ca, "early", "IP:127.0.0.1", 3600, 7200);
    free_authority(&ca);
    authority other = new_authority("other.pem");
    issue(&other, "stranger", "IP:127.0.0.1");
    free_authority(&other);
}

/// Nothing has been dialled yet.
static scene *new_tls_scene(void) {
    make_files();
    scene *scene = new_scene();
    scene->server_tls = new_server_tls("gateway.pem", "gateway.key", NULL);
    scene->client_tls = new_client_tls("ca.pem", NULL, NULL);
    return scene;
}

static scene *new_secured_scene(void) {
    scene *scene = new_tls_scene();
    dial(scene, "127.0.0.1");
    PUMP_UNTIL(scene->loop, scene->client.connected == 1 && scene->server.link);
    return scene;
}

static void pump_a_while(scene *scene) {
    for (int i = 0; i < 50; i++)
        pump(scene->loop, UINT64_MAX, __FILE__, __LINE__, "");
}

// MARK: - Frames

TEST(frames_of_all_sizes_come_back_from_an_echo) {
    static const size_t sizes[] = {0, 1, 127, 128, 4000, 16384, 65536, 262144, 300000, MAX_OUTPUT - 5};
    scene *scene = new_secured_scene();
    scene->server.echoes = true;
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *payload = new_payload(sizes[i]);
        for (size_t j = 0; j < sizes[i]; j++)
            sum += payload[j];
        CHECK(sr_link_send(scene->client.link, payload, sizes[i]));
        free(payload);
        PUMP_UNTIL(scene->loop, scene->client.frames == i + 1);
    }
    CHECK_EQUAL(scene->client.sum, sum);
    end_scene(scene);
}

TEST(frames_sent_before_the_handshake_is_over_arrive_after_it) {
    scene *scene = new_tls_scene();
    dial(scene, "localhost");
    CHECK(sr_link_send(scene->client.link, (const uint8_t *)"hello", 5));
    PUMP_UNTIL(scene->loop, scene->server.link);
    CHECK(sr_link_send(scene->server.link, (const uint8_t *)"welcome", 7));
    PUMP_UNTIL(scene->loop, scene->server.frames == 1 && scene->client.frames == 1);
    CHECK_EQUAL(scene->client.connected, 1);
    CHECK_EQUAL(scene->client.bytes, 7);
    end_scene(scene);
}

TEST(many_frames_cross_in_both_directions) {
    scene *scene = new_secured_scene();
    uint64_t sent[2] = {0}, bytes[2] = {0};
    uint8_t *payload = new_payload(100000);
    for (int round = 0; round < 400; round++) {
        for (int i = 0; i < 2; i++) {
            size_t count = check_random() % (check_random() % 8 ? 2000 : 100000);
            if (!sr_link_send(i == 0 ? scene->client.link : scene->server.link, payload, count))
                continue;
            sent[i]++;
            bytes[i] += count;
        }
        event_base_loop(sr_loop_base(scene->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    }
    free(payload);
    PUMP_UNTIL(scene->loop, scene->server.frames == sent[0] && scene->client.frames == sent[1]);
    CHECK_EQUAL(scene->server.bytes, bytes[0]);
    CHECK_EQUAL(scene->client.bytes, bytes[1]);
    end_scene(scene);
}

// MARK: - Backpressure

TEST(a_slow_reader_gets_everything_and_output_beyond_the_bound_is_refused) {
    scene *scene = new_secured_scene();
    sr_link_pause(scene->server.link);
    size_t sent = fill(scene);
    CHECK(sr_link_pending(scene->client.link) > LOW_WATER);
    CHECK_EQUAL(scene->server.frames, 0);
    for (int i = 0; i < 20; i++) { // a little at a time, so that writes are cut anywhere
        sr_link_resume(scene->server.link);
        event_base_loop(sr_loop_base(scene->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
        sr_link_pause(scene->server.link);
        event_base_loop(sr_loop_base(scene->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    }
    sr_link_resume(scene->server.link);
    PUMP_UNTIL(scene->loop, scene->server.frames == sent && scene->client.drained >= 1);
    CHECK_EQUAL(scene->server.bytes, sent * 50000);
    CHECK_EQUAL(sr_link_pending(scene->client.link), 0);
    end_scene(scene);
}

TEST(what_openssl_has_read_already_is_delivered_after_a_pause) {
    scene *scene = new_secured_scene();
    scene->server.pauses = true;
    uint8_t payload[1000] = {0};
    for (int i = 0; i < 900; i++) // more than one read takes, fewer than the output bound
        CHECK(sr_link_send(scene->client.link, payload, sizeof payload));
    uint64_t expected = 0;
    while (expected < 900) {
        PUMP_UNTIL(scene->loop, scene->server.frames > expected);
        expected = scene->server.frames;
        pump_a_while(scene);
        CHECK_EQUAL(scene->server.frames, expected);
        sr_link_resume(scene->server.link);
    }
    CHECK_EQUAL(scene->server.frames, 900);
    end_scene(scene);
}

TEST(the_last_frames_come_also_when_openssl_alone_holds_them) {
    scene *scene = new_secured_scene();
    sr_link_pause(scene->server.link);
    uint8_t payload[1000] = {0};
    // A little more than one read takes, all of it there before the first: the kernel has nothing left to tell of.
    size_t count = SR_SCRATCH_SIZE / sizeof payload + 4;
    for (size_t i = 0; i < count; i++)
        CHECK(sr_link_send(scene->client.link, payload, sizeof payload));
    PUMP_UNTIL(scene->loop, sr_link_pending(scene->client.link) == 0);
    sr_link_resume(scene->server.link);
    PUMP_UNTIL(scene->loop, scene->server.frames == count);
    end_scene(scene);
}

TEST(a_link_that_is_paused_during_the_handshake_reads_nothing_after_it) {
    scene *scene = new_tls_scene();
    dial(scene, "127.0.0.1");
    CHECK(sr_link_send(scene->client.link, (const uint8_t *)"x", 1));
    PUMP_UNTIL(scene->loop, scene->server.link);
    sr_link_pause(scene->server.link);
    PUMP_UNTIL(scene->loop, scene->client.connected == 1 && sr_link_pending(scene->client.link) == 0);
    pump_a_while(scene);
    CHECK_EQUAL(scene->server.frames, 0);
    sr_link_resume(scene->server.link);
    PUMP_UNTIL(scene->loop, scene->server.frames == 1);
    end_scene(scene);
}

// MARK: - Closing

TEST(everything_queued_arrives_before_a_graceful_close) {
    scene *scene = new_secured_scene();
    sr_link_pause(scene->server.link);
    size_t sent = fill(scene);
    CHECK(sr_link_send(scene->server.link, (const uint8_t *)"unread", 6));
    sr_link_close_after_flush(scene->client.link, 10000);
    sr_link_resume(scene->server.link);
    PUMP_UNTIL(scene->loop, scene->client.closed && scene->server.closed);
    CHECK_EQUAL(scene->server.frames, sent);
    CHECK_EQUAL(scene->server.reason, SR_LINK_CLOSED_BY_PEER);
    CHECK_TEXT(scene->server.detail, "closed by the peer");
    CHECK_EQUAL(scene->client.reason, SR_LINK_CLOSED_BY_US);
    CHECK_EQUAL(scene->client.frames, 0);
    end_scene(scene);
}

TEST(a_close_at_once_is_an_end_that_the_peer_understands) {
    scene *scene = new_secured_scene();
    sr_link_close_after_flush(scene->client.link, 0);
    PUMP_UNTIL(scene->loop, scene->client.closed && scene->server.closed);
    CHECK_EQUAL(scene->client.reason, SR_LINK_CLOSED_BY_US);
    CHECK_EQUAL(scene->server.reason, SR_LINK_CLOSED_BY_PEER);
    CHECK_TEXT(scene->server.detail, "closed by the peer");
    end_scene(scene);
}

TEST(a_frame_sent_during_the_handshake_is_flushed_by_a_graceful_close) {
    scene *scene = new_tls_scene();
    dial(scene, "127.0.0.1");
    PUMP_UNTIL(scene->loop, scene->server.link);
    CHECK(sr_link_send(scene->server.link, (const uint8_t *)"busy", 4));
    sr_link_close_after_flush(scene->server.link, 5000);
    PUMP_UNTIL(scene->loop, scene->server.closed && scene->client.closed);
    CHECK_EQUAL(scene->client.frames, 1);
    CHECK_EQUAL(scene->server.reason, SR_LINK_CLOSED_BY_US);
    CHECK_EQUAL(scene->client.reason, SR_LINK_CLOSED_BY_PEER);
    end_scene(scene);
}

TEST(stopping_the_loop_during_a_handshake_closes_its_links) {
    scene *scene = new_tls_scene();
    dial(scene, "127.0.0.1");
    PUMP_UNTIL(scene->loop, scene->server.link);
    end_scene(scene);
}

// MARK: - A peer made of OpenSSL alone

/// A socket whose session is used by the test's own hands; `bytes` of TLS are carried between it and the link.
typedef struct hand {
    int fd;
    SSL_CTX *context;
    SSL *session;
} hand;

static hand shake_by_hand(scene *scene, bool with_version_12) {
    hand hand = {.fd = connect_plainly(scene), .context = SSL_CTX_new(TLS_client_method())};
    if (with_version_12)
        SSL_CTX_set_max_proto_version(hand.context, TLS1_2_VERSION);
    hand.session = SSL_new(hand.context);
    SSL_set_fd(hand.session, hand.fd);
    fcntl(hand.fd, F_SETFL, O_NONBLOCK);
    PUMP_UNTIL(scene->loop, SSL_connect(hand.session) == 1);
    return hand;
}

static void let_go(hand *hand) {
    SSL_free(hand->session);
    SSL_CTX_free(hand->context);
    close(hand->fd);
}

TEST(tls_1_2_is_spoken_and_nothing_older) {
    scene *scene = new_tls_scene();
    hand hand = shake_by_hand(scene, true);
    CHECK_EQUAL(SSL_write(hand.session, "\x01x", 2), 2);
    PUMP_UNTIL(scene->loop, scene->server.frames == 1);
    let_go(&hand);
    PUMP_UNTIL(scene->loop, scene->server.closed == 1);
    scene->server.closed = 0;

    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    SSL *session = SSL_new(context);
    int fd = connect_plainly(scene);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    SSL_set_fd(session, fd);
    SSL_connect(session);
    PUMP_UNTIL(scene->loop, SSL_connect(session) != 1 && SSL_get_error(session, -1) == SSL_ERROR_SSL);
    SSL_free(session);
    SSL_CTX_free(context);
    close(fd);
    PUMP_UNTIL(scene->loop, scene->server.closed == 1);
    CHECK_EQUAL(scene->server.reason, SR_LINK_TLS_FAILED);
    CHECK(strstr(scene->server.detail, "the agent has no version of TLS in common") == scene->server.detail);
    end_scene(scene);
}

TEST(a_socket_closed_without_the_end_of_tls_is_told_from_a_clean_end) {
    scene *scene = new_tls_scene();
    hand hand = shake_by_hand(scene, false);
    CHECK_EQUAL(SSL_write(hand.session, "\x01x", 2), 2);
    let_go(&hand);
    PUMP_UNTIL(scene->loop, scene->server.closed);
    CHECK_EQUAL(scene->server.frames, 1);
    CHECK_EQUAL(scene->server.reason, SR_LINK_CLOSED_BY_PEER);
    CHECK_TEXT(scene->server.detail, "closed by the peer, without the end that TLS has");
    end_scene(scene);
}

TEST(an_end_in_the_middle_of_a_frame_or_a_record_is_truncated) {
    scene *scene = new_tls_scene();
    hand hand = shake_by_hand(scene, false);
    CHECK_EQUAL(SSL_write(hand.session, "\x05half", 5), 5);
    SSL_shutdown(hand.session);
    let_go(&hand);
    PUMP_UNTIL(scene->loop, scene->server.closed);
    CHECK_EQUAL(scene->server.reason, SR_LINK_TRUNCATED);
    CHECK_TEXT(scene->server.detail, "the peer closed in the middle of a frame");
    scene->server.closed = 0;
    hand = shake_by_hand(scene, false);
    write_all(hand.fd, "\x17\x03\x03\x01\x00 ...", 9); // a record of 256 bytes begins
    let_go(&hand);
    PUMP_UNTIL(scene->loop, scene->server.closed);
    CHECK_EQUAL(scene->server.reason, SR_LINK_TRUNCATED);
    CHECK_TEXT(scene->server.detail, "the peer closed in the middle of a record of TLS");
    end_scene(scene);
}

TEST(a_forged_record_ends_the_link_after_the_frames_before_it) {
    scene *scene = new_tls_scene();
    hand hand = shake_by_hand(scene, false);
    CHECK_EQUAL(SSL_write(hand.session, "\x01x", 2), 2);
    write_all(hand.fd, "\x17\x03\x03\x00\x20 0123456789012345678901234567890", 37);
    PUMP_UNTIL(scene->loop, scene->server.frames == 1);
    let_go(&hand);
    PUMP_UNTIL(scene->loop, scene->server.closed);
    CHECK_EQUAL(scene->server.reason, SR_LINK_TLS_FAILED);
    CHECK_EQUAL(scene->server.tls_failure, SR_TLS_OTHER_FAILURE);
    end_scene(scene);
}

TEST(keys_may_be_updated_in_the_middle) {
    scene *scene = new_tls_scene();
    scene->server.echoes = true;
    hand hand = shake_by_hand(scene, false);
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(SSL_key_update(hand.session, SSL_KEY_UPDATE_REQUESTED), 1);
        CHECK_EQUAL(SSL_write(hand.session, "\x01x", 2), 2);
        char answer[2];
        PUMP_UNTIL(scene->loop, SSL_read(hand.session, answer, 2) == 2);
    }
    let_go(&hand);
    PUMP_UNTIL(scene->loop, scene->server.closed);
    CHECK_EQUAL(scene->server.frames, 3);
    end_scene(scene);
}

TEST(a_handshake_that_stops_half_way_is_closed_when_its_user_says_so) {
    scene *scene = new_tls_scene();
    int fd = connect_plainly(scene);
    write_all(fd, "\x16\x03\x01\x02\x00", 5);
    PUMP_UNTIL(scene->loop, scene->server.link);
    pump_a_while(scene);
    CHECK_EQUAL(scene->server.closed, 0);
    CHECK(sr_link_send(scene->server.link, (const uint8_t *)"late", 4));
    sr_link_close_after_flush(scene->server.link, 50);
    PUMP_UNTIL(scene->loop, scene->server.closed);
    CHECK_EQUAL(scene->server.reason, SR_LINK_CLOSED_BY_US);
    close(fd);
    end_scene(scene);
}

TEST(a_server_that_never_answers_is_given_up_by_its_client) {
    make_files();
    scene *scene = new_scene();
    scene->client_tls = new_client_tls("ca.pem", NULL, NULL);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    CHECK(bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, 4) == 0);
    getsockname(fd, (struct sockaddr *)&address, &length);
    sr_link_config used = config;
    used.tls = scene->client_tls;
    scene->client.link =
        sr_link_connect(scene->loop, "127.0.0.1", ntohs(address.sin_port), 100, &used, &callbacks, &scene->client);
    PUMP_UNTIL(scene->loop, scene->client.closed);
    CHECK_EQUAL(scene->client.reason, SR_LINK_TLS_FAILED);
    CHECK_TEXT(scene->client.detail, "the gateway has not finished the handshake of TLS in time");
    CHECK_EQUAL(scene->client.connected, 0);
    close(fd);
    end_scene(scene);
}

// MARK: - Peers without TLS

TEST(a_plain_peer_on_a_port_with_tls_is_told_from_its_first_byte) {
    for (int i = 0; i < 2; i++) {
        scene *scene = new_tls_scene();
        int fd = connect_plainly(scene);
        // The second looks like the beginning of a record of 2 816 bytes.
        write_all(fd, i == 0 ? "GET / HTTP/1.1\r\n" : "\x90\x03\x0a\x0b\x00 ...........", 16);
        PUMP_UNTIL(scene->loop, scene->server.link);
        char answer[16];
        fcntl(fd, F_SETFL, O_NONBLOCK);
        PUMP_UNTIL(scene->loop, read(fd, answer, sizeof answer) == 7);
        CHECK_EQUAL(answer[0], 21);
        close(fd);
        PUMP_UNTIL(scene->loop, scene->server.closed);
        CHECK_EQUAL(scene->server.reason, SR_LINK_TLS_FAILED);
        CHECK_EQUAL(scene->server.tls_failure, SR_TLS_NOT_SPOKEN);
        CHECK_TEXT(scene->server.detail, "the agent does not speak TLS");
        end_scene(scene);
    }
}

TEST(a_plain_link_to_a_port_with_tls_learns_that) {
    scene *scene = new_tls_scene();
    sr_tls *unused = scene->client_tls;
    scene->client_tls = NULL;
    dial(scene, "127.0.0.1");
    uint8_t *payload = new_payload(400000); // which nobody reads: it must not turn the close into a reset
    CHECK(sr_link_send(scene->client.link, payload, 400000));
    free(payload);
    PUMP_UNTIL(scene->loop, scene->client.closed && scene->server.closed);
    CHECK_EQUAL(scene->client.reason, SR_LINK_TLS_EXPECTED);
    CHECK_TEXT(scene->client.detail, "the peer speaks nothing but TLS on this port");
    CHECK_EQUAL(scene->server.tls_failure, SR_TLS_NOT_SPOKEN);
    sr_tls_release(unused);
    end_scene(scene);
}

TEST(a_client_with_tls_on_a_plain_port_learns_that) {
    scene *scene = new_tls_scene();
    sr_tls_release(scene->server_tls);
    scene->server_tls = NULL;
    scene->server.departs = true; // after what it takes for frames, the first one of 22 bytes
    dial(scene, "127.0.0.1");
    PUMP_UNTIL(scene->loop, scene->client.closed && scene->server.closed);
    CHECK_EQUAL(scene->client.tls_failure, SR_TLS_NOT_SPOKEN);
    CHECK_TEXT(scene->client.detail, "the gateway does not speak TLS on this port");
    end_scene(scene);
}

// MARK: - Certificates

/// Dials `host` and expects both ends to end for the reasons, before any frame.
static void expect_failure(scene *scene, const char *host, sr_tls_failure client, const char *client_detail,
                           const char *server_detail) {
    dial(scene, host);
    CHECK(sr_link_send(scene->client.link, (const uint8_t *)"hello", 5));
    PUMP_UNTIL(scene->loop, scene->client.closed && scene->server.closed);
    CHECK_EQUAL(scene->client.reason, SR_LINK_TLS_FAILED);
    CHECK_TEXT(scene->client.detail, client_detail);
    CHECK_EQUAL(scene->client.tls_failure, client);
    CHECK_EQUAL(scene->server.reason, SR_LINK_TLS_FAILED);
    CHECK_TEXT(scene->server.detail, server_detail);
    CHECK_EQUAL(scene->server.frames, 0);
    end_scene(scene);
}

static void expect_server_refused(const char *name, const char *host, sr_tls_failure failure, const char *detail,
                                  const char *server_detail) {
    scene *scene = new_tls_scene();
    char certificate[64], key[64];
    snprintf(certificate, sizeof certificate, "%s.pem", name);
    snprintf(key, sizeof key, "%s.key", name);
    sr_tls_release(scene->server_tls);
    scene->server_tls = new_server_tls(certificate, key, NULL);
    expect_failure(scene, host, failure, detail, server_detail);
}

TEST(a_certificate_for_another_name_is_refused) {
    expect_server_refused("elsewhere", "localhost", SR_TLS_CERTIFICATE_MISPLACED,
                          "the gateway's certificate is not valid for localhost",
                          "the agent refuses this side's certificate: bad certificate");
}
TEST(a_certificate_for_another_address_is_refused) {
    expect_server_refused("elsewhere", "127.0.0.1", SR_TLS_CERTIFICATE_MISPLACED,
                          "the gateway's certificate is not valid for 127.0.0.1",
                          "the agent refuses this side's certificate: bad certificate");
}
TEST(a_certificate_of_another_authority_is_refused) {
    char detail[200];
    snprintf(detail, sizeof detail, "the gateway's certificate is not signed by a CA in %s", test_file("ca.pem"));
    expect_server_refused("stranger", "127.0.0.1", SR_TLS_CERTIFICATE_UNTRUSTED, detail,
                          "the agent does not trust the CA of this side's certificate");
}
TEST(a_certificate_that_has_expired_is_refused) {
    expect_server_refused("expired", "127.0.0.1", SR_TLS_CERTIFICATE_UNTIMELY,
                          "the gateway's certificate, or that of its CA, has expired",
                          "the agent says that this side's certificate has expired or is not valid yet");
}
TEST(a_certificate_that_is_not_valid_yet_is_refused) {
    expect_server_refused("early", "127.0.0.1", SR_TLS_CERTIFICATE_UNTIMELY,
                          "the gateway's certificate is not valid yet: is the clock of one side wrong?",
                          "the agent refuses this side's certificate: bad certificate");
}

TEST(a_client_with_the_certificate_that_is_demanded_is_let_in) {
    scene *scene = new_tls_scene();
    sr_tls_release(scene->server_tls);
    sr_tls_release(scene->client_tls);
    scene->server_tls = new_server_tls("gateway.pem", "gateway.key", "ca.pem");
    scene->client_tls = new_client_tls("ca.pem", "agent.pem", "agent.key");
    dial(scene, "127.0.0.1");
    CHECK(sr_link_send(scene->client.link, (const uint8_t *)"hello", 5));
    PUMP_UNTIL(scene->loop, scene->server.frames == 1);
    end_scene(scene);
}

TEST(a_client_without_the_certificate_that_is_demanded_is_refused_and_told) {
    scene *scene = new_tls_scene();
    sr_tls_release(scene->server_tls);
    scene->server_tls = new_server_tls("gateway.pem", "gateway.key", "ca.pem");
    expect_failure(scene, "127.0.0.1", SR_TLS_CERTIFICATE_DEMANDED, "the gateway demands a client certificate",
                   "the agent has shown no certificate");
}

TEST(a_client_with_a_certificate_of_another_authority_is_refused_and_told) {
    scene *scene = new_tls_scene();
    sr_tls_release(scene->server_tls);
    sr_tls_release(scene->client_tls);
    scene->server_tls = new_server_tls("gateway.pem", "gateway.key", "ca.pem");
    scene->client_tls = new_client_tls("ca.pem", "stranger.pem", "stranger.key");
    char detail[200];
    snprintf(detail, sizeof detail, "the agent's certificate is not signed by a CA in %s", test_file("ca.pem"));
    expect_failure(scene, "127.0.0.1", SR_TLS_CERTIFICATE_REFUSED,
                   "the gateway does not trust the CA of this side's certificate", detail);
}

TEST(files_read_anew_hold_for_new_connections_and_leave_the_others) {
    scene *scene = new_tls_scene();
    sr_tls_release(scene->server_tls);
    scene->server_tls = new_server_tls("elsewhere.pem", "elsewhere.key", NULL);
    hand before = shake_by_hand(scene, false); // which verifies nothing
    sr_link *first = scene->server.link;
    CHECK_EQUAL(rename(test_file("gateway.pem"), test_file("elsewhere.pem")), 0);
    CHECK_EQUAL(rename(test_file("gateway.key"), test_file("elsewhere.key")), 0);
    sr_tls_file file;
    sr_error error;
    CHECK(sr_tls_reload(scene->server_tls, &file, &error));
    CHECK_EQUAL(SSL_write(before.session, "\x01x", 2), 2);
    PUMP_UNTIL(scene->loop, scene->server.frames == 1);
    dial(scene, "127.0.0.1");
    PUMP_UNTIL(scene->loop, scene->client.connected == 1 && scene->server.link != first);
    CHECK_EQUAL(scene->server.closed, 0);
    sr_link *second = scene->server.link;
    let_go(&before);
    PUMP_UNTIL(scene->loop, scene->server.closed == 1);
    scene->server.closed = 0;
    scene->server.link = second;
    end_scene(scene);
}
