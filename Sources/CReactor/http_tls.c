// HTTPS. What comes over TLS goes on in the clear, over a socket pair, and is a connection like any other to the rest
// of the HTTP server: requests are read, sockets taken over and events fanned out as they are without TLS. Between the
// two stands a tunnel. It takes no more from either side than the other one takes from it, so a client that reads
// slowly is seen as one.
//
//   client  --TLS-->  outer | tunnel | inner  --socket pair-->  clear: what the door is given
//
// Callbacks of streams over sockets come from the loop alone, never from inside a call here, so they may free the
// tunnel (deferred ones would keep the streams of a loop that has ended).
//
// Only when both sides have agreed on TLS is there a pair; before that a client costs one descriptor, and the number of
// those is bounded. A tunnel keeps the seat of its connection until the client has gone, however early the server
// closes.
#include "http.h"
#include "socket.h"
#include "tls.h"

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    GREETING_S = 10,        ///< how long agreeing on TLS may take
    PARTING_S = 10,         ///< how long a client may read none of the last bytes
    LINGER_S = 1,           ///< and then to close
    PASS_BYTES = 64 * 1024, ///< more does not wait on either side
    SEND_BUFFER = 64 * 1024,
    USER_TIMEOUT_MS = 30000, ///< for clients that have vanished: the clear side has no TCP to tell
};

typedef enum tunnel_state {
    TUNNEL_GREETING, ///< no inner yet
    TUNNEL_OPEN,
    TUNNEL_PARTING,   ///< no inner any more; the last bytes are on their way to the client
    TUNNEL_LINGERING, ///< they have left; what the client still sends is thrown away until it closes
} tunnel_state;

struct http_tunnel {
    sr_resident resident; ///< first: the loop ends it with itself
    TAILQ_ENTRY(http_tunnel) entry;
    sr_http *http;             ///< NULL once the server has ended; streams go on
    struct bufferevent *outer; ///< owned, with the socket and the session
    struct bufferevent *inner; ///< owned; NULL unless it is open
    struct event deadline;
    sr_seat *seat;                   ///< owned; NULL before the server has taken one for it
    struct sockaddr_storage address; ///< of the client
    int clear;                       ///< number of the other end of the pair; -1: not known to the server
    uint8_t state;
    bool client_has_ended; ///< nothing more comes from it
    bool server_is_deaf;   ///< it has closed, and takes no more; what it said before is still read
    bool has_to_say_so;    ///< all has left but the end of TLS, for which the socket had no room
};

// MARK: - Lists

static void enter(http_tunnel *tunnel, tunnel_state state) {
    sr_http *http = tunnel->http;
    if (http) {
        TAILQ_REMOVE(&http->tls.tunnels[tunnel->state], tunnel, entry);
        http->tls.counts[tunnel->state]--;
        TAILQ_INSERT_TAIL(&http->tls.tunnels[state], tunnel, entry);
        http->tls.counts[state]++;
    }
    tunnel->state = (uint8_t)state;
}

static void expire_after(http_tunnel *tunnel, int seconds) {
    struct timeval delay = {.tv_sec = seconds};
    if (event_add(&tunnel->deadline, &delay) != 0)
        abort();
}

static void name(http_tunnel *tunnel, int clear) {
    http_tls *tls = &tunnel->http->tls;
    tls->by_clear = http_table_reserve(tls->by_clear, &tls->by_clear_count, clear);
    tls->by_clear[clear] = tunnel;
    tunnel->clear = clear;
}

/// The number may have become that of another tunnel's.
static void unname(http_tunnel *tunnel) {
    if (tunnel->http && tunnel->clear >= 0 && tunnel->http->tls.by_clear[tunnel->clear] == tunnel)
        tunnel->http->tls.by_clear[tunnel->clear] = NULL;
    tunnel->clear = -1;
}

// MARK: - Ends

static void drop_inner(http_tunnel *tunnel) {
    unname(tunnel);
    if (tunnel->inner)
        bufferevent_free(tunnel->inner);
    tunnel->inner = NULL;
}

