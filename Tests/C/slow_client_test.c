#include "fanout.h"
#include "fanout_world.h"

TEST(a_frozen_reader_loses_the_oldest_and_hears_exactly_what) {
    world world;
    begin(&world, quiet);
    world.write_when_behind = true;
    peer peer;
    sr_client *client = open_client(&world, &peer, 4096);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 20, 500);
    sr_attach attach = bounded(SR_SLOW_DROP_OLDEST, 10);
    sr_client_attach(client, topic, &attach);
    uint64_t last = flood(&world, topic, 1, 2000);
    sr_client_stats stats = sr_client_get_stats(client);
    CHECK_EQUAL(stats.queued_events, 10);
    CHECK_EQUAL(stats.dropped + stats.delivered + 10, 2000);
    CHECK_EQUAL(world.behind_calls, 0);
    char text[32];
    snprintf(text, sizeof text, "\n%d.", (int)last);
    PUMP_UNTIL(world.loop, peer_has(&peer, text));
    CHECK_EQUAL(world.behind_calls, 1);
    CHECK_EQUAL(world.behind.topic_id, 1);
    CHECK_EQUAL(world.behind.missed, stats.dropped);
    CHECK_EQUAL(world.behind.first_seq, stats.delivered + 1);
    CHECK_EQUAL(world.behind.last_seq, 1990);
    char expected[100];
    snprintf(expected, sizeof expected, "\ngap %d %d-1990\n1991.", (int)stats.dropped, (int)stats.delivered + 1);
    CHECK(strstr(peer.text, expected) != NULL);
    CHECK_EQUAL(sr_client_get_stats(client).delivered + stats.dropped, 2000);
    peer_close(&peer);
    end(&world);
}

TEST(conflating_goes_to_the_newest_silently) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 4096);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 20, 500);
    sr_attach attach = bounded(SR_SLOW_CONFLATE, 10);
    sr_client_attach(client, topic, &attach);
    flood(&world, topic, 1, 1000);
    sr_client_stats stats = sr_client_get_stats(client);
    CHECK_EQUAL(stats.queued_events, 1);
    CHECK_EQUAL(stats.conflated + stats.delivered + 1, 1000);
    PUMP_UNTIL(world.loop, peer_has(&peer, "\n1000."));
    CHECK_EQUAL(world.behind_calls, 0);
    CHECK_EQUAL(sr_client_get_stats(client).dropped, 0);
    peer_close(&peer);
    end(&world);
}

TEST(the_byte_bound_keeps_the_newest_event_however_long) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 4096);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 20, 5000);
    sr_attach attach = {.policy = SR_SLOW_DROP_OLDEST, .max_events = 1000, .max_bytes = 3999};
    sr_client_attach(client, topic, &attach);
    flood(&world, topic, 1, 500);
    CHECK_EQUAL(sr_client_get_stats(client).queued_events, 3);
    attach.max_bytes = 10;
    sr_client_attach(client, topic, &attach);
    CHECK_EQUAL(sr_client_get_stats(client).queued_events, 1);
    CHECK_EQUAL(sr_topic_client_count(topic), 1);
    peer_close(&peer);
    end(&world);
}

TEST(a_replay_is_not_cut_by_the_clients_bounds) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 4096);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 20, 1000);
    flood(&world, topic, 1, 600);
    sr_attach attach = bounded(SR_SLOW_DROP_OLDEST, 5);
    sr_client_attach(client, topic, &attach);
    PUMP_UNTIL(world.loop, peer_has(&peer, "\n600."));
    CHECK_EQUAL(world.behind_calls, 0);
    CHECK_EQUAL(sr_client_get_stats(client).delivered, 600);
    peer_close(&peer);
    end(&world);
}

TEST(a_client_may_be_aborted_while_it_is_told_of_its_loss) {
    world world;
    begin(&world, quiet);
    world.abort_when_behind = true;
    peer peer;
    sr_client *client = open_client(&world, &peer, 4096);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 20, 100);
    sr_attach attach = bounded(SR_SLOW_DROP_OLDEST, 10);
    sr_client_attach(client, topic, &attach);
    flood(&world, topic, 1, 1000);
    PUMP_UNTIL(world.loop, peer_has_ended(&peer));
    PUMP_UNTIL(world.loop, world.gone[1]);
    CHECK_EQUAL(world.gone[1], SR_CLIENT_ABORTED + 1);
    CHECK_EQUAL(world.behind_calls, 1);
    peer_close(&peer);
    end(&world);
}

