#include "fanout_world.h"

// MARK: - A kernel that takes what it is told to take

/// Bytes that the sockets of the fan-out still take before they say EAGAIN once; SIZE_MAX: as many as there are.
static size_t allowance = SIZE_MAX;

static size_t allowed(size_t count) {
    if (allowance == SIZE_MAX)
        return count;
    size_t now = count < allowance ? count : allowance;
    allowance -= now;
    return now;
}

/// In place of the C library's: the fan-out calls these, and so do the peers of the tests.
ssize_t send(int fd, const void *bytes, size_t count, int flags) {
    size_t now = allowed(count);
    if (now > 0)
        return sendto(fd, bytes, now, flags, NULL, 0);
    allowance = SIZE_MAX;
    errno = EAGAIN;
    return -1;
}

// MARK: - Events

static void append_line(sr_topic *topic, uint64_t seq, const char *text) {
    char line[200];
    snprintf(line, sizeof line, "id: shared%d\ndata: %s\n\n", (int)seq, text);
    append_text(topic, seq, line);
}

static void write_line(sr_client *client, uint64_t topic, uint64_t label, uint64_t seq, const char *text) {
    char line[200];
    snprintf(line, sizeof line, "id: own\ndata: %s\n\n", text);
    sr_own_event event = {.topic_id = topic, .label = label, .seq = seq};
    sr_client_write_event(client, &event, (const uint8_t *)line, strlen(line));
}

static sr_attach labelled(uint64_t label) {
    return (sr_attach){.policy = SR_SLOW_DROP_OLDEST, .max_events = 1000, .max_bytes = 1 << 30, .label = label};
}

/// Attaches the client to three topics: 1 and 2 share the common position, 3 has one of its own.
static void attach_all(world *world, sr_client *client) {
    sr_attach common = labelled(0), own = labelled(36);
    for (uint64_t topic = 1; topic <= 3; topic++)
        sr_client_attach(client, sr_topic_ensure(world->fanout, topic, 4096, 100), topic == 3 ? &own : &common);
}

// MARK: - Tests

TEST(each_event_says_how_far_the_client_has_got_with_everything) {
    world world;
    begin(&world, quiet);
    peer peer, other;
    sr_client *client = open_client(&world, &peer, 0), *plain = open_client(&world, &other, 0);
    sr_client_compose_ids(client, "s1.", 7);
    attach_all(&world, client);
    attach_all(&world, plain);
    append_line(sr_topic_find(world.fanout, 1), 10, "a");
    append_line(sr_topic_find(world.fanout, 3), 1, "b");
    append_line(sr_topic_find(world.fanout, 2), 35, "c");
    append_text(sr_topic_find(world.fanout, 2), 36, "data: moves nothing\n\n");
    append_line(sr_topic_find(world.fanout, 3), 2, "d");
    write_line(client, 0, 1295, UINT64_MAX, "e");
    write_text(client, "data: no event\n\n");
    append_line(sr_topic_find(world.fanout, 1), 37, "f");
    PUMP_UNTIL(world.loop, peer_has(&peer, "data: f\n\n") && peer_has(&other, "data: f\n\n"));
    CHECK_TEXT(peer.text, "id: s1.a\ndata: a\n\n"
                          "id: s1.a~10.1\ndata: b\n\n"
                          "id: s1.z~10.1\ndata: c\n\n"
                          "data: moves nothing\n\n"
                          "id: s1.z~10.2\ndata: d\n\n"
                          "id: s1.z~10.2~zz.3w5e11264sgsf\ndata: e\n\n"
                          "data: no event\n\n"
                          "id: s1.11~10.2~zz.3w5e11264sgsf\ndata: f\n\n");
    CHECK_TEXT(other.text, "id: shared10\ndata: a\n\nid: shared1\ndata: b\n\nid: shared35\ndata: c\n\n"
                           "data: moves nothing\n\nid: shared2\ndata: d\n\nid: shared37\ndata: f\n\n");
    peer_close(&peer);
    peer_close(&other);
    end(&world);
}

TEST(marks_stand_from_the_beginning_and_can_go) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    sr_client_mark(client, 5, 5); // no ids are composed yet: nothing to set
    sr_client_compose_ids(client, "s", 0);
    sr_client_mark(client, 36, 4);
    sr_client_mark(client, 37, 8);
    attach_all(&world, client);
    append_line(sr_topic_find(world.fanout, 3), 5, "a");
    PUMP_UNTIL(world.loop, peer_has(&peer, "data: a\n\n"));
    append_line(sr_topic_find(world.fanout, 3), 6, "on its way");
    write_line(client, 0, 36, 6, "on its way too");
    sr_client_unmark(client, 36);
    sr_client_unmark(client, 36);
    append_line(sr_topic_find(world.fanout, 1), 9, "b");
    PUMP_UNTIL(world.loop, peer_has(&peer, "data: b\n\n"));
    CHECK_TEXT(peer.text, "id: s0~10.5~11.8\ndata: a\n\n"
                          "id: s0~11.8\ndata: on its way\n\n"
                          "id: s0~11.8\ndata: on its way too\n\n"
                          "id: s9~11.8\ndata: b\n\n");
    peer_close(&peer);
    end(&world);
}

/// What the client of `cut_anywhere` gets, whatever the kernel takes at once.
static const char whole[] = "id: s1\ndata: one\n\nid: s1~10.1\ndata: two\n\nid: s2~10.1\ndata: three\n\n"
                            "id: s2~10.2\ndata: own\n\ndata: private\n\nid: s2~10.3\ndata: four\n\n";

