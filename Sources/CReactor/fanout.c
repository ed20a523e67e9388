#include "fanout.h"

#include <string.h>

enum {
    /// Clients flushed per pass: at 5 to 15 µs each, input waits a few milliseconds at most, and what it brings goes
    /// to the remaining clients in the same write.
    FLUSHES_PER_PASS = 256,
    /// Clients that are gone, reported per pass: closing a socket takes as long as writing to it.
    REPORTS_PER_PASS = 32,
};

/// After so long a pass ends before its bounds: what a client is given when it has taken everything may be expensive.
static const uint64_t pass_max_ns = 3000000;

// MARK: - Registries

void sr_fanout_add_client(sr_fanout *fanout, sr_client *client) {
    sr_registry_add(&fanout->clients, &client->named);
    if (fanout->clients.count == 1)
        sr_heartbeat_run(fanout, true);
}

void sr_fanout_remove_client(sr_fanout *fanout, sr_client *client) {
    sr_registry_remove(&fanout->clients, &client->named);
    if (fanout->clients.count == 0)
        sr_heartbeat_run(fanout, false);
}

sr_client *sr_client_find(const sr_fanout *fanout, uint64_t client_id) {
    return (sr_client *)sr_registry_find(&fanout->clients, client_id);
}

sr_topic *sr_topic_find(const sr_fanout *fanout, uint64_t topic_id) {
    return (sr_topic *)sr_registry_find(&fanout->topics, topic_id);
}

// MARK: - The pass

void sr_fanout_settle(sr_fanout *fanout) {
    sr_topic *topic;
    while ((topic = TAILQ_FIRST(&fanout->dirty_topics)))
        sr_topic_settle(topic);
}

static void flush_some(sr_fanout *fanout) {
    uint64_t end = sr_monotonic_ns() + pass_max_ns;
    sr_client *client;
    for (int count = 0; count < FLUSHES_PER_PASS && (client = STAILQ_FIRST(&fanout->dirty)); count++) {
        if (count > 0 && sr_monotonic_ns() >= end)
            return;
        STAILQ_REMOVE_HEAD(&fanout->dirty, queue_entry);
        client->queued = false;
        if (client->gone) {
            STAILQ_INSERT_TAIL(&fanout->gone, client, queue_entry);
            continue;
        }
        if (client->heard)
            sr_client_listen(client);
        if (!client->gone && !sr_client_is_blocked(client))
            sr_client_flush(client, false);
    }
}

/// To be called when there may be nothing left to flush.
static void note_served(sr_fanout *fanout) {
    if (STAILQ_EMPTY(&fanout->dirty) && TAILQ_EMPTY(&fanout->dirty_topics))
        fanout->served = fanout->clock;
}

static void report_gone(sr_fanout *fanout, sr_client *client) {
    uint64_t *counters[] = {
        [SR_CLIENT_CLOSED] = &fanout->stats.gone_closed,
        [SR_CLIENT_FINISHED] = &fanout->stats.gone_finished,
        [SR_CLIENT_STALLED] = &fanout->stats.gone_stalled,
        [SR_CLIENT_ABORTED] = &fanout->stats.gone_aborted,
    };
    ++*counters[client->gone_reason];
    sr_client_stats stats = sr_client_get_stats(client);
    sr_client_give_up_socket(client);
    fanout->callbacks.on_gone(fanout->context, client->named.id, (sr_client_gone)client->gone_reason, &stats);
    sr_client_free(client);
}

static void report_gone_ones(sr_fanout *fanout, size_t limit) {
    sr_client *client;
    for (; limit > 0 && (client = STAILQ_FIRST(&fanout->gone)); limit--) {
        STAILQ_REMOVE_HEAD(&fanout->gone, queue_entry);
        report_gone(fanout, client);
    }
}

static void run_pass(void *context) {
    sr_fanout *fanout = context;
    if (fanout->freed) {
        free(fanout);
        return;
    }
    // Who is queued by the settlement is served in this pass: it still counts as the one that is coming.
    sr_fanout_settle(fanout);
    flush_some(fanout);
    note_served(fanout);
    fanout->scheduled = false;
    report_gone_ones(fanout, REPORTS_PER_PASS);
    if (!STAILQ_EMPTY(&fanout->dirty) || !STAILQ_EMPTY(&fanout->gone) || !TAILQ_EMPTY(&fanout->dirty_topics))
        sr_fanout_schedule(fanout);
}

