// Turning a loop on the test's own thread until something has happened.
#ifndef PUMP_H
#define PUMP_H

#include "check.h"
#include "internal.h"

#include <event2/event.h>

static inline void pump(sr_loop *loop, uint64_t deadline, const char *file, int line, const char *what) {
    event_base_loop(sr_loop_base(loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    if (sr_monotonic_ns() > deadline)
        check_failed(file, line, what);
    usleep(100);
}

/// Turns the loop until the condition holds; fails the test after ten seconds.
#define PUMP_UNTIL(loop, condition)                                                                                    \
    do {                                                                                                               \
        uint64_t pump_deadline = sr_monotonic_ns() + 60000000000u;                                                     \
        while (!(condition))                                                                                           \
            pump((loop), pump_deadline, __FILE__, __LINE__, "in time: " #condition);                                   \
    } while (0)

static inline sr_loop *new_loop(void) {
    sr_error error;
    sr_loop *loop = sr_loop_new(&error);
    CHECK(loop != NULL);
    return loop;
}

/// Ends the loop in the proper way, so that leaks are leaks.
static inline void end_loop(sr_loop *loop) {
    sr_loop_stop(loop);
    CHECK_EQUAL(sr_loop_run(loop), 0);
    sr_loop_free(loop);
}

#endif
