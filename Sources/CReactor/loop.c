#include "internal.h"
#include "mailbox.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>

/// How long steady input may hold back what was deferred. The 5 ms that are promised are reached because libevent's
/// coarse clock adds up to a tick of the kernel's, which is 4 ms at most as a rule.
static const struct timeval defer_bound = {.tv_sec = 0, .tv_usec = 1500};

struct sr_loop {
    struct event_base *base;
    sr_mailbox *mailbox;
    struct event *mail;
    /// Deferred functions run at the first of two events: nothing else left to do, or the deadline.
    sr_calls deferred;
    sr_calls spare; ///< the memory of the round before, empty: two rounds take turns with it
    struct event *defer_idle;
    struct event *defer_deadline;
    LIST_HEAD(, sr_resident) residents;
    uint8_t *scratch; ///< made by the first that reads
};

static _Thread_local const sr_loop *current_loop = NULL;

// MARK: - Deferred functions

static void run_deferred(sr_loop *loop) {
    sr_calls calls = loop->deferred;
    loop->deferred = loop->spare;
    loop->spare = (sr_calls){0};
    for (size_t i = 0; i < calls.count; i++)
        calls.items[i].function(calls.items[i].context);
    calls.count = 0;
    loop->spare = calls;
}

static void on_deferred(evutil_socket_t descriptor, short events, void *context) {
    sr_loop *loop = context;
    event_del(loop->defer_idle);
    event_del(loop->defer_deadline);
    run_deferred(loop);
}

void sr_loop_defer(sr_loop *loop, sr_function function, void *context) {
    if (loop->deferred.count == 0) {
        event_active(loop->defer_idle, EV_TIMEOUT, 0);
        event_add(loop->defer_deadline, &defer_bound);
    }
    sr_calls_append(&loop->deferred, function, context);
}

// MARK: - Mailbox

static void on_mail(evutil_socket_t descriptor, short events, void *context) {
    sr_loop *loop = context;
    if (sr_mailbox_drain(loop->mailbox) == SR_DRAIN_CLOSED)
        event_base_loopbreak(loop->base);
}

bool sr_loop_post(sr_loop *loop, sr_function function, void *context) {
    return sr_mailbox_post(loop->mailbox, function, context);
}

sr_loop_stats sr_loop_get_stats(sr_loop *loop) {
    return sr_mailbox_stats(loop->mailbox);
}

void sr_loop_stop(sr_loop *loop) {
    sr_mailbox_close(loop->mailbox);
}

sr_mailbox *sr_loop_mailbox(sr_loop *loop) {
    return loop->mailbox;
}

// MARK: - Life

static struct event_base *new_base(void) {
    struct event_config *config = event_config_new();
    if (!config)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    // Without this one long pass over ready sockets would run to its end before the deadline event is seen.
    event_config_set_max_dispatch_interval(config, &defer_bound, -1, SR_PRIORITY_INPUT);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    if (base && event_base_priority_init(base, SR_PRIORITY_COUNT) != 0) {
        event_base_free(base);
        return NULL;
    }
    return base;
}

static struct event *new_timer_event(sr_loop *loop, int priority) {
    struct event *event = evtimer_new(loop->base, on_deferred, loop);
    if (!event)
        abort();
    event_priority_set(event, priority);
    return event;
}

sr_loop *sr_loop_new(sr_error *error) {
    sr_mailbox *mailbox = sr_mailbox_new(error);
    if (!mailbox)
        return NULL;
    struct event_base *base = new_base();
    if (!base) {
        sr_mailbox_release(mailbox);
        sr_error_set(error, errno, "cannot create an event loop");
        return NULL;
    }
    sr_loop *loop = sr_allocate(sizeof *loop);
    *loop = (sr_loop){.base = base, .mailbox = mailbox};
    LIST_INIT(&loop->residents);
    loop->defer_idle = new_timer_event(loop, SR_PRIORITY_DEFER);
    loop->defer_deadline = new_timer_event(loop, SR_PRIORITY_URGENT);
    loop->mail = event_new(base, sr_mailbox_descriptor(mailbox), EV_READ | EV_PERSIST, on_mail, loop);
    if (!loop->mail || event_add(loop->mail, NULL) != 0)
        abort();
    return loop;
}

void sr_loop_free(sr_loop *loop) {
    event_free(loop->mail);
    event_free(loop->defer_idle);
    event_free(loop->defer_deadline);
    event_base_free(loop->base);
    sr_mailbox_release(loop->mailbox);
    sr_calls_free(&loop->deferred);
    sr_calls_free(&loop->spare);
    free(loop->scratch);
    free(loop);
}

// MARK: - Running

/// evhttp writes without MSG_NOSIGNAL. A blocked SIGPIPE is left pending, which does no harm.
static void block_sigpipe(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void run_all_deferred(sr_loop *loop) {
    while (loop->deferred.count > 0)
        on_deferred(-1, 0, loop);
}

static void end_residents(sr_loop *loop) {
    sr_resident *resident;
    while ((resident = LIST_FIRST(&loop->residents)))
        resident->on_stop(resident);
}

int sr_loop_run(sr_loop *loop) {
    block_sigpipe();
    current_loop = loop;
    int result = event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    run_all_deferred(loop);
    end_residents(loop);
    run_all_deferred(loop);
    current_loop = NULL;
    return result < 0 ? -1 : 0;
}

bool sr_loop_is_current(const sr_loop *loop) {
    return current_loop == loop;
}

// MARK: - For the other files

struct event_base *sr_loop_base(sr_loop *loop) {
    return loop->base;
}

uint8_t *sr_loop_scratch(sr_loop *loop) {
    if (!loop->scratch)
        loop->scratch = sr_allocate(SR_SCRATCH_SIZE);
    return loop->scratch;
}

void sr_resident_add(sr_loop *loop, sr_resident *resident, void (*on_stop)(sr_resident *resident)) {
    resident->on_stop = on_stop;
    LIST_INSERT_HEAD(&loop->residents, resident, entry);
}

void sr_resident_remove(sr_resident *resident) {
    LIST_REMOVE(resident, entry);
}
