// Subscriptions, made by POST on a few keep-alive connections of each worker.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"

static void give_up(worker *w, creator *c, const char *why) {
    cl_worker_failed(w, "making a subscription: %s", why);
    w->totals->failures++;
    close(c->fd);
    c->fd = -1;
}

/// The next listener's request.
static void ask(worker *w, creator *c) {
    if (w->next_to_create == w->count) {
        close(c->fd);
        c->fd = -1;
        return;
    }
    c->listener = w->next_to_create++;
    c->count = 0;
    const char *request = w->text + w->control->topics[w->listeners[c->listener].topic].create;
    size_t count = strlen(request);
    if (send(c->fd, request, count, MSG_NOSIGNAL) != (ssize_t)count) {
        give_up(w, c, strerror(errno));
    }
}

void cl_create_begin(worker *w) {
    w->totals->create_began = cl_monotonic_ns();
    for (uint32_t i = 0; i < CREATE_CONNECTIONS; i++) {
        creator *c = &w->creators[i];
        c->fd = cl_connect_socket(w, w->first + i);
        if (c->fd < 0) {
            cl_worker_failed(w, "connecting: %s", strerror(errno));
            w->totals->failures++;
            continue;
        }
        struct epoll_event event = {.events = EPOLLOUT, .data.u64 = (uint64_t)w->count + i};
        epoll_ctl(w->epoll, EPOLL_CTL_ADD, c->fd, &event);
    }
}

/// Size of the body, by Content-Length. False when the head does not say.
static bool body_size(const char *head, size_t count, size_t *size) {
    static const char name[] = "content-length:";
    for (const char *line = head; line < head + count;) {
        const char *end = memchr(line, '\n', (size_t)(head + count - line));
        if (!end) {
            return false;
        }
        if ((size_t)(end - line) > sizeof name && strncasecmp(line, name, sizeof name - 1) == 0) {
            *size = strtoul(line + sizeof name - 1, NULL, 10);
            return true;
        }
        line = end + 1;
    }
    return false;
}

/// Takes the address out of the answer. False when there is none.
static bool take_path(listener *l, const char *body, size_t count) {
    static const char name[] = "\"stream_url\":\"";
    const char *start = memmem(body, count, name, sizeof name - 1);
    if (!start) {
        return false;
    }
    start += sizeof name - 1;
    const char *end = memchr(start, '"', (size_t)(body + count - start));
    l->path = end ? strndup(start, (size_t)(end - start)) : NULL;
    return l->path != NULL;
}

/// The answer is whole: what it says, then the next one.
static void answered(worker *w, creator *c, const char *body, size_t count) {
    if (strncmp(c->answer, "HTTP/1.1 201", 12) != 0 || !take_path(&w->listeners[c->listener], body, count)) {
        const char *line_end = memchr(c->answer, '\r', c->count);
        cl_worker_failed(w, "making a subscription: %.*s: %.*s", (int)(line_end - c->answer), c->answer,
                         (int)(count < 120 ? count : 120), body);
        w->totals->failures++;
    } else {
        w->totals->created++;
        w->totals->create_ended = cl_monotonic_ns();
    }
    ask(w, c);
}

static void read_answer(worker *w, creator *c) {
    ssize_t got = recv(c->fd, c->answer + c->count, sizeof c->answer - c->count, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got <= 0) {
        give_up(w, c, got < 0 ? strerror(errno) : "closed without an answer, or one that is too long");
        return;
    }
    c->count += (uint32_t)got;
    const char *head_end = memmem(c->answer, c->count, "\r\n\r\n", 4);
    if (!head_end) {
        return;
    }
    size_t head = (size_t)(head_end - c->answer) + 4, body = 0;
    if (!body_size(c->answer, head, &body)) {
        give_up(w, c, "an answer without Content-Length");
    } else if (c->count >= head + body) {
        answered(w, c, c->answer + head, body);
    }
}

void cl_create_ready(worker *w, uint32_t index) {
    creator *c = &w->creators[index];
    if (c->fd < 0) {
        return;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)w->count + index};
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error != 0) {
        give_up(w, c, strerror(error));
    } else if (c->count == 0 && c->listener == UINT32_MAX) {
        epoll_ctl(w->epoll, EPOLL_CTL_MOD, c->fd, &event);
        ask(w, c);
    } else {
        read_answer(w, c);
    }
}
