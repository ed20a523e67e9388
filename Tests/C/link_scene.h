// Two links that talk to each other, or a link and a plain socket.
#ifndef LINK_SCENE_H
#define LINK_SCENE_H

#include "pump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

// MARK: - One end of a link under test

enum { MAX_FRAME = 2 * 1024 * 1024, MAX_OUTPUT = 1024 * 1024, LOW_WATER = 64 * 1024 };

typedef struct end {
    sr_link *link;
    uint64_t frames, bytes;
    size_t calls;
    uint64_t sum; ///< of all payload bytes
    int connected, drained, bad_frames, closed;
    sr_link_close reason;
    sr_tls_failure tls_failure;
    char detail[240];
    bool in_user_call;
    // What to do in on_frames.
    bool echoes, refuses, closes, pauses;
    bool departs;      ///< with a goodbye, gracefully
    bool says_goodbye; ///< in on_bad_frame
} end;

static inline void on_connected(void *context) {
    ((end *)context)->connected++;
}
static inline void on_drained(void *context) {
    ((end *)context)->drained++;
}

static inline bool on_frames(void *context, const sr_frame *frames, size_t count) {
    end *self = context;
    CHECK_EQUAL(self->closed, 0);
    self->calls++;
    for (size_t i = 0; i < count; i++) {
        self->frames++;
        self->bytes += frames[i].count;
        for (size_t j = 0; j < frames[i].count; j++)
            self->sum += frames[i].payload[j];
        if (self->echoes)
            CHECK(sr_link_send(self->link, frames[i].payload, frames[i].count));
    }
    if (self->pauses)
        sr_link_pause(self->link);
    if (self->departs) {
        CHECK(sr_link_send(self->link, (const uint8_t *)"bye", 3));
        sr_link_close_after_flush(self->link, 10000);
    }
    if (self->closes)
        sr_link_close_after_flush(self->link, 0);
    return !self->refuses;
}

static inline void on_closed(void *context, sr_link_close reason, const char *detail) {
    end *self = context;
    CHECK(!self->in_user_call);
    self->closed++;
    self->reason = reason;
    self->tls_failure = sr_link_tls_failure(self->link);
    snprintf(self->detail, sizeof self->detail, "%s", detail);
    self->link = NULL;
}

static inline void on_bad_frame(void *context, sr_link_close reason) {
    end *self = context;
    self->bad_frames++;
    if (self->says_goodbye)
        CHECK(sr_link_send(self->link, (const uint8_t *)"bye", 3));
}

static const sr_link_callbacks callbacks = {
    .on_connected = on_connected,
    .on_frames = on_frames,
    .on_bad_frame = on_bad_frame,
    .on_drained = on_drained,
    .on_closed = on_closed,
};
static const sr_link_config config = {
    .max_frame = MAX_FRAME, .max_output = MAX_OUTPUT, .low_water = LOW_WATER, .user_timeout_ms = 5000};

// MARK: - A listener and the ends it makes

typedef struct scene {
    sr_loop *loop;
    sr_listener *listener;
    end server, client;
    sr_tls *server_tls, *client_tls; ///< NULL: plain; the scene's
    int accepted;
    bool refuses;
} scene;

static inline void on_incoming(void *context, sr_incoming *incoming) {
    scene *scene = context;
    scene->accepted++;
    sr_link_config used = config;
    used.tls = scene->server_tls;
    if (!scene->refuses)
        scene->server.link = sr_link_accept(incoming, &used, &callbacks, &scene->server);
}

static inline scene *new_scene(void) {
    scene *scene = calloc(1, sizeof *scene);
    sr_error error;
    scene->loop = new_loop();
    scene->listener = sr_listener_new(scene->loop, "127.0.0.1", 0, on_incoming, scene, &error);
    CHECK(scene->listener != NULL);
    return scene;
}

static inline void end_scene(scene *scene) {
    if (scene->listener)
        sr_listener_free(scene->listener);
    end_loop(scene->loop);
    CHECK(scene->server.closed <= 1 && scene->client.closed <= 1);
    CHECK(!scene->server.link && !scene->client.link);
    if (scene->server_tls)
        sr_tls_release(scene->server_tls);
    if (scene->client_tls)
        sr_tls_release(scene->client_tls);
    free(scene);
}

static inline sr_link *dial(scene *scene, const char *host) {
    sr_link_config used = config;
    used.tls = scene->client_tls;
    scene->client.link =
        sr_link_connect(scene->loop, host, sr_listener_port(scene->listener), 5000, &used, &callbacks, &scene->client);
    return scene->client.link;
}

/// Two links that talk to each other.
static inline scene *new_connected_scene(void) {
    scene *scene = new_scene();
    dial(scene, "127.0.0.1");
    PUMP_UNTIL(scene->loop, scene->client.connected == 1 && scene->server.link);
    return scene;
}

/// A plain blocking socket on the other side of the server's link.
static inline int connect_plainly(scene *scene) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons(sr_listener_port(scene->listener));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQUAL(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline int new_plain_scene(scene **made) {
    *made = new_scene();
    int fd = connect_plainly(*made);
    PUMP_UNTIL((*made)->loop, (*made)->server.link);
    return fd;
}

static inline void write_all(int fd, const void *bytes, size_t count) {
    CHECK_EQUAL(write(fd, bytes, count), count);
}

static inline uint8_t *new_payload(size_t count) {
    uint8_t *payload = malloc(count);
    for (size_t i = 0; i < count; i++)
        payload[i] = (uint8_t)(i * 31 + count);
    return payload;
}

/// Sends until refused; the peer must not be reading.
static inline size_t fill(scene *scene) {
    uint8_t *payload = new_payload(50000);
    size_t sent = 0;
    while (sr_link_send(scene->client.link, payload, 50000)) {
        sent++;
        CHECK(sr_link_pending(scene->client.link) <= MAX_OUTPUT);
        // What the kernel's buffers take is no sign of a bound; go on until they are full.
        event_base_loop(sr_loop_base(scene->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    }
    free(payload);
    return sent;
}

#endif
