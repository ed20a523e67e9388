// Heartbeats, the stall timeout and the search for vanished clients, all from one timer. Each client sits in the slot
// of its next visit; what is sent in between moves nothing, the visit finds out and puts the client where it belongs.
#include "fanout.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

enum {
    NS_PER_MS = 1000000,
    MIN_TICK_MS = 5,
    MAX_TICK_MS = 500,
    TICKS_PER_WAIT = 32,
    DELAYED_ACK_MS = 500,
    RESENDS = 2,
};

static const char comment[] = ": heartbeat\n\n";

static uint32_t tick_ms_for(const sr_fanout_config *config) {
    uint32_t shortest = config->heartbeat_ms;
    if (shortest == 0 || (config->stall_timeout_ms != 0 && config->stall_timeout_ms < shortest))
        shortest = config->stall_timeout_ms;
    uint32_t tick = shortest / TICKS_PER_WAIT;
    return tick < MIN_TICK_MS ? MIN_TICK_MS : tick > MAX_TICK_MS ? MAX_TICK_MS : tick;
}

/// splitmix64
static uint64_t next_random(sr_fanout *fanout) {
    uint64_t value = fanout->random += 0x9E3779B97F4A7C15u;
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
    value = (value ^ value >> 27) * 0x94D049BB133111EBu;
    return value ^ value >> 31;
}

static uint32_t jittered_heartbeat(sr_fanout *fanout) {
    uint32_t tenth = fanout->heartbeat_ticks / 10;
    return fanout->heartbeat_ticks - (uint32_t)(next_random(fanout) % (tenth + 1));
}

/// How long an acknowledgement may take. A client that vanishes has been sent something within one heartbeat, so it is
/// found within two.
static uint32_t patience(const sr_fanout *fanout) {
    return fanout->heartbeat_ticks * 3 / 4;
}

static void schedule_at(sr_client *client, uint32_t due) {
    sr_fanout *fanout = client->fanout;
    client->due = due;
    uint32_t wait = (int32_t)(due - fanout->tick) < 1 ? 1 : due - fanout->tick;
    if (wait > SR_WHEEL_SLOTS - 1) // further than the wheel reaches: looked at again on the way
        wait = SR_WHEEL_SLOTS - 1;
    if (client->wheel_entry.le_prev)
        LIST_REMOVE(client, wheel_entry);
    LIST_INSERT_HEAD(&fanout->wheel[(fanout->tick + wait) % SR_WHEEL_SLOTS], client, wheel_entry);
}

void sr_heartbeat_schedule(sr_client *client) {
    sr_fanout *fanout = client->fanout;
    uint32_t due = fanout->tick + SR_WHEEL_SLOTS - 1;
    if (!sr_client_is_blocked(client)) {
        if (fanout->heartbeat_ticks > 0)
            due = client->last_sent + jittered_heartbeat(fanout);
    } else {
        uint32_t waited = fanout->tick - client->last_progress;
        uint32_t left = fanout->stall_ticks > waited ? fanout->stall_ticks - waited : 0;
        if (fanout->stall_ticks > 0)
            due = fanout->tick + left;
        if (fanout->heartbeat_ticks > 0 && (fanout->stall_ticks == 0 || patience(fanout) < left))
            due = fanout->tick + patience(fanout);
    }
    schedule_at(client, due);
}

/// Nothing was heard of it for longer than an acknowledgement takes of what it was sent. The kernel finds that out too,
/// but counts from a later moment. A client that is merely frozen goes on acknowledging. That the kernel has sent it
/// again in vain tells it from what has been sent just now, after a silence.
static bool has_vanished(const sr_client *client) {
    const sr_fanout *fanout = client->fanout;
    struct tcp_info info;
    socklen_t length = sizeof info;
    if (fanout->heartbeat_ticks == 0 || getsockopt(client->fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
        return false;
    uint64_t patience_ms = (uint64_t)(patience(fanout) - 1) * (fanout->tick_ns / NS_PER_MS);
    return info.tcpi_unacked > 0 && info.tcpi_retransmits >= RESENDS && info.tcpi_last_ack_recv >= patience_ms &&
           info.tcpi_last_ack_recv >= DELAYED_ACK_MS;
}

static void beat(sr_client *client) {
    const size_t count = sizeof comment - 1;
    struct iovec all = {.iov_base = (void *)(uintptr_t)comment, .iov_len = count};
    ssize_t sent = sr_client_send(client, &all, 1);
    if (sent < 0 || (size_t)sent == count)
        return;
    sr_client_write_rest(client, (const uint8_t *)comment + sent, count - (size_t)sent);
    sr_client_block(client);
}

static void visit(sr_client *client) {
    sr_fanout *fanout = client->fanout;
    bool blocked = sr_client_is_blocked(client);
    if (blocked && fanout->stall_ticks > 0 && fanout->tick - client->last_progress >= fanout->stall_ticks) {
        sr_client_close(client, SR_CLIENT_STALLED);
        return;
    }
    if (has_vanished(client)) {
        sr_client_close(client, SR_CLIENT_CLOSED);
        return;
    }
    bool silent = (int32_t)(fanout->tick - client->due) >= 0 &&
                  fanout->tick - client->last_sent >= fanout->heartbeat_ticks - fanout->heartbeat_ticks / 10;
    bool beats = !blocked && fanout->heartbeat_ticks > 0 && silent && sr_client_is_drained(client);
    if (beats)
        beat(client);
    if (client->gone)
        return;
    if (beats && !sr_client_is_blocked(client))
        schedule_at(client, fanout->tick + patience(fanout)); // to see whether it was acknowledged
    else
        sr_heartbeat_schedule(client);
}

static uint32_t tick_now(const sr_fanout *fanout) {
    return (uint32_t)((sr_monotonic_ns() - fanout->epoch) / fanout->tick_ns);
}

static void on_tick(void *context) {
    sr_fanout *fanout = context;
    uint32_t now = tick_now(fanout);
    // Visits put clients into slots ahead of `tick`, so each slot empties; after a long pause one round is enough.
    uint32_t behind = now - fanout->tick;
    for (uint32_t i = behind < SR_WHEEL_SLOTS ? behind : SR_WHEEL_SLOTS; i > 0; i--) {
        fanout->tick = now - i + 1;
        sr_client *client;
        while ((client = LIST_FIRST(&fanout->wheel[fanout->tick % SR_WHEEL_SLOTS])))
            visit(client);
    }
}

void sr_heartbeat_init(sr_fanout *fanout) {
    uint32_t tick_ms = tick_ms_for(&fanout->config);
    fanout->tick_ns = (uint64_t)tick_ms * NS_PER_MS;
    fanout->epoch = sr_monotonic_ns();
    fanout->heartbeat_ticks = fanout->config.heartbeat_ms / tick_ms;
    fanout->stall_ticks = fanout->config.stall_timeout_ms / tick_ms;
    sr_random((uint8_t *)&fanout->random, sizeof fanout->random);
    for (int slot = 0; slot < SR_WHEEL_SLOTS; slot++)
        LIST_INIT(&fanout->wheel[slot]);
    fanout->ticker = sr_timer_new(fanout->loop, on_tick, fanout);
}

void sr_heartbeat_run(sr_fanout *fanout, bool run) {
    if (!run) {
        sr_timer_stop(fanout->ticker);
        return;
    }
    uint64_t tick_ms = fanout->tick_ns / NS_PER_MS;
    fanout->tick = tick_now(fanout);
    sr_timer_start(fanout->ticker, tick_ms, tick_ms);
}

void sr_heartbeat_end(sr_fanout *fanout) {
    sr_timer_free(fanout->ticker);
}
