#include "link.h"
#include "socket.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/// Connections accepted in one go before other input gets its turn.
enum { MAX_ACCEPTS = 64 };
/// How long to leave the backlog alone when descriptors or memory have run out.
static const uint64_t stall_ms = 100;

struct sr_listener {
    sr_loop *loop;
    struct event event;
    sr_timer *stall;
    int fd;
    uint64_t stalls;
    sr_incoming_function function;
    void *context;
    bool *freed; ///< set when it is freed while it accepts; on the stack of on_readable
};

struct sr_incoming {
    sr_loop *loop;
    int fd; ///< -1 when a link has it
    char peer[SR_ADDRESS_TEXT];
};

// MARK: - Incoming connections

const char *sr_incoming_peer(const sr_incoming *incoming) {
    return incoming->peer;
}

sr_link *sr_link_accept(sr_incoming *incoming, const sr_link_config *config, const sr_link_callbacks *callbacks,
                        void *context) {
    sr_link *link = sr_link_new(incoming->loop, incoming->peer, config, callbacks, context);
    if (config->tls)
        link->secure = sr_secure_new(config->tls, NULL);
    sr_link_open(link, incoming->fd);
    incoming->fd = -1;
    return link;
}

/// The function may free the listener, so nothing of it is touched afterwards.
static void present(sr_listener *listener, int fd, const struct sockaddr_storage *address) {
    sr_incoming incoming = {.loop = listener->loop, .fd = fd};
    sr_address_format((const struct sockaddr *)address, incoming.peer);
    listener->function(listener->context, &incoming);
    if (incoming.fd >= 0)
        close(incoming.fd);
}

// MARK: - Accepting

static void on_stall_over(void *context) {
    sr_listener *listener = context;
    event_add(&listener->event, NULL);
}

/// Level-triggered as it is, the socket would report the connection that cannot be accepted again and again.
static void stall(sr_listener *listener) {
    listener->stalls++;
    event_del(&listener->event);
    sr_timer_start(listener->stall, stall_ms, 0);
}

/// Accepts one connection; false when there are no more for now.
static bool accept_one(sr_listener *listener) {
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    int fd = accept4(listener->fd, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        present(listener, fd, &address);
        return true;
    }
    switch (errno) {
    case EAGAIN:
        return false;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        stall(listener);
        return false;
    default: // the connection's own trouble, such as ECONNABORTED
        return true;
    }
}

static void on_readable(evutil_socket_t fd, short events, void *context) {
    sr_listener *listener = context;
    bool freed = false;
    listener->freed = &freed;
    for (int i = 0; i < MAX_ACCEPTS && accept_one(listener); i++) {
        if (freed)
            return;
    }
    listener->freed = NULL;
}

// MARK: - Life

sr_listener *sr_listener_new(sr_loop *loop, const char *host, uint16_t port, sr_incoming_function function,
                             void *context, sr_error *error) {
    int fd = sr_socket_listen(host, port, false, error);
    if (fd < 0)
        return NULL;
    sr_listener *listener = sr_allocate(sizeof *listener);
    *listener = (sr_listener){.loop = loop, .fd = fd, .function = function, .context = context};
    listener->stall = sr_timer_new(loop, on_stall_over, listener);
    event_assign(&listener->event, sr_loop_base(loop), fd, EV_READ | EV_PERSIST, on_readable, listener);
    event_add(&listener->event, NULL);
    return listener;
}

uint16_t sr_listener_port(const sr_listener *listener) {
    return sr_socket_port(listener->fd);
}

uint64_t sr_listener_stalls(const sr_listener *listener) {
    return listener->stalls;
}

void sr_listener_free(sr_listener *listener) {
    if (listener->freed)
        *listener->freed = true;
    event_del(&listener->event);
    sr_timer_free(listener->stall);
    close(listener->fd);
    free(listener);
}