static void free_tunnel(http_tunnel *tunnel) {
    drop_inner(tunnel);
    if (tunnel->http) {
        TAILQ_REMOVE(&tunnel->http->tls.tunnels[tunnel->state], tunnel, entry);
        tunnel->http->tls.counts[tunnel->state]--;
    }
    event_del(&tunnel->deadline);
    bufferevent_free(tunnel->outer);
    if (tunnel->seat)
        sr_seat_leave(tunnel->seat);
    sr_resident_remove(&tunnel->resident);
    free(tunnel);
}

static void on_loop_stop(sr_resident *resident) {
    free_tunnel((http_tunnel *)resident); // its first member
}

/// Says in the way of TLS that this was all, without which what is delimited by its end would seem to be cut off.
/// False when the socket has no room for that.
static bool say_end(http_tunnel *tunnel) {
    SSL *session = bufferevent_openssl_get_ssl(tunnel->outer);
    int result = SSL_shutdown(session);
    bool is_blocked = result < 0 && SSL_get_error(session, result) == SSL_ERROR_WANT_WRITE;
    ERR_clear_error();
    return !is_blocked;
}

/// Closing at once, with input that nobody has read, would be a reset, which can overtake what is on its way.
static void linger(http_tunnel *tunnel) {
    bool is_first = !tunnel->has_to_say_so;
    tunnel->has_to_say_so = !say_end(tunnel);
    if (tunnel->has_to_say_so && is_first)
        return expire_after(tunnel, LINGER_S);
    shutdown(bufferevent_getfd(tunnel->outer), SHUT_WR);
    if (tunnel->client_has_ended)
        return free_tunnel(tunnel);
    enter(tunnel, TUNNEL_LINGERING);
    expire_after(tunnel, LINGER_S);
    bufferevent_enable(tunnel->outer, EV_READ);
}

static void on_deadline(evutil_socket_t fd, short events, void *context) {
    http_tunnel *tunnel = context;
    if (tunnel->state == TUNNEL_PARTING && tunnel->has_to_say_so)
        return linger(tunnel);
    if (tunnel->state == TUNNEL_GREETING && tunnel->http)
        tunnel->http->stats.tls_failures++;
    free_tunnel(tunnel);
}

/// The server has closed its end.
static void part(http_tunnel *tunnel) {
    drop_inner(tunnel);
    enter(tunnel, TUNNEL_PARTING);
    if (evbuffer_get_length(bufferevent_get_output(tunnel->outer)) == 0)
        return linger(tunnel);
    bufferevent_setwatermark(tunnel->outer, EV_WRITE, 0, 0);
    expire_after(tunnel, PARTING_S);
}

// MARK: - Passing on

static void pass(struct bufferevent *from, struct bufferevent *to) {
    bufferevent_read_buffer(from, bufferevent_get_output(to));
    if (evbuffer_get_length(bufferevent_get_output(to)) >= PASS_BYTES)
        bufferevent_disable(from, EV_READ);
}

/// The server learns that the client has ended, when it has all that came before.
static void pass_end(http_tunnel *tunnel) {
    if (evbuffer_get_length(bufferevent_get_output(tunnel->inner)) == 0)
        shutdown(bufferevent_getfd(tunnel->inner), SHUT_WR);
    else
        bufferevent_setwatermark(tunnel->inner, EV_WRITE, 0, 0);
}

static void on_outer_read(struct bufferevent *outer, void *context) {
    http_tunnel *tunnel = context;
    struct evbuffer *input = bufferevent_get_input(outer);
    if (tunnel->inner && !tunnel->server_is_deaf)
        pass(outer, tunnel->inner);
    else if (tunnel->state != TUNNEL_GREETING)
        evbuffer_drain(input, evbuffer_get_length(input));
}

static void on_outer_written(struct bufferevent *outer, void *context) {
    http_tunnel *tunnel = context;
    if (tunnel->inner) {
        bufferevent_enable(tunnel->inner, EV_READ);
        return;
    }
    if (tunnel->state != TUNNEL_PARTING)
        return;
    if (evbuffer_get_length(bufferevent_get_output(outer)) == 0)
        linger(tunnel);
    else
        expire_after(tunnel, PARTING_S);
}

static void on_inner_read(struct bufferevent *inner, void *context) {
    http_tunnel *tunnel = context;
    pass(inner, tunnel->outer);
}

