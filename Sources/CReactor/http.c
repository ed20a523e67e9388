#include "http.h"

#include "socket.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

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

sr_http *sr_http_new(sr_loop *loop, const sr_http_config *config, sr_request_function function, void *context,
                     sr_error *error) {
    sr_http *http = sr_allocate(sizeof *http);
    *http = (sr_http){.loop = loop, .config = *config, .function = function, .context = context};
    http->dummy = eventfd(0, EFD_CLOEXEC);
    http->server = http->dummy < 0 ? NULL : new_server(http);
    if (!http->server || !http_door_init(http)) {
        sr_error_set(error, errno, "cannot create an HTTP server");
        if (http->server)
            evhttp_free(http->server);
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
    http_tls_init(http);
    http->adopt = internal_event(http, on_adopt);
    http->complaints = internal_event(http, on_complaints);
    http->deliver = internal_event(http, on_deliver);
    http->let_in = internal_event(http, http_door_let_in);
    event_priority_set(http->let_in, SR_PRIORITY_DEFER);
    http->let_in_late = internal_event(http, http_door_let_in_late);
    event_priority_set(http->let_in_late, SR_PRIORITY_URGENT);
    http->deadlines = sr_timer_new(loop, http_connection_expire, http);
    http->reopen = sr_timer_new(loop, http_door_reopen, http);
    return http;
}

void sr_http_set_accept_failure(sr_http *http, void (*function)(void *context, int error)) {
    http->on_accept_failure = function;
}

int sr_http_listen(sr_http *http, const char *host, uint16_t port, bool share_port, sr_error *error) {
    int fd = sr_socket_listen(host, port, share_port, error);
    if (fd < 0)
        return -1;
    http_door_open(http, fd);
    return sr_socket_port(fd);
}

void sr_http_set_overload(sr_http *http, sr_request_function function) {
    http->overload = function;
}

void sr_http_stop_accepting(sr_http *http) {
    http->closing = true;
    http_door_close(http);
}

void sr_http_free(sr_http *http) {
    http_connection_adopt(http);
    sr_http_stop_accepting(http);
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
    event_free(http->let_in);
    event_free(http->let_in_late);
    http_door_free(http);
    http_tls_free(http);
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
    http_tls_count(http, &stats);
    return stats;
}
