#include "internal.h"

#include <event2/event.h>
#include <event2/event_struct.h>

struct sr_timer {
    struct event event;
    sr_function function;
    void *context;
    uint64_t due_ns;    ///< CLOCK_MONOTONIC
    uint64_t repeat_ns; ///< 0: once
};

static const uint64_t ns_per_ms = 1000000;

/// Rounds up to libevent's milliseconds, which its epoll backend waits in.
static void wait_until_due(sr_timer *timer, uint64_t now) {
    uint64_t wait_ms = timer->due_ns > now ? (timer->due_ns - now + ns_per_ms - 1) / ns_per_ms : 0;
    struct timeval wait = {.tv_sec = (time_t)(wait_ms / 1000), .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};
    event_add(&timer->event, &wait);
}

/// The next multiple of the period that is still to come.
static void advance(sr_timer *timer, uint64_t now) {
    uint64_t missed = (now - timer->due_ns) / timer->repeat_ns;
    timer->due_ns += (missed + 1) * timer->repeat_ns;
}

/// libevent counts from a cached coarse clock, so its event may come some milliseconds early: then wait for the rest.
static void on_timeout(evutil_socket_t descriptor, short events, void *context) {
    sr_timer *timer = context;
    uint64_t now = sr_monotonic_ns();
    if (now < timer->due_ns) {
        wait_until_due(timer, now);
        return;
    }
    if (timer->repeat_ns > 0) {
        advance(timer, now);
        wait_until_due(timer, now);
    }
    // Last: the function may free the timer.
    timer->function(timer->context);
}

sr_timer *sr_timer_new(sr_loop *loop, sr_function function, void *context) {
    sr_timer *timer = sr_allocate(sizeof *timer);
    timer->function = function;
    timer->context = context;
    timer->due_ns = timer->repeat_ns = 0;
    evtimer_assign(&timer->event, sr_loop_base(loop), on_timeout, timer);
    return timer;
}

void sr_timer_start(sr_timer *timer, uint64_t after_ms, uint64_t repeat_ms) {
    uint64_t now = sr_monotonic_ns();
    timer->due_ns = now + after_ms * ns_per_ms;
    timer->repeat_ns = repeat_ms * ns_per_ms;
    wait_until_due(timer, now);
}

void sr_timer_stop(sr_timer *timer) {
    event_del(&timer->event);
}

void sr_timer_free(sr_timer *timer) {
    event_del(&timer->event);
    free(timer);
}