static void on_inner_written(struct bufferevent *inner, void *context) {
    http_tunnel *tunnel = context;
    if (tunnel->client_has_ended)
        pass_end(tunnel);
    else
        bufferevent_enable(tunnel->outer, EV_READ);
}

/// The end of what the server says. That it takes no more, which is found earlier, does not mean that.
static void on_inner_event(struct bufferevent *inner, short events, void *context) {
    http_tunnel *tunnel = context;
    if (events & BEV_EVENT_WRITING) {
        struct evbuffer *output = bufferevent_get_output(inner);
        tunnel->server_is_deaf = true;
        // The stream freezes the front of its output so that nobody else takes bytes away; nobody else is here.
        evbuffer_unfreeze(output, 1);
        evbuffer_drain(output, evbuffer_get_length(output));
        evbuffer_freeze(output, 1);
        if (!tunnel->client_has_ended)
            bufferevent_enable(tunnel->outer, EV_READ);
        return;
    }
    bufferevent_read_buffer(inner, bufferevent_get_output(tunnel->outer));
    part(tunnel);
}

// MARK: - Agreeing on TLS

/// For whoever has typed http:// in place of https://.
static void answer_plain_request(struct bufferevent *outer) {
    static const char answer[] =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        "{\"error\":\"this port speaks HTTPS: use https:// in place of http://\","
        "\"code\":\"invalid_request\",\"field\":\"\"}";
    int fd = bufferevent_getfd(outer);
    send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
}

static bool was_plain_request(struct bufferevent *outer) {
    unsigned long code;
    bool was = false;
    while ((code = bufferevent_get_openssl_error(outer)) != 0)
        was = was || (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST);
    return was;
}

static void fail(http_tunnel *tunnel) {
    tunnel->http->stats.tls_failures++;
    if (was_plain_request(tunnel->outer))
        answer_plain_request(tunnel->outer);
    free_tunnel(tunnel);
}

/// Both sides have agreed: the server gets its end.
static void open_inner(http_tunnel *tunnel) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
        tunnel->http->stats.accept_failures++;
        return free_tunnel(tunnel);
    }
    sr_http *http = tunnel->http;
    tunnel->inner = bufferevent_socket_new(sr_loop_base(http->loop), pair[0], BEV_OPT_CLOSE_ON_FREE);
    if (!tunnel->inner)
        abort();
    event_del(&tunnel->deadline);
    enter(tunnel, TUNNEL_OPEN);
    name(tunnel, pair[1]);
    bufferevent_setwatermark(tunnel->outer, EV_WRITE, PASS_BYTES / 2, 0);
    bufferevent_setwatermark(tunnel->inner, EV_WRITE, PASS_BYTES / 2, 0);
    bufferevent_setcb(tunnel->inner, on_inner_read, on_inner_written, on_inner_event, tunnel);
    bufferevent_enable(tunnel->inner, EV_READ | EV_WRITE);
    on_outer_read(tunnel->outer, tunnel);
    http_door_arrived(http, pair[1]);
}

static void on_outer_event(struct bufferevent *outer, short events, void *context) {
    http_tunnel *tunnel = context;
    if (events & BEV_EVENT_CONNECTED)
        return open_inner(tunnel);
    if (tunnel->state == TUNNEL_GREETING)
        return fail(tunnel);
    if (!(events & BEV_EVENT_EOF) || events & BEV_EVENT_WRITING || tunnel->state == TUNNEL_LINGERING)
        return free_tunnel(tunnel);
    tunnel->client_has_ended = true;
    on_outer_read(outer, tunnel);
    if (tunnel->inner)
        pass_end(tunnel);
    // Who says no more may still listen. The stream has stopped writing none the less, and with what waits in it the
    // server's end would never be read; to a client that has gone, the next write fails.
    bufferevent_enable(outer, EV_WRITE);
}

