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
