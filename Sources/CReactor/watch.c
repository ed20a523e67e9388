#include "internal.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/epoll.h>
#include <unistd.h>

struct sr_watch {
    struct event event;
    struct event_base *base;
    int fd;      ///< the caller's
    int enabled; ///< SR_READ | SR_WRITE
    sr_watch_function function;
    void *context;
};

static void on_ready(evutil_socket_t fd, short events, void *context) {
    sr_watch *watch = context;
    int ready = (events & EV_READ ? SR_READ : 0) | (events & EV_WRITE ? SR_WRITE : 0);
    // Last: the function may free the watch.
    watch->function(watch->context, ready);
}

static void watch_for(sr_watch *watch, int events) {
    if (watch->enabled != 0)
        event_del(&watch->event);
    watch->enabled = events;
    if (events == 0)
        return;
    short wanted = (short)((events & SR_READ ? EV_READ : 0) | (events & SR_WRITE ? EV_WRITE : 0) | EV_PERSIST);
    event_assign(&watch->event, watch->base, watch->fd, wanted, on_ready, watch);
    event_add(&watch->event, NULL);
}

/// The kernel says only when asked whether it can poll a descriptor; asked through libevent, a no would be logged to
/// standard error.
static bool can_be_polled(int fd) {
    int probe = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    bool result = probe >= 0 && epoll_ctl(probe, EPOLL_CTL_ADD, fd, &event) == 0;
    int code = errno;
    if (probe >= 0)
        close(probe);
    errno = code;
    return result;
}

sr_watch *sr_watch_new(sr_loop *loop, int fd, sr_watch_function function, void *context, sr_error *error) {
    if (!can_be_polled(fd)) {
        sr_error_set(error, errno, "cannot watch descriptor %d", fd);
        return NULL;
    }
    sr_watch *watch = sr_allocate(sizeof *watch);
    *watch = (sr_watch){.base = sr_loop_base(loop), .fd = fd, .function = function, .context = context};
    return watch;
}

void sr_watch_set(sr_watch *watch, int events) {
    if (events != watch->enabled)
        watch_for(watch, events);
}

void sr_watch_free(sr_watch *watch) {
    watch_for(watch, 0);
    free(watch);
}
