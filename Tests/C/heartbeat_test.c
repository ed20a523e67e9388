#include "fanout.h"
#include "fanout_world.h"

#include <linux/filter.h>

// MARK: - Heartbeats and stalls

TEST(silence_is_filled_with_heartbeats) {
    world world;
    sr_fanout_config config = quiet;
    config.heartbeat_ms = 160;
    begin(&world, config);
    peer peer;
    uint64_t began = sr_monotonic_ns();
    sr_client *client = open_client(&world, &peer, 0);
    PUMP_UNTIL(world.loop, peer_count(&peer, ": heartbeat\n\n") == 3);
    uint64_t took = (sr_monotonic_ns() - began) / 1000000;
    CHECK(took >= 3 * 140);
    // A client that is not silent needs none.
    peer_forget(&peer);
    uint64_t longest = 0;
    for (int i = 0; i < 20; i++) {
        uint64_t wrote = sr_monotonic_ns();
        write_text(client, "x");
        PUMP_UNTIL(world.loop, sr_monotonic_ns() > wrote + 20000000);
        uint64_t pause = sr_monotonic_ns() - wrote;
        longest = pause > longest ? pause : longest;
    }
    CHECK(peer_count(&peer, ": heartbeat") == 0 || longest >= 140000000u);
    peer_close(&peer);
    end(&world);
}

TEST(a_client_that_takes_nothing_is_closed_as_stalled_and_a_slow_one_is_not) {
    world world;
    sr_fanout_config config = quiet;
    config.heartbeat_ms = 1000;
    config.stall_timeout_ms = 1500;
    begin(&world, config);
    peer stalled, slow;
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 20, 1000);
    sr_client_attach(open_client(&world, &stalled, 4096), topic, &everything);
    sr_client_attach(open_client(&world, &slow, 4096), topic, &everything);
    flood(&world, topic, 1, 1000);
    uint64_t began = sr_monotonic_ns();
    while (!world.gone[1] && sr_monotonic_ns() - began < 20000000000u) {
        peer_receive_some(&slow, 5000);
        event_base_loop(sr_loop_base(world.loop), EVLOOP_NONBLOCK);
        usleep(2000);
    }
    CHECK_EQUAL(world.gone[1], SR_CLIENT_STALLED + 1);
    CHECK_EQUAL(world.gone[2], 0);
    CHECK(sr_monotonic_ns() - began >= 1250000000u);
    peer_close(&stalled);
    peer_close(&slow);
    end(&world);
}

// MARK: - Clients that vanish

/// What comes in for this socket is lost on the way, as if the wire were cut.
static void cut_wire(int fd) {
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = 1, .filter = &nothing};
    CHECK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
}

static void mend_wire(int fd) {
    int unused = 0;
    CHECK(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) == 0);
}

static sr_fanout_config with_heartbeat(uint32_t heartbeat_ms) {
    sr_fanout_config config = quiet;
    config.heartbeat_ms = heartbeat_ms;
    return config;
}

TEST(an_event_that_is_still_on_its_way_when_the_client_is_looked_at_is_no_sign_of_its_end) {
    world world;
    begin(&world, with_heartbeat(1600));
    peer peer;
    sr_client *client = open_client(&world, &peer, 0);
    sr_topic *topic = sr_topic_ensure(world.fanout, 1, 1 << 20, 1000);
    sr_client_attach(client, topic, &everything);
    PUMP_UNTIL(world.loop, peer_has(&peer, ": heartbeat"));
    // One tick before it is looked at again.
    uint32_t look = client->due;
    PUMP_UNTIL(world.loop, (int32_t)(look - world.fanout->tick) <= 1);
    cut_wire(peer.fd);
    append_event(topic, 1, 10);
    PUMP_UNTIL(world.loop, (int32_t)(look - world.fanout->tick) <= 0);
    mend_wire(peer.fd);
    PUMP_UNTIL(world.loop, peer_has(&peer, "1.") || world.gone[1]);
    CHECK_EQUAL(world.gone[1], 0);
    peer_close(&peer);
    end(&world);
}

TEST(a_client_that_acknowledges_nothing_has_vanished) {
    world world;
    begin(&world, with_heartbeat(1600));
    peer peer;
    open_client(&world, &peer, 0);
    cut_wire(peer.fd);
    PUMP_UNTIL(world.loop, world.gone[1]);
    CHECK_EQUAL(world.gone[1], SR_CLIENT_CLOSED + 1);
    CHECK_EQUAL(world.fanout->stats.sends, 2); // the head and one heartbeat
    peer_close(&peer);
    end(&world);
}
