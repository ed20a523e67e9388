// Connections of listeners: opened a window at a time, and opened again when they have ended.
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

/// Connections to one address and port of the server can have only so many ports of one source address: where the
/// server is on loopback there are as many source addresses as one likes.
static int bind_source(const worker *w, int fd, uint32_t source) {
    const struct sockaddr_in *to = (const struct sockaddr_in *)&w->plan->address;
    if (to->sin_family != AF_INET || ntohl(to->sin_addr.s_addr) >> 24 != 127) {
        return 0;
    }
    int on = 1;
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(0x7f000101U + source % SOURCES);
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) != 0) {
        return -1;
    }
    return bind(fd, (const struct sockaddr *)&from, sizeof from);
}

int cl_connect_socket(const worker *w, uint32_t source) {
    const struct sockaddr *to = (const struct sockaddr *)&w->plan->address;
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (bind_source(w, fd, source) == 0 && (connect(fd, to, w->plan->address_length) == 0 || errno == EINPROGRESS)) {
        return fd;
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static uint32_t index_of(const worker *w, const listener *l) {
    return (uint32_t)(l - w->listeners);
}

static void watch(worker *w, listener *l, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = index_of(w, l)};
    if (epoll_ctl(w->epoll, operation, l->fd, &event) != 0) {
        cl_worker_failed(w, "epoll_ctl: %s", strerror(errno));
    }
}

// MARK: - The queue

void cl_listener_queue(worker *w, listener *l) {
    l->state = LISTENER_QUEUED;
    w->queue[w->queue_tail] = index_of(w, l);
    w->queue_tail = (w->queue_tail + 1) % (w->count + 1);
}

static void wait_until(worker *w, listener *l, uint64_t due) {
    l->state = LISTENER_WAITING;
    l->due = due;
    w->waiting++;
}

static void start(worker *w, listener *l) {
    uint64_t now = cl_monotonic_ns();
    if (w->totals->connect_began == 0) {
        w->totals->connect_began = now;
    }
    l->fd = cl_connect_socket(w, w->first + index_of(w, l));
    l->due = now + (uint64_t)CONNECT_TIMEOUT_MS * MILLISECOND;
    l->carry_count = 0;
    l->chunk = CHUNK_SIZE;
    l->chunk_left = 0;
    l->is_chunked = false;
    w->under_way++;
    l->state = LISTENER_CONNECTING;
    if (l->fd < 0) {
        cl_connect_failed(w, l, strerror(errno));
    } else {
        watch(w, l, EPOLL_CTL_ADD, EPOLLOUT);
    }
}

void cl_connect_fill(worker *w) {
    while (w->under_way < w->plan->connect_window && w->queue_head != w->queue_tail) {
        listener *l = &w->listeners[w->queue[w->queue_head]];
        w->queue_head = (w->queue_head + 1) % (w->count + 1);
        start(w, l);
    }
}

void cl_connect_sweep(worker *w) {
    if (w->waiting == 0 && w->under_way == 0) {
        return;
    }
    uint64_t now = cl_monotonic_ns();
    for (uint32_t i = 0; i < w->count; i++) {
        listener *l = &w->listeners[i];
        if (l->state == LISTENER_WAITING && now >= l->due) {
            w->waiting--;
            cl_listener_queue(w, l);
        } else if ((l->state == LISTENER_CONNECTING || l->state == LISTENER_HEAD) && now >= l->due) {
            cl_connect_failed(w, l, "no answer in time");
        }
    }
}

// MARK: - One attempt

static size_t write_request(const worker *w, const listener *l, char *request, size_t capacity) {
    const char *authorization = w->plan->authorization;
    int count =
        snprintf(request, capacity, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n%s%s%s%s%s%s\r\n",
                 l->path, w->plan->host, authorization ? "Authorization: " : "", authorization ? authorization : "",
                 authorization ? "\r\n" : "", l->id[0] ? "Last-Event-ID: " : "", l->id, l->id[0] ? "\r\n" : "");
    return count > 0 && (size_t)count < capacity ? (size_t)count : 0;
}

void cl_connect_ready(worker *w, listener *l) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) {
        cl_connect_failed(w, l, strerror(error));
        return;
    }
    char request[8192];
    size_t count = write_request(w, l, request, sizeof request);
    // An empty send buffer takes a request whole.
    if (count == 0 || send(l->fd, request, count, MSG_NOSIGNAL) != (ssize_t)count) {
        cl_connect_failed(w, l, "the request could not be sent");
        return;
    }
    l->state = LISTENER_HEAD;
    watch(w, l, EPOLL_CTL_MOD, EPOLLIN);
}

void cl_connect_opened(worker *w, listener *l) {
    cl_totals *totals = w->totals;
    w->under_way--;
    l->state = LISTENER_OPEN;
    l->attempts = 0;
    l->opened_at = w->now;
    totals->open++;
    if (l->came_back) {
        totals->reconnects++;
    } else {
        totals->opened++;
        totals->connect_ended = w->now;
    }
    if (l->in_storm) {
        l->in_storm = false;
        totals->storm_away--;
        totals->storm_back = w->now;
    }
    if (l->role != CL_PLAIN) {
        epoll_ctl(w->epoll, EPOLL_CTL_DEL, l->fd, NULL);
    }
}

static void close_connection(worker *w, listener *l) {
    if (l->state == LISTENER_OPEN) {
        w->totals->open--;
    } else if (l->state == LISTENER_CONNECTING || l->state == LISTENER_HEAD) {
        w->under_way--;
    }
    if (l->fd >= 0) {
        close(l->fd);
    }
    l->fd = -1;
    l->carry_count = 0;
}

void cl_connect_failed(worker *w, listener *l, const char *why) {
    if (why) {
        cl_worker_failed(w, "connecting a listener: %s", why);
    }
    w->totals->failures++;
    close_connection(w, l);
    if (++l->attempts < MAX_ATTEMPTS) {
        wait_until(w, l, cl_monotonic_ns() + (uint64_t)RETRY_PAUSE_MS * MILLISECOND);
    } else {
        l->state = LISTENER_ENDED;
    }
}

// MARK: - The end of a connection

static uint64_t retry_time(const listener *l) {
    return cl_monotonic_ns() + (uint64_t)(l->retry_ms > 0 ? l->retry_ms : DEFAULT_RETRY_MS) * MILLISECOND;
}

void cl_listener_drop(worker *w, listener *l) {
    close_connection(w, l);
    l->came_back = true;
    if (w->plan->waits_retry) {
        wait_until(w, l, retry_time(l));
    } else {
        cl_listener_queue(w, l);
    }
}

void cl_listener_lost(worker *w, listener *l) {
    w->totals->closed_by_server++;
    close_connection(w, l);
    l->came_back = true;
    wait_until(w, l, retry_time(l));
}

void cl_listener_end(worker *w, listener *l) {
    close_connection(w, l);
    l->state = LISTENER_ENDED;
}