TEST(a_topic_may_be_freed_while_a_client_is_told_of_its_loss) {
    world world;
    begin(&world, quiet);
    world.write_when_behind = world.free_topic_when_behind = true;
    peer peer;
    sr_client *client = open_client(&world, &peer, 4096);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 20, 100);
    sr_attach attach = bounded(SR_SLOW_DROP_OLDEST, 10);
    sr_client_attach(client, topic, &attach);
    flood(&world, topic, 1, 1000);
    PUMP_UNTIL(world.loop, peer_has(&peer, "gap "));
    CHECK(sr_topic_find(world.fanout, 1) == NULL);
    write_text(client, "end\n");
    PUMP_UNTIL(world.loop, peer_has(&peer, "end\n"));
    peer_close(&peer);
    end(&world);
}

TEST(a_client_that_goes_may_take_others_along) {
    world world;
    begin(&world, quiet);
    world.abort_next_when_gone = true;
    peer peers[20];
    for (int i = 0; i < 20; i++)
        write_text(open_client(&world, &peers[i], 0), "x");
    peer_close(&peers[0]);
    PUMP_UNTIL(world.loop, world.gone[20]);
    CHECK_EQUAL(world.gone[1], SR_CLIENT_CLOSED + 1);
    CHECK_EQUAL(world.gone[20], SR_CLIENT_ABORTED + 1);
    CHECK_EQUAL(sr_fanout_get_stats(world.fanout).clients, 0);
    for (int i = 1; i < 20; i++)
        peer_close(&peers[i]);
    end(&world);
}

TEST(one_frozen_reader_changes_nothing_for_the_others) {
    world world;
    begin(&world, quiet);
    peer frozen, lively;
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 16, 50);
    sr_attach attach = bounded(SR_SLOW_DROP_OLDEST, 10);
    sr_client_attach(open_client(&world, &frozen, 4096), topic, &attach);
    sr_client *client = open_client(&world, &lively, 0);
    sr_client_attach(client, topic, &attach);
    for (int i = 1; i <= 3000; i++) {
        append_event(topic, (uint64_t)i, 1000);
        event_base_loop(sr_loop_base(world.loop), EVLOOP_NONBLOCK);
        peer_receive(&lively);
    }
    PUMP_UNTIL(world.loop, peer_has(&lively, "\n3000."));
    CHECK_EQUAL(sr_client_get_stats(client).delivered, 3000);
    CHECK(sr_fanout_get_stats(world.fanout).topic_bytes <= 65536 + 64 * 24);
    peer_close(&frozen);
    peer_close(&lively);
    end(&world);
}

TEST(many_private_writes_wait_cheaply_and_in_order) {
    world world;
    sr_fanout_config config = quiet;
    config.max_private_bytes = 1 << 24;
    begin(&world, config);
    peer peer;
    sr_client *client = open_client(&world, &peer, 4096);
    char line[32];
    size_t expected = 0;
    uint64_t began = sr_monotonic_ns();
    for (int i = 0; i < 200000; i++) {
        expected += (size_t)snprintf(line, sizeof line, "\nline %d", i);
        write_text(client, line);
    }
    CHECK(sr_monotonic_ns() - began < 20000000000u);
    while (peer.count < expected) {
        peer_receive(&peer);
        event_base_loop(sr_loop_base(world.loop), EVLOOP_NONBLOCK);
    }
    const char *at = peer.text;
    for (int i = 0; i < 200000; i++) {
        size_t length = (size_t)snprintf(line, sizeof line, "\nline %d", i);
        CHECK(strncmp(at, line, length) == 0);
        at += length;
    }
    peer_close(&peer);
    end(&world);
}

TEST(too_many_private_bytes_close_the_client_as_stalled) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 4096);
    static const uint8_t chunk[100000];
    for (int i = 0; i < 20; i++)
        sr_client_write(client, chunk, sizeof chunk);
    PUMP_UNTIL(world.loop, world.gone[1]);
    CHECK_EQUAL(world.gone[1], SR_CLIENT_STALLED + 1);
    peer_close(&peer);
    end(&world);
}