static void cut_at(world *world, size_t bytes) {
    for (uint64_t topic = 1; topic <= 3; topic++)
        if (sr_topic_find(world->fanout, topic))
            sr_topic_free(sr_topic_find(world->fanout, topic));
    peer peer;
    sr_client *client = open_client(world, &peer, 0);
    sr_client_compose_ids(client, "s", 0);
    attach_all(world, client);
    append_line(sr_topic_find(world->fanout, 1), 1, "one");
    append_line(sr_topic_find(world->fanout, 3), 1, "two");
    append_line(sr_topic_find(world->fanout, 2), 2, "three");
    write_line(client, 0, 36, 2, "own");
    write_text(client, "data: private\n\n");
    append_line(sr_topic_find(world->fanout, 3), 3, "four");
    allowance = bytes;
    PUMP_UNTIL(world->loop, peer_has(&peer, "data: four\n\n"));
    CHECK_TEXT(peer.text, whole);
    CHECK_EQUAL(sr_client_get_stats(client).delivered, 4);
    CHECK_EQUAL(sr_client_get_stats(client).queued_bytes, 0);
    allowance = SIZE_MAX;
    peer_close(&peer);
    uint64_t id = world->next_id;
    PUMP_UNTIL(world->loop, world->gone[id] != 0);
    world->next_id = 0;
    memset(world->gone, 0, sizeof world->gone);
}

TEST(a_write_may_be_cut_anywhere) {
    world world;
    begin(&world, quiet);
    for (size_t bytes = 0; bytes < sizeof whole; bytes++)
        cut_at(&world, bytes);
    end(&world);
}

TEST(an_event_that_wraps_around_its_ring_is_whole) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    sr_client_compose_ids(client, "s", 0);
    sr_attach common = labelled(0);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 4096, 100);
    sr_client_attach(client, topic, &common);
    char expected[200];
    for (uint64_t seq = 1; seq < 1000; seq++) {
        peer_forget(&peer);
        append_line(topic, seq, "0123456789");
        PUMP_UNTIL(world.loop, peer_has(&peer, "\n\n"));
        CHECK(sscanf(peer.text, "id: s%199s", expected) == 1);
        CHECK_EQUAL(strtoull(expected, NULL, 36), seq);
        CHECK(strstr(peer.text, "\ndata: 0123456789\n\n") != NULL);
    }
    peer_close(&peer);
    end(&world);
}

TEST(an_id_of_very_many_labels_goes_out_whole) {
    enum { LABELS = 256 };
    static char expected[LABELS * 32 + 100];
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    sr_client_compose_ids(client, "a_prefix_as_long_as_they_can_be", UINT64_MAX);
    int length = sprintf(expected, "id: a_prefix_as_long_as_they_can_be3w5e11264sgsf");
    for (uint64_t label = UINT64_MAX - LABELS; label < UINT64_MAX; label++) { // SR_UNLABELLED is not among them
        sr_client_mark(client, label, UINT64_MAX);
        char digits[14] = "";
        size_t at = 13;
        for (uint64_t rest = label; rest > 0; rest /= 36)
            digits[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[rest % 36];
        length += sprintf(expected + length, "~%s.3w5e11264sgsf", digits);
    }
    sprintf(expected + length, "\ndata: last\n\n");
    attach_all(&world, client);
    for (uint64_t seq = 1; seq < 40; seq++)
        append_line(sr_topic_find(world.fanout, 3), seq, "more than one write takes");
    write_line(client, 0, UINT64_MAX - 1, UINT64_MAX, "filler");
    sr_client_unmark(client, 36);
    sr_client_mark(client, 0, UINT64_MAX);
    write_line(client, 0, 0, UINT64_MAX, "last");
    PUMP_UNTIL(world.loop, peer_has(&peer, "data: last\n\n"));
    CHECK_EQUAL(peer_count(&peer, "data: more"), 39);
    CHECK(strstr(peer.text, expected) != NULL);
    peer_close(&peer);
    end(&world);
}

TEST(what_was_written_for_a_topic_can_be_taken_back) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    sr_attach attach = labelled(0);
    sr_topic *topic = sr_topic_ensure(world.fanout, 9, 4096, 100);
    sr_client_attach(client, topic, &attach);
    write_line(client, 9, 0, 4, "kept");
    write_line(client, 9, 0, 5, "taken back");
    write_line(client, 8, 0, 5, "of another");
    append_line(topic, 6, "of the topic");
    write_line(client, 9, 0, 7, "taken back");
    sr_client_leave(client, topic, 5);
    write_text(client, "end\n");
    PUMP_UNTIL(world.loop, peer_has(&peer, "end\n"));
    CHECK_TEXT(peer.text, "id: own\ndata: kept\n\nid: own\ndata: of another\n\nend\n");
    CHECK_EQUAL(sr_client_get_stats(client).queued_bytes, 0);
    peer_close(&peer);
    end(&world);
}

TEST(what_is_given_back_is_reported_and_not_counted_as_dropped) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 4096);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 20, 50);
    sr_attach attach = bounded(SR_SLOW_GIVE_BACK, 10);
    sr_client_attach(client, topic, &attach);
    flood(&world, topic, 1, 1000);
    PUMP_UNTIL(world.loop, (peer_receive(&peer), world.behind_calls > 0));
    CHECK(world.behind.missed > 0);
    CHECK_EQUAL(sr_client_get_stats(client).dropped, 0);
    CHECK_EQUAL(sr_fanout_get_stats(world.fanout).dropped, 0);
    peer_close(&peer);
    end(&world);
}
