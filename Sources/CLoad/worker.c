// The loop of a worker: connections that are ready, and every 10 ms what has to be done by the clock.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"

enum { READY_EVENTS = 512, SWEEP_MS = 50 };

uint64_t cl_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

void cl_worker_failed(worker *w, const char *format, ...) {
    if (w->totals->failure[0]) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(w->totals->failure, sizeof w->totals->failure, format, arguments);
    va_end(arguments);
}

// MARK: - Phases

static void queue_everybody(worker *w) {
    for (uint32_t i = 0; i < w->count; i++) {
        listener *l = &w->listeners[i];
        size_t path = w->control->topics[l->topic].path;
        if (path > 0) {
            l->path = strdup(w->text + path);
        }
        if (l->path) {
            cl_listener_queue(w, l);
        }
    }
}

static void finish(worker *w) {
    for (uint32_t i = 0; i < w->count; i++) {
        listener *l = &w->listeners[i];
        cl_verify_end(w, l, atomic_load(&w->control->topics[l->topic].last));
    }
    atomic_store(&w->shared->finished, true);
}

static void follow_phase(worker *w) {
    cl_phase wanted = (cl_phase)atomic_load(&w->control->phase);
    while (w->phase < wanted) {
        w->phase++;
        if (w->phase == CL_CREATE && w->control->topics[0].create > 0) {
            cl_create_begin(w);
        } else if (w->phase == CL_CONNECT) {
            queue_everybody(w);
        } else if (w->phase == CL_FINISH) {
            finish(w);
        }
    }
}

// MARK: - By the clock

/// Drops the next so many plain listeners that are connected, in turn.
static void churn(worker *w, uint64_t elapsed) {
    w->churn_owed += w->churn_share * (double)elapsed / 1e9;
    for (uint32_t looked = 0; w->churn_owed >= 1 && looked < w->count; looked++) {
        listener *l = &w->listeners[w->churn_next];
        w->churn_next = (w->churn_next + 1) % w->count;
        if (l->role == CL_PLAIN && l->state == LISTENER_OPEN) {
            cl_listener_drop(w, l);
            w->churn_owed -= 1;
        }
    }
}

static void storm(worker *w) {
    w->storm_done = true;
    for (uint32_t i = 0; i < w->count; i++) {
        listener *l = &w->listeners[i];
        if (l->role == CL_PLAIN && l->state == LISTENER_OPEN) {
            l->in_storm = l->catches_up = true;
            w->totals->storm_away++;
            cl_listener_drop(w, l);
        }
    }
}

static void read_slowly(worker *w, uint64_t elapsed) {
    uint64_t allowance = w->plan->slow_rate * elapsed / 1000000000U;
    for (uint32_t i = 0; i < w->count; i++) {
        listener *l = &w->listeners[i];
        if (l->role == CL_SLOW && l->state == LISTENER_OPEN) {
            cl_receive(w, l, allowance < RECEIVE_BYTES ? allowance : RECEIVE_BYTES);
        }
    }
}

static void tick(worker *w) {
    uint64_t now = cl_monotonic_ns();
    if (now < w->last_tick + (uint64_t)TICK_MS * MILLISECOND) {
        return;
    }
    uint64_t elapsed = now - w->last_tick;
    w->last_tick = now;
    follow_phase(w);
    if (w->plan->listeners[CL_SLOW] > 0) {
        read_slowly(w, elapsed);
    }
    if (w->phase == CL_RUN) {
        uint64_t at = atomic_load(&w->control->storm_at);
        if (at > 0 && now >= at && !w->storm_done) {
            storm(w);
        }
        if (w->plan->churn > 0) {
            churn(w, elapsed);
        }
    }
    if (now >= w->next_sweep) {
        w->next_sweep = now + (uint64_t)SWEEP_MS * MILLISECOND;
        cl_connect_sweep(w);
    }
}

/// Says once when this worker's part of the goal is reached.
static void tell_goal(worker *w) {
    uint64_t goal = atomic_load(&w->control->goal);
    if (goal > w->goal_told && w->settled >= goal * w->plain) {
        w->goal_told = goal;
        uint64_t one = 1;
        if (write(w->goal_fd, &one, sizeof one) != sizeof one) {
            cl_worker_failed(w, "cannot tell that a goal is reached");
        }
    }
}

// MARK: - The loop

static void ready(worker *w, uint64_t tag) {
    if (tag >= w->count) {
        cl_create_ready(w, (uint32_t)(tag - w->count));
        return;
    }
    listener *l = &w->listeners[tag];
    if (l->state == LISTENER_CONNECTING) {
        cl_connect_ready(w, l);
    } else if (l->state == LISTENER_HEAD || (l->state == LISTENER_OPEN && l->role == CL_PLAIN)) {
        cl_receive(w, l, RECEIVE_BYTES);
    }
}

void cl_worker_run(worker *w) {
    struct epoll_event events[READY_EVENTS];
    w->last_tick = cl_monotonic_ns();
    for (;;) {
        if (w->phase >= CL_CONNECT) {
            cl_connect_fill(w);
        }
        int count = epoll_wait(w->epoll, events, READY_EVENTS, TICK_MS);
        if (count < 0 && errno != EINTR) {
            cl_worker_failed(w, "epoll_wait failed");
            _exit(1);
        }
        for (int i = 0; i < count; i++) {
            ready(w, events[i].data.u64);
        }
        tell_goal(w);
        tick(w);
    }
}