void http_tls_begin(sr_http *http, int fd) {
    http_tls *tls = &http->tls;
    if (tls->counts[TUNNEL_GREETING] >= tls->max_greetings) {
        http->stats.tls_failures++;
        free_tunnel(TAILQ_FIRST(&tls->tunnels[TUNNEL_GREETING]));
    }
    http_tunnel *tunnel = sr_allocate(sizeof *tunnel);
    *tunnel = (http_tunnel){.http = http, .clear = -1, .address.ss_family = AF_UNSPEC};
    SSL *session = sr_tls_session(tls->context, "");
    // Closing without saying so in TLS is what many clients do: what they have asked for before still counts.
    SSL_set_options(session, SSL_OP_IGNORE_UNEXPECTED_EOF);
    socklen_t length = sizeof tunnel->address;
    getpeername(fd, (struct sockaddr *)&tunnel->address, &length);
    sr_socket_configure(fd, USER_TIMEOUT_MS);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){SEND_BUFFER}, sizeof(int));
    tunnel->outer = bufferevent_openssl_socket_new(sr_loop_base(http->loop), fd, session, BUFFEREVENT_SSL_ACCEPTING,
                                                   BEV_OPT_CLOSE_ON_FREE);
    if (!tunnel->outer)
        abort();
    TAILQ_INSERT_TAIL(&tls->tunnels[TUNNEL_GREETING], tunnel, entry);
    tls->counts[TUNNEL_GREETING]++;
    sr_resident_add(http->loop, &tunnel->resident, on_loop_stop);
    event_assign(&tunnel->deadline, sr_loop_base(http->loop), -1, 0, on_deadline, tunnel);
    expire_after(tunnel, GREETING_S);
    bufferevent_setcb(tunnel->outer, on_outer_read, on_outer_written, on_outer_event, tunnel);
    bufferevent_enable(tunnel->outer, EV_READ | EV_WRITE);
}

// MARK: - For the rest of the server

/// NULL where there is none behind this descriptor.
static http_tunnel *tunnel_of(const sr_http *http, int fd) {
    return (size_t)fd < http->tls.by_clear_count ? http->tls.by_clear[fd] : NULL;
}

void http_tls_renumber(sr_http *http, int from, int to) {
    http_tunnel *tunnel = tunnel_of(http, from);
    if (!tunnel)
        return;
    unname(tunnel);
    name(tunnel, to);
}

void http_peer_address(sr_http *http, int fd, struct sockaddr_storage *address) {
    *address = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
    socklen_t length = sizeof *address;
    const http_tunnel *tunnel = tunnel_of(http, fd);
    if (tunnel)
        *address = tunnel->address;
    else
        getpeername(fd, (struct sockaddr *)address, &length);
}

sr_seating http_take_seat(sr_http *http, int fd, sr_seat **seat) {
    struct sockaddr_storage address;
    http_peer_address(http, fd, &address);
    sr_seating seating = sr_seat_take(http->hall, (struct sockaddr *)&address, seat);
    http_tunnel *tunnel = tunnel_of(http, fd);
    if (tunnel && seating != SR_NOT_SEATED && !tunnel->seat) {
        tunnel->seat = *seat;
        *seat = NULL;
    }
    return seating;
}

void http_tls_count(const sr_http *http, sr_http_stats *stats) {
    stats->tls_connections = http->tls.counts[TUNNEL_OPEN];
    stats->tls_parting = http->tls.counts[TUNNEL_PARTING];
}

void http_tls_init(sr_http *http) {
    for (int state = 0; state < HTTP_TUNNEL_STATES; state++)
        TAILQ_INIT(&http->tls.tunnels[state]);
}

void sr_http_use_tls(sr_http *http, sr_tls *tls, uint32_t max_greetings) {
    http->tls.context = sr_tls_retain(tls);
    http->tls.max_greetings = max_greetings > 0 ? max_greetings : 1;
}

void http_tls_free(sr_http *http) {
    http_tls *tls = &http->tls;
    http_tunnel *tunnel;
    while ((tunnel = TAILQ_FIRST(&tls->tunnels[TUNNEL_GREETING])))
        free_tunnel(tunnel);
    for (int state = TUNNEL_OPEN; state < HTTP_TUNNEL_STATES; state++)
        TAILQ_FOREACH(tunnel, &tls->tunnels[state], entry)
    tunnel->http = NULL;
    if (tls->context)
        sr_tls_release(tls->context);
    free(tls->by_clear);
}
