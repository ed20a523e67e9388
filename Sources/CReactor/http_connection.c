// From accept to close: adoption, limits, deadlines.
#include "http.h"
#include "socket.h"

#include <string.h>
#include <sys/socket.h>

enum {
    OVER_LIMIT_ROOM = 64,    ///< connections beyond max_connections that are let in to be told so
    LEAVING_MS = 1000,       ///< how long a refused client has to read why
    INPUT_SLACK = 16 * 1024, ///< chunk headers and what is pipelined
    NS_PER_MS = 1000000,
};

static void on_input(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *context);
static void on_evhttp_close(struct evhttp_connection *peer, void *context);

// MARK: - Accept

/// evhttp asks for the stream before it has tied socket and connection to it; the rest is done by adoption.
struct bufferevent *http_connection_accept(struct event_base *base, void *context) {
    sr_http *http = context;
    http_connection_adopt(http);
    struct bufferevent *stream = bufferevent_socket_new(base, -1, 0);
    if (!stream)
        abort(); // evhttp would make one that nobody watches over
    http_connection *connection = sr_allocate(sizeof *connection);
    *connection = (http_connection){.http = http, .stream = stream, .fd = -1};
    // More than one largest request is never needed; beyond it the client waits in TCP.
    bufferevent_setwatermark(stream, EV_READ, 0,
                             http->config.max_header_bytes + http->config.max_body_bytes + INPUT_SLACK);
    evbuffer_add_cb(bufferevent_get_input(stream), on_input, connection);
    evbuffer_add_cb(bufferevent_get_output(stream), http_connection_on_output, connection);
    http->newcomer = connection;
    event_active(http->adopt, EV_TIMEOUT, 0);
    return stream;
}

static void remember(sr_http *http, http_connection *connection) {
    http->by_fd = http_table_reserve(http->by_fd, &http->by_fd_count, connection->fd);
    http->by_fd[connection->fd] = connection;
}

static void admit(http_connection *connection) {
    sr_http *http = connection->http;
    sr_seating seating = http_take_seat(http, connection->fd, &connection->seat);
    http->stats.accepted++;
    http_connection_enter(connection, HTTP_READING);
    if (seating == SR_SEATED)
        return;
    http->stats.over_limit++;
    connection->over_limit = true;
    bool room = sr_hall_excess(http->hall) <= OVER_LIMIT_ROOM;
    if (seating == SR_NOT_SEATED || !room)
        http_connection_refuse(connection, 503, "overloaded", "too many connections, try again later");
}

/// Ends what evhttp does with the record of a connection.
static void unwatch(http_connection *connection) {
    evbuffer_remove_cb(bufferevent_get_input(connection->stream), on_input, connection);
    evbuffer_remove_cb(bufferevent_get_output(connection->stream), http_connection_on_output, connection);
}

void http_connection_adopt(sr_http *http) {
    http_connection *connection = http->newcomer;
    if (!connection)
        return;
    http->newcomer = NULL;
    // evhttp makes itself the context of the stream's callbacks; there is no other way to it before a request.
    void *peer = NULL;
    bufferevent_getcb(connection->stream, NULL, NULL, NULL, &peer);
    connection->fd = bufferevent_getfd(connection->stream);
    if (!peer || connection->fd < 0) { // evhttp gave up, for lack of memory
        http_door_pass(http, NULL);
        free(connection);
        return;
    }
    if (!http_door_pass(http, connection->stream)) {
        unwatch(connection);
        evhttp_connection_free(peer);
        free(connection);
        return;
    }
    // An answer goes out in several writes; the last small one must not wait for the client's delayed acknowledgement.
    sr_socket_configure(connection->fd, 0);
    connection->peer = peer;
    evhttp_connection_set_closecb(connection->peer, on_evhttp_close, connection);
    struct timeval write_timeout = {.tv_sec = http->config.request_timeout_ms / 1000,
                                    .tv_usec = http->config.request_timeout_ms % 1000 * 1000};
    bufferevent_set_timeouts(connection->stream, NULL, &write_timeout);
    connection->state = HTTP_STATES;
    remember(http, connection);
    admit(connection);
}

http_connection *http_connection_of(sr_http *http, struct evhttp_request *message) {
    http_connection_adopt(http);
    struct evhttp_connection *peer = evhttp_request_get_connection(message);
    return http->by_fd[bufferevent_getfd(evhttp_connection_get_bufferevent(peer))];
}

// MARK: - States and deadlines

static uint32_t duration_ms(const http_connection *connection) {
    switch (connection->state) {
    case HTTP_READING:
        return connection->http->config.request_timeout_ms;
    case HTTP_IDLE:
        return connection->http->config.idle_timeout_ms;
    default:
        return LEAVING_MS;
    }
}

static void arm(sr_http *http, uint64_t deadline) {
    if (http->armed != 0 && http->armed <= deadline)
        return;
    uint64_t now = sr_monotonic_ns();
    http->armed = deadline;
    sr_timer_start(http->deadlines, deadline > now ? (deadline - now) / NS_PER_MS + 1 : 1, 0);
}

static void unlist(http_connection *connection) {
    if (connection->state == HTTP_STATES)
        return;
    TAILQ_REMOVE(&connection->http->lists[connection->state], connection, entry);
    if (connection->state == HTTP_LEAVING)
        connection->http->leaving--;
}

/// All waits of one state are equally long, so each list is in order of its deadlines.
void http_connection_enter(http_connection *connection, http_state state) {
    sr_http *http = connection->http;
    unlist(connection);
    connection->state = (uint8_t)state;
    TAILQ_INSERT_TAIL(&http->lists[state], connection, entry);
    if (state == HTTP_LEAVING)
        http->leaving++;
    if (state == HTTP_ANSWERING || state == HTTP_COMPLAINED)
        return;
    connection->deadline = sr_monotonic_ns() + (uint64_t)duration_ms(connection) * NS_PER_MS;
    arm(http, connection->deadline);
}

static void expire_list(sr_http *http, http_state state, uint64_t now) {
    http_connection *connection;
    while ((connection = TAILQ_FIRST(&http->lists[state])) && connection->deadline <= now) {
        if (state == HTTP_READING)
            http->stats.timed_out++;
        evhttp_connection_free(connection->peer);
    }
    if (connection)
        arm(http, connection->deadline);
}

void http_connection_expire(void *context) {
    sr_http *http = context;
    uint64_t now = sr_monotonic_ns();
    http->armed = 0;
    expire_list(http, HTTP_READING, now);
    expire_list(http, HTTP_IDLE, now);
    expire_list(http, HTTP_LEAVING, now);
}

void http_connection_answered(http_connection *connection) {
    connection->own_output = false;
    connection->request = NULL;
    connection->received = evbuffer_get_length(bufferevent_get_input(connection->stream));
    http_connection_enter(connection, connection->received > 0 ? HTTP_READING : HTTP_IDLE);
}

static void on_input(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *context) {
    http_connection *connection = context;
    connection->received += info->n_added;
    if (info->n_added > 0 && connection->state == HTTP_IDLE)
        http_connection_enter(connection, HTTP_READING);
}

static void on_evhttp_close(struct evhttp_connection *peer, void *context) {
    http_connection *connection = context;
    unwatch(connection);
    unlist(connection);
    connection->http->by_fd[connection->fd] = NULL;
    if (connection->seat)
        sr_seat_leave(connection->seat);
    if (connection->request) {
        evhttp_request_own(connection->request->message);
        connection->request->connection = NULL;
    }
    free(connection);
}
