#include "fanout_world.h"

// MARK: - Streams

TEST(a_request_becomes_a_stream_and_receives_events) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    sr_topic *topic = sr_topic_ensure(world.fanout, 7, 1 << 16, 100);
    sr_client_attach(client, topic, &everything);
    append_text(topic, 1, "one\n");
    append_text(topic, 2, "two\n");
    PUMP_UNTIL(world.loop, peer_has(&peer, "two\n"));
    CHECK_TEXT(peer.text, "one\ntwo\n");
    CHECK_EQUAL(sr_client_get_stats(client).delivered, 2);
    CHECK_EQUAL(sr_fanout_get_stats(world.fanout).delivered, 2);
    CHECK_EQUAL(sr_http_get_stats(world.http).connections, 1);
    peer_close(&peer);
    PUMP_UNTIL(world.loop, world.gone[1]);
    CHECK_EQUAL(world.gone[1], SR_CLIENT_CLOSED + 1);
    CHECK_EQUAL(world.gone_stats[1].delivered, 2);
    CHECK_EQUAL(sr_topic_client_count(topic), 0);
    CHECK_EQUAL(sr_http_get_stats(world.http).connections, 0);
    end(&world);
}

TEST(one_write_carries_what_came_together_to_each_client) {
    world world;
    begin(&world, quiet);
    peer peers[10];
    sr_topic *topic = sr_topic_ensure(world.fanout, 7, 1 << 16, 100);
    for (int i = 0; i < 10; i++)
        sr_client_attach(open_client(&world, &peers[i], 0), topic, &everything);
    uint64_t before = sr_fanout_get_stats(world.fanout).sends;
    for (int i = 1; i <= 50; i++)
        append_event(topic, (uint64_t)i, 20);
    for (int i = 0; i < 10; i++)
        PUMP_UNTIL(world.loop, peer_count(&peers[i], "\n") == 50);
    CHECK_EQUAL(sr_fanout_get_stats(world.fanout).sends - before, 10);
    for (int i = 0; i < 10; i++)
        peer_close(&peers[i]);
    end(&world);
}

TEST(a_client_that_closes_or_resets_is_noticed_at_once_though_nothing_is_sent) {
    world world;
    begin(&world, quiet);
    peer closing, resetting;
    open_client(&world, &closing, 0);
    open_client(&world, &resetting, 0);
    peer_close(&closing);
    struct linger reset = {.l_onoff = 1};
    setsockopt(resetting.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    peer_close(&resetting);
    PUMP_UNTIL(world.loop, world.gone[1] && world.gone[2]);
    CHECK_EQUAL(sr_fanout_get_stats(world.fanout).clients, 0);
    CHECK_EQUAL(sr_fanout_get_stats(world.fanout).gone_closed, 2);
    end(&world);
}

TEST(a_client_that_says_something_and_closes_is_noticed) {
    world world;
    begin(&world, quiet);
    peer peer;
    open_client(&world, &peer, 0);
    send(peer.fd, "last words", 10, MSG_NOSIGNAL); // both arrive before the loop looks: one edge for the two
    peer_close(&peer);
    PUMP_UNTIL(world.loop, world.gone[1]);
    end(&world);
}

TEST(what_a_client_sends_is_thrown_away) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    static const char chunk[65536];
    size_t sent = 0;
    while (sent < 20000000) {
        ssize_t count = send(peer.fd, chunk, sizeof chunk, MSG_NOSIGNAL);
        sent += count > 0 ? (size_t)count : 0;
        event_base_loop(sr_loop_base(world.loop), EVLOOP_NONBLOCK);
    }
    write_text(client, "still here\n");
    PUMP_UNTIL(world.loop, peer_has(&peer, "still here\n"));
    peer_close(&peer);
    end(&world);
}

TEST(a_client_that_was_gone_before_its_stream_began_is_reported_later) {
    world world;
    begin(&world, quiet);
    peer peer = peer_connect(world.port, 0);
    peer_send(&peer, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    peer_close(&peer);
    PUMP_UNTIL(world.loop, world.gone[1]);
    CHECK_EQUAL(world.gone[1], SR_CLIENT_CLOSED + 1);
    end(&world);
}

TEST(descriptors_may_be_reused_between_streams_and_requests) {
    world world;
    begin(&world, quiet);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 16, 10);
    for (uint64_t round = 1; round < MAX_CLIENTS; round++) {
        peer peer;
        sr_client *client = open_client(&world, &peer, 0);
        sr_client_attach(client, topic, &(sr_attach){.after_seq = UINT64_MAX, .max_events = 1});
        append_event(topic, round, 20);
        PUMP_UNTIL(world.loop, peer_has(&peer, "\n"));
        if (round % 2)
            sr_client_abort(client);
        peer_close(&peer);
    }
    PUMP_UNTIL(world.loop, sr_fanout_get_stats(world.fanout).clients == 0);
    CHECK_EQUAL(sr_fanout_get_stats(world.fanout).delivered, MAX_CLIENTS - 1);
    end(&world);
}