void sr_fanout_schedule(sr_fanout *fanout) {
    if (fanout->scheduled)
        return;
    fanout->scheduled = true;
    sr_loop_defer(fanout->loop, run_pass, fanout);
}

void sr_fanout_queue(sr_client *client) {
    if (client->queued || client->gone)
        return;
    client->queued = true;
    STAILQ_INSERT_TAIL(&client->fanout->dirty, client, queue_entry);
    sr_fanout_schedule(client->fanout);
}

// MARK: - Life

sr_fanout *sr_fanout_new(sr_loop *loop, const sr_fanout_config *config, const sr_fanout_callbacks *callbacks,
                         void *context) {
    sr_fanout *fanout = sr_allocate(sizeof *fanout);
    *fanout = (sr_fanout){.loop = loop, .config = *config, .callbacks = *callbacks, .context = context};
    STAILQ_INIT(&fanout->dirty);
    STAILQ_INIT(&fanout->gone);
    TAILQ_INIT(&fanout->dirty_topics);
    sr_heartbeat_init(fanout);
    return fanout;
}

static void abort_named(sr_named *named) {
    sr_client_close((sr_client *)named, SR_CLIENT_ABORTED);
}

void sr_fanout_free(sr_fanout *fanout) {
    bool pass_is_coming = fanout->scheduled;
    fanout->scheduled = true; // no other one
    sr_registry_each(&fanout->clients, abort_named);
    sr_client *client;
    while ((client = STAILQ_FIRST(&fanout->dirty))) {
        STAILQ_REMOVE_HEAD(&fanout->dirty, queue_entry);
        STAILQ_INSERT_TAIL(&fanout->gone, client, queue_entry);
    }
    report_gone_ones(fanout, SIZE_MAX);
    sr_named *topic;
    while ((topic = sr_registry_any(&fanout->topics)))
        sr_topic_free((sr_topic *)topic);
    sr_heartbeat_end(fanout);
    sr_registry_end(&fanout->clients);
    sr_registry_end(&fanout->topics);
    free(fanout->composed);
    if (pass_is_coming)
        fanout->freed = true;
    else
        free(fanout);
}

sr_fanout_stats sr_fanout_get_stats(const sr_fanout *fanout) {
    sr_fanout_stats stats = fanout->stats;
    stats.clients = fanout->clients.count;
    stats.topics = fanout->topics.count;
    return stats;
}

// MARK: - Publishing

typedef struct __attribute__((packed)) record_head {
    uint64_t topic_id, seq, key;
    uint32_t length;
} record_head;

static bool take_head(const uint8_t **bytes, size_t *count, record_head *head) {
    if (*count < sizeof *head)
        return false;
    memcpy(head, *bytes, sizeof *head);
    *bytes += sizeof *head;
    *count -= sizeof *head;
    return true;
}

/// Does the log have to give up an event for the new one that has not been offered to every client yet?
static bool would_lose(const sr_topic *topic, size_t count) {
    bool is_full =
        topic->next - topic->first >= topic->max_events || topic->end - topic->start + count > topic->max_bytes;
    return is_full && topic->first < topic->next && sr_topic_event_stamp(topic, topic->first) > topic->fanout->served;
}

/// Events that come together may be more than the log holds. Then it is the clients' turn in between: who keeps up
/// loses nothing. Returns the topic anew, which a callback may have freed.
static sr_topic *make_way(sr_fanout *fanout, uint64_t topic_id) {
    sr_fanout_settle(fanout);
    while (!STAILQ_EMPTY(&fanout->dirty))
        flush_some(fanout);
    note_served(fanout);
    return sr_topic_find(fanout, topic_id);
}

size_t sr_fanout_publish(sr_fanout *fanout, const uint8_t *bytes, size_t count) {
    size_t published = 0;
    record_head head;
    while (take_head(&bytes, &count, &head) && head.length <= count) {
        sr_topic *topic = sr_topic_find(fanout, head.topic_id);
        if (topic && would_lose(topic, head.length))
            topic = make_way(fanout, head.topic_id);
        if (!topic)
            fanout->stats.skipped++;
        else if (sr_topic_append_keyed(topic, head.seq, head.key, bytes, head.length))
            published++;
        bytes += head.length;
        count -= head.length;
    }
    return published;
}
