#include "CAudience.h"
#include "internal.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TOPIC = 1, EVENT_BYTES = 200, LOG_BYTES = 1 << 20, LOG_EVENTS = 1024, MOST_CLIENTS = 5000 };

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// As sr_fanout_publish reads it.
typedef struct __attribute__((packed)) record {
    uint64_t topic, seq, key;
    uint32_t length;
    char event[EVENT_BYTES];
} record;

struct ca_audience {
    sr_loop *loop;
    sr_http *http;
    sr_fanout *fanout;
    sr_topic *topic;
    int *sockets; ///< the clients' ends
    size_t count;
    uint64_t seq;
    record *records;
    size_t record_capacity;
};

static void require(int condition, const char *what) {
    if (condition)
        return;
    perror(what);
    abort();
}

// MARK: - The server's side

static void on_request(void *context, sr_request *request) {
    ca_audience *audience = context;
    uint64_t id = sr_fanout_get_stats(audience->fanout).clients + 1;
    sr_client *client = sr_request_stream(request, audience->fanout, id, (const uint8_t *)head, sizeof head - 1);
    sr_attach attach = {.policy = SR_SLOW_DROP_OLDEST, .max_events = LOG_EVENTS, .max_bytes = LOG_BYTES};
    sr_client_attach(client, audience->topic, &attach);
}

static void on_gone(void *context, uint64_t id, sr_client_gone reason, const sr_client_stats *stats) {}

static void on_behind(void *context, sr_client *client, uint64_t id, const sr_behind *behind) {
    require(0, "an event was lost");
}

static void on_drained(void *context, uint64_t id) {}

static int listen_on_any_port(ca_audience *audience) {
    sr_error error;
    sr_http_config http = {.max_header_bytes = 4096,
                           .max_body_bytes = 1024,
                           .request_timeout_ms = 60000,
                           .idle_timeout_ms = 60000,
                           .max_connections = MOST_CLIENTS};
    audience->http = sr_http_new(audience->loop, &http, on_request, audience, &error);
    require(audience->http != NULL, "http");
    int port = sr_http_listen(audience->http, "127.0.0.1", 0, false, &error);
    require(port > 0, "listen");
    return port;
}

static void turn(ca_audience *audience) {
    event_base_loop(sr_loop_base(audience->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

// MARK: - The clients' side

static int connect_to(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    require(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
    require(send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == sizeof request - 1, "send");
    return fd;
}

void ca_audience_read(ca_audience *audience) {
    static char bytes[64 * 1024];
    for (size_t i = 0; i < audience->count; i++)
        while (recv(audience->sockets[i], bytes, sizeof bytes, 0) == sizeof bytes)
            ;
}

// MARK: - Life

ca_audience *ca_audience_new(size_t clients) {
    require(clients > 0 && clients <= MOST_CLIENTS, "number of clients");
    sr_error error;
    ca_audience *audience = sr_allocate(sizeof *audience);
    *audience = (ca_audience){.count = clients, .loop = sr_loop_new(&error)};
    require(audience->loop != NULL, "loop");
    sr_fanout_callbacks callbacks = {on_gone, on_behind, on_drained};
    sr_fanout_config config = {.send_buffer = 64 * 1024, .max_private_bytes = 4096};
    audience->fanout = sr_fanout_new(audience->loop, &config, &callbacks, audience);
    audience->topic = sr_topic_ensure(audience->fanout, TOPIC, LOG_BYTES, LOG_EVENTS);
    int port = listen_on_any_port(audience);
    audience->sockets = sr_allocate(clients * sizeof *audience->sockets);
    for (size_t i = 0; i < clients; i++) {
        audience->sockets[i] = connect_to(port);
        while (sr_fanout_get_stats(audience->fanout).clients <= i)
            turn(audience);
    }
    ca_audience_publish(audience, 1); // the heads go out before it
    ca_audience_read(audience);
    return audience;
}

void ca_audience_free(ca_audience *audience) {
    sr_fanout_free(audience->fanout);
    sr_http_free(audience->http);
    sr_loop_stop(audience->loop);
    sr_loop_run(audience->loop);
    sr_loop_free(audience->loop);
    for (size_t i = 0; i < audience->count; i++)
        close(audience->sockets[i]);
    free(audience->sockets);
    free(audience->records);
    free(audience);
}

// MARK: - Publishing

static void make_records(ca_audience *audience, size_t events) {
    if (audience->record_capacity < events) {
        audience->records = sr_reallocate(audience->records, events * sizeof(record));
        audience->record_capacity = events;
    }
    for (size_t i = 0; i < events; i++) {
        record *each = &audience->records[i];
        *each = (record){.topic = TOPIC, .seq = ++audience->seq, .length = EVENT_BYTES};
        memset(each->event, 'x', EVENT_BYTES);
        memcpy(each->event, "data: ", 6);
        memcpy(each->event + EVENT_BYTES - 2, "\n\n", 2);
    }
}

void ca_audience_publish(ca_audience *audience, size_t events) {
    make_records(audience, events);
    uint64_t until = sr_fanout_get_stats(audience->fanout).delivered + events * audience->count;
    sr_fanout_publish(audience->fanout, (const uint8_t *)audience->records, events * sizeof(record));
    while (sr_fanout_get_stats(audience->fanout).delivered < until)
        turn(audience);
}