// MARK: - Order

TEST(private_bytes_stand_where_they_were_written) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    sr_topic *topic = sr_topic_ensure(world.fanout, 7, 1 << 16, 100);
    append_text(topic, 1, "history1\n");
    append_text(topic, 2, "history2\n");
    write_text(client, "hello\n");
    sr_client_attach(client, topic, &(sr_attach){.after_seq = 1, .max_events = 10, .max_bytes = 1000});
    write_text(client, "replayed\n");
    append_text(topic, 3, "live3\n");
    write_text(client, "between\n");
    write_text(client, "too\n");
    append_text(topic, 4, "live4\n");
    PUMP_UNTIL(world.loop, peer_has(&peer, "live4\n"));
    CHECK_TEXT(peer.text, "hello\nhistory2\nreplayed\nlive3\nbetween\ntoo\nlive4\n");
    peer_close(&peer);
    end(&world);
}

TEST(events_of_several_topics_go_out_in_the_order_of_their_appending) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    sr_topic *a = sr_topic_ensure(world.fanout, 1, 1 << 16, 100), *b = sr_topic_ensure(world.fanout, 2, 1 << 16, 100);
    append_text(a, 1, "a1 ");
    append_text(b, 2, "b2 ");
    append_text(a, 3, "a3 ");
    append_text(a, 4, "a4 ");
    append_text(b, 5, "b5 ");
    sr_client_attach(client, b, &everything);
    sr_client_attach(client, a, &everything);
    append_text(b, 6, "b6 ");
    append_text(a, 7, "a7 ");
    sr_client_detach(client, b);
    append_text(b, 8, "b8 ");
    append_text(a, 9, "a9 ");
    PUMP_UNTIL(world.loop, peer_has(&peer, "a9 "));
    CHECK_TEXT(peer.text, "a1 b2 a3 a4 b5 b6 a7 a9 ");
    CHECK_EQUAL(sr_topic_client_count(b), 0);
    sr_topic_free(a);
    write_text(client, "end\n");
    PUMP_UNTIL(world.loop, peer_has(&peer, "end\n"));
    peer_close(&peer);
    end(&world);
}

TEST(leaving_a_topic_drops_what_has_not_gone_out) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    sr_topic *a = sr_topic_ensure(world.fanout, 1, 1 << 16, 100), *b = sr_topic_ensure(world.fanout, 2, 1 << 16, 100);
    append_text(a, 1, "a1 ");
    append_text(b, 2, "b2 ");
    sr_client_attach(client, a, &everything);
    sr_client_attach(client, b, &everything);
    append_text(a, 3, "a3 ");
    sr_client_leave(client, a, 0);
    sr_client_leave(client, a, 0);
    append_text(a, 4, "a4 ");
    append_text(b, 5, "b5 ");
    PUMP_UNTIL(world.loop, peer_has(&peer, "b5 "));
    CHECK_TEXT(peer.text, "b2 b5 ");
    CHECK_EQUAL(sr_topic_client_count(a), 0);
    peer_close(&peer);
    end(&world);
}

TEST(a_closed_topic_goes_when_its_clients_have_all_of_it) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 4096);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 20, 10000);
    sr_client_attach(client, topic, &everything);
    flood(&world, topic, 1, 500);
    sr_topic_close(topic);
    sr_topic_close(topic);
    CHECK(sr_topic_find(world.fanout, 1) == topic);
    CHECK_EQUAL(sr_topic_client_count(topic), 0);
    PUMP_UNTIL(world.loop, peer_has(&peer, "500."));
    CHECK_EQUAL(peer_count(&peer, "\n"), 500);
    PUMP_UNTIL(world.loop, !sr_topic_find(world.fanout, 1));
    CHECK_EQUAL(sr_fanout_get_stats(world.fanout).topic_bytes, 0);
    peer_close(&peer);
    end(&world);
}

TEST(a_topic_that_is_closing_can_be_taken_back) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 20, 10000);
    sr_client_attach(client, topic, &everything);
    append_text(topic, 1, "one\n");
    sr_topic_close(topic);
    CHECK(sr_topic_ensure(world.fanout, 1, 1 << 20, 10000) == topic);
    append_text(topic, 2, "not for the client\n");
    PUMP_UNTIL(world.loop, peer_has(&peer, "one\n"));
    sr_client_attach(client, topic, &(sr_attach){.after_seq = 2, .max_events = 10, .max_bytes = 1000});
    append_text(topic, 3, "three\n");
    PUMP_UNTIL(world.loop, peer_has(&peer, "three\n"));
    CHECK_TEXT(peer.text, "one\nthree\n");
    sr_client_leave(client, topic, 0);
    sr_topic_close(topic);
    CHECK(!sr_topic_find(world.fanout, 1));
    peer_close(&peer);
    end(&world);
}

