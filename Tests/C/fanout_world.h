// A fan-out behind an HTTP server; each request becomes a client with the next id.
#ifndef FANOUT_WORLD_H
#define FANOUT_WORLD_H

#include "peer.h"

enum { MAX_CLIENTS = 64 };

typedef struct world {
    sr_loop *loop;
    sr_http *http;
    sr_fanout *fanout;
    int port;
    uint64_t next_id;
    int gone[MAX_CLIENTS]; ///< reason + 1
    sr_client_stats gone_stats[MAX_CLIENTS];
    int behind_calls;
    sr_behind behind;
    bool abort_when_behind;
    bool write_when_behind;
    bool free_topic_when_behind;
    bool abort_next_when_gone;
    int drained;
    bool finish_when_drained;
} world;

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

static inline void on_request(void *context, sr_request *request) {
    world *world = context;
    sr_request_stream(request, world->fanout, ++world->next_id, (const uint8_t *)head, sizeof head - 1);
}

static inline void on_gone(void *context, uint64_t client_id, sr_client_gone reason, const sr_client_stats *stats) {
    world *world = context;
    CHECK_EQUAL(world->gone[client_id], 0);
    world->gone[client_id] = (int)reason + 1;
    world->gone_stats[client_id] = *stats;
    sr_client *next = sr_client_find(world->fanout, client_id + 1);
    if (world->abort_next_when_gone && next)
        sr_client_abort(next);
}

static inline void write_text(sr_client *client, const char *text) {
    sr_client_write(client, (const uint8_t *)text, strlen(text));
}

static inline void on_behind(void *context, sr_client *client, uint64_t client_id, const sr_behind *behind) {
    world *world = context;
    CHECK(sr_client_find(world->fanout, client_id) == client);
    world->behind_calls++;
    world->behind = *behind;
    char text[100];
    snprintf(text, sizeof text, "gap %d %d-%d\n", (int)behind->missed, (int)behind->first_seq, (int)behind->last_seq);
    if (world->write_when_behind)
        write_text(client, text);
    if (world->free_topic_when_behind)
        sr_topic_free(sr_topic_find(world->fanout, behind->topic_id));
    if (world->abort_when_behind)
        sr_client_abort(client);
}

static inline void on_drained(void *context, uint64_t client_id) {
    world *world = context;
    world->drained++;
    if (world->finish_when_drained)
        sr_client_finish(sr_client_find(world->fanout, client_id));
}

static inline void begin(world *world, sr_fanout_config config) {
    memset(world, 0, sizeof *world);
    world->loop = new_loop();
    sr_error error;
    sr_http_config http = {.max_header_bytes = 4096,
                           .max_body_bytes = 1000,
                           .request_timeout_ms = 5000,
                           .idle_timeout_ms = 5000,
                           .max_connections = 1000};
    world->http = sr_http_new(world->loop, &http, on_request, world, &error);
    world->port = sr_http_listen(world->http, "127.0.0.1", 0, false, &error);
    CHECK(world->port > 0);
    sr_fanout_callbacks callbacks = {on_gone, on_behind, on_drained};
    world->fanout = sr_fanout_new(world->loop, &config, &callbacks, world);
}

static inline void end(world *world) {
    sr_fanout_free(world->fanout);
    sr_http_free(world->http);
    end_loop(world->loop);
}

static const sr_fanout_config quiet = {.send_buffer = 16384, .max_private_bytes = 1 << 20};

/// Connects and waits until the head has arrived; then forgets it.
static inline sr_client *open_client(world *world, peer *peer, int receive_buffer) {
    *peer = peer_connect(world->port, receive_buffer);
    peer_send(peer, "GET /s HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP_UNTIL(world->loop, peer_has(peer, "\r\n\r\n"));
    CHECK_TEXT(peer->text, head);
    peer_forget(peer);
    return sr_client_find(world->fanout, world->next_id);
}

static inline void append_text(sr_topic *topic, uint64_t seq, const char *text) {
    CHECK(sr_topic_append(topic, seq, (const uint8_t *)text, strlen(text)));
}

/// "<seq>\n", padded with dots to `count` bytes.
static inline void append_event(sr_topic *topic, uint64_t seq, size_t count) {
    char text[4096];
    memset(text, '.', sizeof text);
    int length = snprintf(text, sizeof text, "%d", (int)seq);
    text[length] = '.';
    text[count - 1] = '\n';
    CHECK(sr_topic_append(topic, seq, (const uint8_t *)text, count));
}

static const sr_attach everything = {.policy = SR_SLOW_DROP_OLDEST, .max_events = 1000000, .max_bytes = 1 << 30};

static inline sr_attach bounded(sr_slow_policy policy, uint32_t max_events) {
    return (sr_attach){.policy = policy, .max_events = max_events, .max_bytes = 1 << 30};
}

/// Appends until the client's socket is full and many more, each in a pass of its own. Returns the last seq.
static inline uint64_t flood(world *world, sr_topic *topic, uint64_t first, int count) {
    for (int i = 0; i < count; i++) {
        append_event(topic, first + (uint64_t)i, 1000);
        event_base_loop(sr_loop_base(world->loop), EVLOOP_NONBLOCK);
    }
    return first + (uint64_t)count - 1;
}

#endif
