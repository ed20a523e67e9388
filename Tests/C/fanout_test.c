#include "fanout_world.h"

// MARK: - Batches and ends

static size_t put_record(uint8_t *batch, uint64_t topic, uint64_t seq, const char *text) {
    uint32_t length = (uint32_t)strlen(text);
    memcpy(batch, &topic, 8);
    memcpy(batch + 8, &seq, 8);
    memset(batch + 16, 0, 8); // no key
    memcpy(batch + 24, &length, 4);
    memcpy(batch + 28, text, length);
    return 28 + length;
}

TEST(a_batch_reaches_its_topics) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    for (uint64_t topic = 1; topic <= 100; topic++)
        sr_client_attach(client, sr_topic_ensure(world.fanout, topic, 1 << 16, 10), &everything);
    uint8_t batch[1000];
    size_t count = put_record(batch, 100, 1, "hundred ");
    count += put_record(batch + count, 3, 2, "three ");
    count += put_record(batch + count, 999, 3, "unknown ");
    count += put_record(batch + count, 100, 4, "again\n");
    CHECK_EQUAL(sr_fanout_publish(world.fanout, batch, count), 3);
    CHECK_EQUAL(sr_fanout_publish(world.fanout, batch, 25), 0);
    CHECK_EQUAL(sr_fanout_get_stats(world.fanout).skipped, 1);
    PUMP_UNTIL(world.loop, peer_has(&peer, "again\n"));
    CHECK_TEXT(peer.text, "hundred three again\n");
    peer_close(&peer);
    end(&world);
}

TEST(a_batch_of_more_than_the_log_holds_reaches_who_keeps_up) {
    enum { CLIENTS = 50, EVENTS = 1000, KEPT = 10 };
    world world;
    begin(&world, quiet);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 16, KEPT);
    static peer peers[CLIENTS];
    sr_client *clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = open_client(&world, &peers[i], 0);
        sr_client_attach(clients[i], topic, &everything);
    }
    static uint8_t batch[EVENTS * 40];
    size_t count = 0;
    for (uint64_t seq = 1; seq <= EVENTS; seq++)
        count += put_record(batch + count, 1, seq, seq < EVENTS ? "event\n" : "end\n");
    CHECK_EQUAL(sr_fanout_publish(world.fanout, batch, count), EVENTS);
    for (int i = 0; i < CLIENTS; i++) {
        PUMP_UNTIL(world.loop, peer_has(&peers[i], "end\n"));
        CHECK_EQUAL(sr_client_get_stats(clients[i]).delivered, EVENTS);
        peer_close(&peers[i]);
    }
    CHECK_EQUAL(sr_fanout_get_stats(world.fanout).dropped, 0);
    uint64_t first, last;
    sr_topic_range(sr_topic_find(world.fanout, 1), &first, &last);
    CHECK_EQUAL(last - first + 1, KEPT);
    CHECK(sr_fanout_get_stats(world.fanout).sends <= CLIENTS * (EVENTS / KEPT + 1));
    end(&world);
}

TEST(freeing_the_fanout_reports_every_client) {
    world world;
    begin(&world, quiet);
    peer peers[3];
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 16, 10);
    for (int i = 0; i < 3; i++)
        sr_client_attach(open_client(&world, &peers[i], 0), topic, &everything);
    append_text(topic, 1, "lost\n");
    sr_client_abort(sr_client_find(world.fanout, 2));
    sr_fanout_free(world.fanout);
    for (int i = 1; i <= 3; i++)
        CHECK_EQUAL(world.gone[i], SR_CLIENT_ABORTED + 1);
    sr_http_free(world.http);
    end_loop(world.loop);
    for (int i = 0; i < 3; i++)
        peer_close(&peers[i]);
}

TEST(streams_outlive_the_http_server) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    sr_http_free(world.http);
    write_text(client, "alive\n");
    PUMP_UNTIL(world.loop, peer_has(&peer, "alive\n"));
    peer_close(&peer);
    PUMP_UNTIL(world.loop, world.gone[1]);
    sr_fanout_free(world.fanout);
    end_loop(world.loop);
}