TEST(finish_sends_what_there_is_and_closes) {
    world world;
    begin(&world, quiet);
    peer peer;
    sr_client *client = open_client(&world, &peer, 4096);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 20, 1000);
    sr_client_attach(client, topic, &everything);
    flood(&world, topic, 1, 500);
    CHECK(sr_client_get_stats(client).queued_events > 0);
    write_text(client, "bye\n");
    sr_client_finish(client);
    append_text(topic, 501, "too late\n");
    write_text(client, "too late\n");
    PUMP_UNTIL(world.loop, peer_has_ended(&peer));
    CHECK(!peer.reset);
    CHECK_EQUAL(peer.count, 500 * 1000 + 4);
    CHECK_TEXT(peer.text + peer.count - 4, "bye\n");
    PUMP_UNTIL(world.loop, world.gone[1]);
    CHECK_EQUAL(world.gone[1], SR_CLIENT_FINISHED + 1);
    CHECK_EQUAL(world.gone_stats[1].delivered, 500);
    peer_close(&peer);
    end(&world);
}

TEST(drained_is_told_once_and_may_finish) {
    world world;
    begin(&world, quiet);
    world.finish_when_drained = true;
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    write_text(client, "x");
    sr_client_notify_drained(client);
    CHECK_EQUAL(world.drained, 0);
    PUMP_UNTIL(world.loop, peer_has_ended(&peer));
    CHECK_EQUAL(world.drained, 1);
    CHECK_TEXT(peer.text, "x");
    PUMP_UNTIL(world.loop, world.gone[1] == SR_CLIENT_FINISHED + 1);
    peer_close(&peer);
    end(&world);
}

// MARK: - Slow clients

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
    CHECK(sr_monotonic_ns() - began < 2000000000u);
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

// MARK: - Time

TEST(silence_is_filled_with_heartbeats) {
    world world;
    sr_fanout_config config = quiet;
    config.heartbeat_ms = 160;
    begin(&world, config);
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    uint64_t began = sr_monotonic_ns();
    PUMP_UNTIL(world.loop, peer_count(&peer, ": heartbeat\n\n") == 3);
    uint64_t took = (sr_monotonic_ns() - began) / 1000000;
    CHECK(took >= 3 * 140);
    // A client that is not silent needs none.
    peer_forget(&peer);
    for (int i = 0; i < 20; i++) {
        uint64_t until = sr_monotonic_ns() + 20000000;
        write_text(client, "x");
        PUMP_UNTIL(world.loop, sr_monotonic_ns() > until);
    }
    CHECK_EQUAL(peer_count(&peer, ": heartbeat"), 0);
    peer_close(&peer);
    end(&world);
}

TEST(a_client_that_takes_nothing_is_closed_as_stalled_and_a_slow_one_is_not) {
    world world;
    sr_fanout_config config = quiet;
    config.heartbeat_ms = 1000;
    config.stall_timeout_ms = 300;
    begin(&world, config);
    peer stalled, slow;
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 20, 1000);
    sr_client_attach(open_client(&world, &stalled, 4096), topic, &everything);
    sr_client_attach(open_client(&world, &slow, 4096), topic, &everything);
    flood(&world, topic, 1, 1000);
    uint64_t began = sr_monotonic_ns();
    while (!world.gone[1] && sr_monotonic_ns() - began < 5000000000u) {
        peer_receive_some(&slow, 5000);
        event_base_loop(sr_loop_base(world.loop), EVLOOP_NONBLOCK);
        usleep(2000);
    }
    CHECK_EQUAL(world.gone[1], SR_CLIENT_STALLED + 1);
    CHECK_EQUAL(world.gone[2], 0);
    CHECK(sr_monotonic_ns() - began >= 250000000u);
    peer_close(&stalled);
    peer_close(&slow);
    end(&world);
}

// MARK: - Batches and ends

static size_t put_record(uint8_t *batch, uint64_t topic, uint64_t seq, const char *text) {
    uint32_t length = (uint32_t)strlen(text);
    memcpy(batch, &topic, 8);
    memcpy(batch + 8, &seq, 8);
    memcpy(batch + 16, &length, 4);
    memcpy(batch + 20, text, length);
    return 20 + length;
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
    static uint8_t batch[EVENTS * 30];
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
