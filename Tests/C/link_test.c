#include "link_scene.h"

#include <fcntl.h>
#include <sys/resource.h>

// MARK: - Frames

TEST(frames_of_all_sizes_come_back_from_an_echo) {
    static const size_t sizes[] = {0, 1, 127, 128, 4000, 16384, 65536, 262144, 300000, MAX_OUTPUT - 5};
    scene *scene = new_connected_scene();
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

TEST(frames_sent_before_the_connection_is_up_arrive_after_it) {
    scene *scene = new_scene();
    dial(scene, "127.0.0.1");
    CHECK_EQUAL(scene->client.connected, 0);
    CHECK(sr_link_send(scene->client.link, (const uint8_t *)"hello", 5));
    CHECK_EQUAL(sr_link_pending(scene->client.link), 6);
    PUMP_UNTIL(scene->loop, scene->server.frames == 1);
    CHECK_EQUAL(scene->server.bytes, 5);
    end_scene(scene);
}

TEST(a_frame_may_arrive_byte_by_byte) {
    scene *scene;
    int fd = new_plain_scene(&scene);
    uint8_t bytes[302] = {0xac, 0x02};
    for (size_t i = 0; i < sizeof bytes; i++) {
        write_all(fd, bytes + i, 1);
        event_base_loop(sr_loop_base(scene->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    }
    PUMP_UNTIL(scene->loop, scene->server.frames == 1);
    CHECK_EQUAL(scene->server.bytes, 300);
    close(fd);
    end_scene(scene);
}

TEST(random_cuts_lose_and_invent_nothing) {
    scene *scene;
    int fd = new_plain_scene(&scene);
    uint64_t frames = 0, sum = 0;
    for (int round = 0; round < 200; round++) {
        uint8_t stream[60000];
        size_t filled = 0;
        while (filled < 20000) {
            size_t count = check_random() % (check_random() % 8 ? 100 : 30000);
            filled += sr_frame_prefix(count, stream + filled);
            for (size_t i = 0; i < count; i++)
                sum += stream[filled++] = (uint8_t)check_random();
            frames++;
        }
        for (size_t sent = 0; sent < filled;) {
            size_t piece = 1 + check_random() % 9000;
            piece = piece < filled - sent ? piece : filled - sent;
            write_all(fd, stream + sent, piece);
            sent += piece;
            event_base_loop(sr_loop_base(scene->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
        }
    }
    PUMP_UNTIL(scene->loop, scene->server.frames == frames);
    CHECK_EQUAL(scene->server.sum, sum);
    close(fd);
    end_scene(scene);
}

TEST(many_small_frames_come_in_batches) {
    scene *scene;
    int fd = new_plain_scene(&scene);
    uint8_t frames[2000] = {0}; // a thousand frames of one byte each
    for (size_t i = 0; i < sizeof frames; i += 2)
        frames[i] = 1;
    write_all(fd, frames, sizeof frames);
    PUMP_UNTIL(scene->loop, scene->server.frames == 1000);
    CHECK(scene->server.calls >= 4 && scene->server.calls < 20);
    close(fd);
    end_scene(scene);
}

// MARK: - What a peer can do wrong

static void expect_end_after(const void *bytes, size_t count, sr_link_close reason, uint64_t frames) {
    scene *scene;
    int fd = new_plain_scene(&scene);
    write_all(fd, bytes, count);
    shutdown(fd, SHUT_WR);
    PUMP_UNTIL(scene->loop, scene->server.closed);
    CHECK_EQUAL(scene->server.reason, reason);
    CHECK_EQUAL(scene->server.frames, frames);
    CHECK(scene->server.detail[0] != 0);
    close(fd);
    end_scene(scene);
}

TEST(an_oversized_frame_ends_the_link_after_the_frames_before_it) {
    expect_end_after("\x01x\xff\xff\xff\x7f", 6, SR_LINK_FRAME_TOO_LARGE, 1);
}
TEST(a_malformed_prefix_ends_the_link_after_the_frames_before_it) {
    expect_end_after("\x01x\x01y\xff\xff\xff\xff\xff\xff", 10, SR_LINK_FRAME_MALFORMED, 2);
}

TEST(a_peer_that_sends_a_bad_frame_can_be_told_why) {
    scene *scene;
    int fd = new_plain_scene(&scene);
    scene->server.says_goodbye = true;
    static uint8_t flood[100000]; // unread input must not turn the close into a reset
    memset(flood, 0xff, sizeof flood);
    write_all(fd, flood, sizeof flood);
    PUMP_UNTIL(scene->loop, scene->server.bad_frames == 1);
    write_all(fd, flood, sizeof flood);
    for (int i = 0; i < 20; i++)
        pump(scene->loop, UINT64_MAX, __FILE__, __LINE__, "");
    char answer[8];
    CHECK_EQUAL(read(fd, answer, sizeof answer), 4);
    CHECK(memcmp(answer,
                 "\x03"
                 "bye",
                 4) == 0);
    CHECK_EQUAL(read(fd, answer, sizeof answer), 0);
    CHECK_EQUAL(scene->server.closed, 0);
    close(fd);
    PUMP_UNTIL(scene->loop, scene->server.closed);
    CHECK_EQUAL(scene->server.reason, SR_LINK_FRAME_MALFORMED);
    CHECK_TEXT(scene->server.detail, "the peer sent what is no frame");
    CHECK_EQUAL(scene->server.bad_frames, 1);
    CHECK_EQUAL(scene->server.frames, 0);
    end_scene(scene);
}

TEST(a_peer_that_sends_a_bad_frame_and_stays_is_closed_all_the_same) {
    scene *scene;
    int fd = new_plain_scene(&scene);
    write_all(fd, "\xff\xff\xff\xff\x0f", 5);
    PUMP_UNTIL(scene->loop, scene->server.closed);
    CHECK_EQUAL(scene->server.reason, SR_LINK_FRAME_TOO_LARGE);
    close(fd);
    end_scene(scene);
}

TEST(an_end_in_the_middle_of_a_frame_is_told_from_a_clean_one) {
    expect_end_after("\x01x\x05half", 7, SR_LINK_TRUNCATED, 1);
    expect_end_after("\x01x", 2, SR_LINK_CLOSED_BY_PEER, 1);
}
TEST(an_end_in_the_middle_of_a_prefix_is_truncated_too) {
    expect_end_after("\x80", 1, SR_LINK_TRUNCATED, 0);
}

TEST(a_reset_ends_the_link_with_an_error) {
    scene *scene;
    int fd = new_plain_scene(&scene);
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(fd);
    PUMP_UNTIL(scene->loop, scene->server.closed);
    CHECK_EQUAL(scene->server.reason, SR_LINK_IO_ERROR);
    CHECK_TEXT(scene->server.detail, "reading failed: Connection reset by peer");
    end_scene(scene);
}

TEST(an_announced_large_frame_costs_no_memory_before_it_comes) {
    scene *scene;
    int fd = new_plain_scene(&scene);
    uint8_t start[20000] = {0};
    sr_frame_prefix(MAX_FRAME, start);
    write_all(fd, start, sizeof start);
    uint8_t more[1] = {0};
    for (int i = 0; i < 50; i++) {
        write_all(fd, more, 1);
        event_base_loop(sr_loop_base(scene->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    }
    CHECK_EQUAL(scene->server.frames, 0);
    CHECK_EQUAL(scene->server.closed, 0);
    uint8_t *rest = calloc(1, MAX_FRAME);
    size_t left = MAX_FRAME + 4 - sizeof start - 50;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (left > 0) {
        ssize_t count = write(fd, rest, left);
        left -= count > 0 ? (size_t)count : 0;
        event_base_loop(sr_loop_base(scene->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    }
    PUMP_UNTIL(scene->loop, scene->server.frames == 1);
    CHECK_EQUAL(scene->server.bytes, MAX_FRAME);
    free(rest);
    close(fd);
    end_scene(scene);
}

// MARK: - Backpressure

TEST(output_beyond_the_bound_is_refused_and_nothing_accepted_is_lost) {
    scene *scene = new_connected_scene();
    sr_link_pause(scene->server.link);
    size_t sent = fill(scene);
    CHECK(sr_link_pending(scene->client.link) > LOW_WATER);
    CHECK_EQUAL(scene->server.frames, 0);
    CHECK_EQUAL(scene->client.drained, 0);
    sr_link_resume(scene->server.link);
    PUMP_UNTIL(scene->loop, scene->server.frames == sent && scene->client.drained == 1);
    CHECK_EQUAL(scene->server.bytes, sent * 50000);
    CHECK_EQUAL(sr_link_pending(scene->client.link), 0);
    CHECK(sr_link_send(scene->client.link, (const uint8_t *)"x", 1));
    end_scene(scene);
}

TEST(a_frame_larger_than_the_output_bound_is_refused) {
    scene *scene = new_connected_scene();
    uint8_t *payload = new_payload(MAX_OUTPUT);
    CHECK(!sr_link_send(scene->client.link, payload, MAX_OUTPUT));
    CHECK(!sr_link_send(scene->client.link, payload, MAX_OUTPUT - 2));
    free(payload);
    CHECK(sr_link_send(scene->client.link, (const uint8_t *)"x", 1));
    PUMP_UNTIL(scene->loop, scene->server.frames == 1);
    end_scene(scene);
}

TEST(a_pause_inside_of_a_callback_holds_back_what_has_been_read) {
    scene *scene;
    int fd = new_plain_scene(&scene);
    scene->server.pauses = true;
    static uint8_t frames[200000]; // one hundred thousand frames of one byte each
    for (size_t i = 0; i < sizeof frames; i += 2)
        frames[i] = 1;
    write_all(fd, frames, sizeof frames);
    uint64_t expected = 0;
    while (expected < 100000) {
        PUMP_UNTIL(scene->loop, scene->server.frames > expected);
        CHECK_EQUAL(scene->server.calls, 1);
        expected = scene->server.frames;
        pump(scene->loop, UINT64_MAX, __FILE__, __LINE__, "");
        CHECK_EQUAL(scene->server.frames, expected);
        scene->server.calls = 0;
        sr_link_resume(scene->server.link);
        CHECK_EQUAL(scene->server.frames, expected); // not from inside the call
    }
    CHECK_EQUAL(scene->server.frames, 100000);
    close(fd);
    PUMP_UNTIL(scene->loop, scene->server.closed);
    CHECK_EQUAL(scene->server.reason, SR_LINK_CLOSED_BY_PEER);
    end_scene(scene);
}

TEST(pauses_nest) {
    scene *scene;
    int fd = new_plain_scene(&scene);
    sr_link_pause(scene->server.link);
    sr_link_pause(scene->server.link);
    write_all(fd, "\x01x", 2);
    sr_link_resume(scene->server.link);
    for (int i = 0; i < 20; i++)
        pump(scene->loop, UINT64_MAX, __FILE__, __LINE__, "");
    CHECK_EQUAL(scene->server.frames, 0);
    sr_link_resume(scene->server.link);
    PUMP_UNTIL(scene->loop, scene->server.frames == 1);
    close(fd);
    end_scene(scene);
}

// MARK: - Closing

TEST(closing_reports_once_and_never_from_inside_of_the_call) {
    scene *scene = new_connected_scene();
    scene->client.in_user_call = true;
    sr_link_close_after_flush(scene->client.link, 0);
    sr_link_close_after_flush(scene->client.link, 100);
    CHECK(!sr_link_send(scene->client.link, (const uint8_t *)"x", 1));
    scene->client.in_user_call = false;
    PUMP_UNTIL(scene->loop, scene->client.closed && scene->server.closed);
    CHECK_EQUAL(scene->client.reason, SR_LINK_CLOSED_BY_US);
    CHECK_EQUAL(scene->server.reason, SR_LINK_CLOSED_BY_PEER);
    end_scene(scene);
}

TEST(no_frame_follows_a_close_or_a_false_from_on_frames) {
    for (int how = 0; how < 2; how++) {
        scene *scene;
        int fd = new_plain_scene(&scene);
        scene->server.closes = how == 0;
        scene->server.refuses = how == 1;
        uint8_t frames[2000] = {0};
        write_all(fd, frames, sizeof frames);
        PUMP_UNTIL(scene->loop, scene->server.closed);
        CHECK_EQUAL(scene->server.calls, 1);
        CHECK_EQUAL(scene->server.frames, 256);
        CHECK_EQUAL(scene->server.reason, SR_LINK_CLOSED_BY_US);
        close(fd);
        end_scene(scene);
    }
}

TEST(a_bad_frame_does_not_cut_a_graceful_close_short) {
    scene *scene;
    int fd = new_plain_scene(&scene);
    scene->server.says_goodbye = true;
    scene->server.departs = true;
    write_all(fd, "\x01x\xff\xff\xff\xff\xff", 7);
    PUMP_UNTIL(scene->loop, scene->server.frames == 1);
    shutdown(fd, SHUT_WR);
    PUMP_UNTIL(scene->loop, scene->server.closed);
    CHECK_EQUAL(scene->server.reason, SR_LINK_CLOSED_BY_US);
    CHECK_EQUAL(scene->server.bad_frames, 0);
    char answer[8];
    CHECK_EQUAL(read(fd, answer, sizeof answer), 4);
    close(fd);
    end_scene(scene);
}

TEST(a_large_frame_may_close_its_link) {
    scene *scene = new_connected_scene();
    scene->server.closes = true;
    uint8_t *payload = new_payload(500000);
    CHECK(sr_link_send(scene->client.link, payload, 500000));
    free(payload);
    PUMP_UNTIL(scene->loop, scene->server.closed && scene->client.closed);
    CHECK_EQUAL(scene->server.frames, 1);
    end_scene(scene);
}

TEST(everything_queued_arrives_before_a_graceful_close) {
    scene *scene = new_connected_scene();
    sr_link_pause(scene->server.link);
    size_t sent = fill(scene);
    // Unread input on our side must not turn the close into a reset.
    CHECK(sr_link_send(scene->server.link, (const uint8_t *)"unread", 6));
    sr_link_close_after_flush(scene->client.link, 10000);
    sr_link_resume(scene->server.link);
    PUMP_UNTIL(scene->loop, scene->client.closed && scene->server.closed);
    CHECK_EQUAL(scene->server.frames, sent);
    CHECK_EQUAL(scene->server.reason, SR_LINK_CLOSED_BY_PEER);
    CHECK_EQUAL(scene->client.reason, SR_LINK_CLOSED_BY_US);
    CHECK_EQUAL(scene->client.frames, 0);
    end_scene(scene);
}

TEST(a_graceful_close_does_not_wait_longer_than_told) {
    scene *scene = new_connected_scene();
    sr_link_pause(scene->server.link);
    fill(scene);
    uint64_t start = sr_monotonic_ns();
    sr_link_close_after_flush(scene->client.link, 50);
    PUMP_UNTIL(scene->loop, scene->client.closed);
    CHECK(sr_monotonic_ns() - start >= 50000000);
    CHECK_EQUAL(scene->client.reason, SR_LINK_CLOSED_BY_US);
    end_scene(scene);
}

TEST(stopping_the_loop_closes_its_links) {
    scene *scene = new_connected_scene();
    sr_listener_free(scene->listener);
    scene->listener = NULL;
    sr_loop_stop(scene->loop);
    sr_loop_run(scene->loop);
    CHECK_EQUAL(scene->client.closed + scene->server.closed, 2);
    CHECK_EQUAL(scene->client.reason, SR_LINK_CLOSED_BY_US);
    sr_loop_free(scene->loop);
    free(scene);
}

// MARK: - Connecting and accepting

TEST(a_name_is_resolved) {
    scene *scene = new_scene();
    dial(scene, "localhost");
    PUMP_UNTIL(scene->loop, scene->client.connected && scene->server.link);
    CHECK(strncmp(sr_link_peer(scene->client.link), "localhost:", 10) == 0);
    CHECK(strncmp(sr_link_peer(scene->server.link), "127.0.0.1:", 10) == 0);
    end_scene(scene);
}

static void expect_connect_failure(const char *host, uint16_t port, uint32_t timeout_ms, const char *detail) {
    end client = {.in_user_call = true};
    sr_loop *loop = new_loop();
    client.link = sr_link_connect(loop, host, port, timeout_ms, &config, &callbacks, &client);
    client.in_user_call = false;
    PUMP_UNTIL(loop, client.closed);
    CHECK_EQUAL(client.reason, SR_LINK_CONNECT_FAILED);
    if (detail)
        CHECK_TEXT(client.detail, detail);
    CHECK_EQUAL(client.connected, 0);
    end_loop(loop);
}

TEST(a_refused_connection_is_reported) {
    expect_connect_failure("127.0.0.1", 1, 1000, "cannot connect: Connection refused");
}
TEST(a_name_without_address_is_reported) {
    expect_connect_failure("nowhere.invalid", 1, 2000, NULL);
}
TEST(a_name_that_is_no_name_is_reported) {
    expect_connect_failure("not a name", 1, 2000, NULL);
}

TEST(a_listener_that_does_not_answer_is_given_up) {
    // A full backlog: the kernel drops further SYNs.
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    CHECK_EQUAL(bind(fd, (struct sockaddr *)&address, length), 0);
    CHECK_EQUAL(listen(fd, 0), 0);
    CHECK_EQUAL(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    for (int i = 0; i < 4; i++) {
        int filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(filler, (struct sockaddr *)&address, length);
    }
    uint64_t start = sr_monotonic_ns();
    expect_connect_failure("127.0.0.1", ntohs(address.sin_port), 100, "cannot connect: Connection timed out");
    uint64_t took = sr_monotonic_ns() - start;
    CHECK(took >= 90000000 && took < 5000000000);
}

TEST(a_connection_that_is_not_taken_is_closed) {
    scene *scene = new_scene();
    scene->refuses = true;
    int fd = connect_plainly(scene);
    PUMP_UNTIL(scene->loop, scene->accepted == 1);
    char byte;
    CHECK_EQUAL(read(fd, &byte, 1), 0);
    close(fd);
    end_scene(scene);
}

static void accept_and_free_listener(void *context, sr_incoming *incoming) {
    scene *scene = context;
    scene->server.link = sr_link_accept(incoming, &config, &callbacks, &scene->server);
    sr_listener_free(scene->listener);
    scene->listener = NULL;
}

TEST(a_listener_may_be_freed_by_its_own_function) {
    scene *scene = calloc(1, sizeof *scene);
    sr_error error;
    scene->loop = new_loop();
    scene->listener = sr_listener_new(scene->loop, "localhost", 0, accept_and_free_listener, scene, &error);
    int fds[] = {connect_plainly(scene), connect_plainly(scene)};
    PUMP_UNTIL(scene->loop, scene->server.link);
    write_all(fds[0], "\x01x", 2);
    PUMP_UNTIL(scene->loop, scene->server.frames == 1);
    close(fds[0]);
    close(fds[1]);
    end_scene(scene);
}

TEST(without_descriptors_accepting_rests_and_goes_on_later) {
    scene *scene = new_scene();
    int fd = connect_plainly(scene);
    struct rlimit before, now;
    getrlimit(RLIMIT_NOFILE, &before);
    int next = dup(0);
    close(next);
    now = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &now), 0);
    PUMP_UNTIL(scene->loop, sr_listener_stalls(scene->listener) == 1);
    for (int i = 0; i < 100; i++)
        pump(scene->loop, UINT64_MAX, __FILE__, __LINE__, "");
    CHECK(sr_listener_stalls(scene->listener) < 10); // no spinning
    setrlimit(RLIMIT_NOFILE, &before);
    PUMP_UNTIL(scene->loop, scene->server.link);
    close(fd);
    end_scene(scene);
}

TEST(a_port_in_use_is_reported) {
    scene *scene = new_scene();
    sr_error error;
    CHECK(!sr_listener_new(scene->loop, "127.0.0.1", sr_listener_port(scene->listener), on_incoming, scene, &error));
    CHECK_EQUAL(error.code, EADDRINUSE);
    CHECK(strstr(error.text, "cannot listen on 127.0.0.1:") == error.text);
    end_scene(scene);
}
