#include "http.h"

#include <errno.h>
#include <event2/listener.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 4096, ACCEPT_BURST = 64, REOPEN_AFTER_MS = 100 };

/// Accepting counts as in order again when it has not failed for so long.
static const uint64_t failure_memory_ns = 60000000000;

/// The servers of this thread: libevent does not tell whose listener has failed.
static _Thread_local LIST_HEAD(, sr_http) servers;

/// All of them reach the handler, which knows what to say to each.
static const ev_uint16_t all_methods = EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                                       EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT |
                                       EVHTTP_REQ_PATCH;

static void on_adopt(evutil_socket_t fd, short events, void *http) {
    http_connection_adopt(http);
}

static void on_complaints(evutil_socket_t fd, short events, void *http) {
    http_connection_replace_complaints(http);
}

static void on_deliver(evutil_socket_t fd, short events, void *http) {
    http_request_deliver(http);
}

static struct event *internal_event(sr_http *http, event_callback_fn function) {
    struct event *event = event_new(sr_loop_base(http->loop), -1, 0, function, http);
    if (!event)
        abort();
    return event;
}

static struct evhttp *new_server(sr_http *http) {
    struct evhttp *server = evhttp_new(sr_loop_base(http->loop));
    if (!server)
        return NULL;
    evhttp_set_allowed_methods(server, all_methods);
    evhttp_set_max_headers_size(server, (ev_ssize_t)http->config.max_header_bytes);
    evhttp_set_max_body_size(server, (ev_ssize_t)http->config.max_body_bytes);
    evhttp_set_default_content_type(server, NULL);
    evhttp_set_gencb(server, http_request_arrived, http);
    evhttp_set_bevcb(server, http_connection_accept, http);
    return server;
}

static void reopen(void *context) {
    sr_http *http = context;
    http->burst = 0;
    if (http->listener)
        evconnlistener_enable(http->listener);
}

static void on_accept_more(evutil_socket_t fd, short events, void *http) {
    reopen(http);
}

/// Left to itself the listener accepts the whole backlog at once. Thousands of connections, at 3 KB each, would wait
/// for their turn together; in bursts, most have become streams (or have been answered) before the next are accepted.
void http_pace_accepting(sr_http *http) {
    if (++http->burst < ACCEPT_BURST || !http->listener)
        return;
    evconnlistener_disable(http->listener);
    event_active(http->accept_more, EV_TIMEOUT, 0);
}

sr_http *sr_http_new(sr_loop *loop, const sr_http_config *config, sr_request_function function, void *context,
                     sr_error *error) {
    sr_http *http = sr_allocate(sizeof *http);
    *http = (sr_http){.loop = loop, .config = *config, .function = function, .context = context};
    http->dummy = eventfd(0, EFD_CLOEXEC);
    http->server = http->dummy < 0 ? NULL : new_server(http);
    if (!http->server) {
        sr_error_set(error, errno, "cannot create an HTTP server");
        if (http->dummy >= 0)
            close(http->dummy);
        free(http);
        return NULL;
    }
    http->hall = config->hall ? sr_hall_retain(config->hall)
                              : sr_hall_new(config->max_connections, config->max_connections_per_ip);
    for (int state = 0; state < HTTP_STATES; state++)
        TAILQ_INIT(&http->lists[state]);
    STAILQ_INIT(&http->ready);
    http->adopt = internal_event(http, on_adopt);
    http->complaints = internal_event(http, on_complaints);
    http->deliver = internal_event(http, on_deliver);
    http->accept_more = internal_event(http, on_accept_more);
    event_priority_set(http->accept_more, SR_PRIORITY_DEFER);
    http->deadlines = sr_timer_new(loop, http_connection_expire, http);
    http->reopen = sr_timer_new(loop, reopen, http);
    LIST_INSERT_HEAD(&servers, http, entry);
    return http;
}

static sr_http *server_of(const struct evconnlistener *listener) {
    sr_http *http;
    LIST_FOREACH(http, &servers, entry)
    if (http->listener == listener)
        return http;
    abort();
}

/// The process is out of descriptors or memory. Trying again at once would spin, so what comes waits in the kernel.
static void on_accept_error(struct evconnlistener *listener, void *evhttp) {
    int error = errno;
    sr_http *http = server_of(listener);
    uint64_t now = sr_monotonic_ns();
    bool is_new = http->failed_at == 0 || now - http->failed_at > failure_memory_ns;
    http->failed_at = now;
    http->stats.accept_failures++;
    evconnlistener_disable(listener);
    sr_timer_start(http->reopen, REOPEN_AFTER_MS, 0);
    if (is_new && http->on_accept_failure)
        http->on_accept_failure(http->context, error);
}

void sr_http_set_accept_failure(sr_http *http, void (*function)(void *context, int error)) {
    http->on_accept_failure = function;
}

static int bound_port(evutil_socket_t fd) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return -1;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

int sr_http_listen(sr_http *http, const char *host, uint16_t port, bool share_port, sr_error *error) {
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    int failure = getaddrinfo(host, service, &hints, &addresses);
    if (failure != 0) {
        sr_error_set(error, 0, "cannot listen on %s: %s", host, gai_strerror(failure));
        return -1;
    }
    unsigned flags =
        LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | (share_port ? LEV_OPT_REUSEABLE_PORT : 0);
    struct evconnlistener *listener = evconnlistener_new_bind(
        sr_loop_base(http->loop), NULL, NULL, flags, LISTEN_BACKLOG, addresses->ai_addr, (int)addresses->ai_addrlen);
    int reason = errno;
    freeaddrinfo(addresses);
    if (!listener) {
        sr_error_set(error, reason, "cannot listen on %s port %u", host, port);
        return -1;
    }
    if (!evhttp_bind_listener(http->server, listener))
        abort();
    evconnlistener_set_error_cb(listener, on_accept_error);
    http->listener = listener;
    return bound_port(evconnlistener_get_fd(listener));
}

void sr_http_set_overload(sr_http *http, sr_request_function function) {
    http->overload = function;
}

static void remember_bound(struct evhttp_bound_socket *bound, void *result) {
    *(struct evhttp_bound_socket **)result = bound;
}

void sr_http_stop_accepting(sr_http *http) {
    http->closing = true;
    if (!http->listener)
        return;
    struct evhttp_bound_socket *bound = NULL;
    evhttp_foreach_bound_socket(http->server, remember_bound, &bound);
    evhttp_del_accept_socket(http->server, bound);
    sr_timer_stop(http->reopen);
    http->listener = NULL;
}

void sr_http_free(sr_http *http) {
    http_connection_adopt(http);
    sr_http_stop_accepting(http);
    LIST_REMOVE(http, entry);
    evhttp_free(http->server);
    // Their messages are ours since the connections went; whoever answers them frees them. Those that nobody has seen
    // are freed here.
    sr_request *request;
    while ((request = STAILQ_FIRST(&http->ready))) {
        STAILQ_REMOVE_HEAD(&http->ready, entry);
        http_request_free(request);
    }
    event_free(http->adopt);
    event_free(http->complaints);
    event_free(http->deliver);
    event_free(http->accept_more);
    sr_timer_free(http->deadlines);
    sr_timer_free(http->reopen);
    sr_hall_release(http->hall);
    close(http->dummy);
    free(http->by_fd);
    free(http);
}

sr_http_stats sr_http_get_stats(const sr_http *http) {
    sr_http_stats stats = http->stats;
    stats.connections = sr_hall_count(http->hall);
    return stats;
}
