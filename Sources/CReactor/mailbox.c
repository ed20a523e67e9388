#include "mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

/// Bounds of one drain: after either, sockets and timers get their turn.
static const size_t drain_max_calls = 1024;
static const uint64_t drain_max_ns = 1000000;
/// An array that a burst has made larger than this is given back.
static const size_t keep_capacity = 16384;

struct sr_mailbox {
    atomic_uint references;
    int descriptor;
    /// Between the posting threads and the loop; taken with `mutex`.
    struct {
        pthread_mutex_t mutex;
        sr_calls posted;
        /// The descriptor has been made readable (or is about to be) and the loop has not seen the end yet.
        bool signalled;
        bool closed;
        sr_loop_stats stats;
    } shared;
    /// What was taken out and is being run, from `next` on. The loop's thread only.
    sr_calls running;
    size_t next;
};

// MARK: - Calls

void sr_calls_append(sr_calls *calls, sr_function function, void *context) {
    if (calls->count == calls->capacity) {
        calls->capacity = calls->capacity ? calls->capacity * 2 : 16;
        calls->items = sr_reallocate(calls->items, calls->capacity * sizeof(sr_call));
    }
    calls->items[calls->count++] = (sr_call){function, context};
}

void sr_calls_free(sr_calls *calls) {
    free(calls->items);
    *calls = (sr_calls){0};
}

// MARK: - Life

sr_mailbox *sr_mailbox_new(sr_error *error) {
    int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (descriptor < 0) {
        sr_error_set(error, errno, "cannot create the loop's eventfd");
        return NULL;
    }
    sr_mailbox *mailbox = sr_allocate(sizeof *mailbox);
    *mailbox = (sr_mailbox){.references = 1, .descriptor = descriptor};
    pthread_mutex_init(&mailbox->shared.mutex, NULL);
    return mailbox;
}

sr_mailbox *sr_mailbox_retain(sr_mailbox *mailbox) {
    atomic_fetch_add_explicit(&mailbox->references, 1, memory_order_relaxed);
    return mailbox;
}

void sr_mailbox_release(sr_mailbox *mailbox) {
    if (atomic_fetch_sub_explicit(&mailbox->references, 1, memory_order_acq_rel) > 1)
        return;
    close(mailbox->descriptor);
    pthread_mutex_destroy(&mailbox->shared.mutex);
    sr_calls_free(&mailbox->shared.posted);
    sr_calls_free(&mailbox->running);
    free(mailbox);
}

int sr_mailbox_descriptor(const sr_mailbox *mailbox) {
    return mailbox->descriptor;
}

// MARK: - Any thread

/// Under the mutex: claims the right to write the descriptor, which only the first of a burst gets.
static bool claim_signal_locked(sr_mailbox *mailbox) {
    if (mailbox->shared.signalled)
        return false;
    mailbox->shared.signalled = true;
    mailbox->shared.stats.wakeups++;
    return true;
}

/// Outside the mutex, so that the loop does not wake up only to wait for it. The loop cannot consume the signal before
/// it is written: it drains only when the descriptor is readable.
static void signal_loop(const sr_mailbox *mailbox) {
    uint64_t one = 1;
    while (write(mailbox->descriptor, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

bool sr_mailbox_post(sr_mailbox *mailbox, sr_function function, void *context) {
    pthread_mutex_lock(&mailbox->shared.mutex);
    bool accepted = !mailbox->shared.closed;
    bool wakes = false;
    if (accepted) {
        sr_calls_append(&mailbox->shared.posted, function, context);
        sr_loop_stats *stats = &mailbox->shared.stats;
        stats->posts++;
        if (mailbox->shared.posted.count > stats->deepest)
            stats->deepest = mailbox->shared.posted.count;
        wakes = claim_signal_locked(mailbox);
    }
    pthread_mutex_unlock(&mailbox->shared.mutex);
    if (wakes)
        signal_loop(mailbox);
    return accepted;
}

void sr_mailbox_close(sr_mailbox *mailbox) {
    pthread_mutex_lock(&mailbox->shared.mutex);
    mailbox->shared.closed = true;
    bool wakes = claim_signal_locked(mailbox);
    pthread_mutex_unlock(&mailbox->shared.mutex);
    if (wakes)
        signal_loop(mailbox);
}

sr_loop_stats sr_mailbox_stats(sr_mailbox *mailbox) {
    pthread_mutex_lock(&mailbox->shared.mutex);
    sr_loop_stats stats = mailbox->shared.stats;
    pthread_mutex_unlock(&mailbox->shared.mutex);
    return stats;
}

// MARK: - The loop's thread

static void swap_locked(sr_mailbox *mailbox) {
    sr_calls emptied = mailbox->running;
    emptied.count = 0;
    if (emptied.capacity > keep_capacity)
        sr_calls_free(&emptied);
    mailbox->running = mailbox->shared.posted;
    mailbox->shared.posted = emptied;
    mailbox->next = 0;
}

/// Makes `running` hold what to run next. Consumes the signal when there is nothing; otherwise the descriptor stays
/// readable, so that a drain which stops at its bound is continued in the loop's next pass.
static sr_drain refill(sr_mailbox *mailbox) {
    if (mailbox->next < mailbox->running.count)
        return SR_DRAIN_MORE;
    sr_drain result = SR_DRAIN_MORE;
    pthread_mutex_lock(&mailbox->shared.mutex);
    swap_locked(mailbox);
    if (mailbox->running.count == 0) {
        uint64_t signals;
        while (read(mailbox->descriptor, &signals, sizeof signals) < 0 && errno == EINTR)
            continue;
        mailbox->shared.signalled = false;
        result = mailbox->shared.closed ? SR_DRAIN_CLOSED : SR_DRAIN_EMPTY;
    }
    pthread_mutex_unlock(&mailbox->shared.mutex);
    return result;
}

sr_drain sr_mailbox_drain(sr_mailbox *mailbox) {
    uint64_t end = sr_monotonic_ns() + drain_max_ns;
    for (size_t calls = 0; calls < drain_max_calls; calls++) {
        sr_drain state = refill(mailbox);
        if (state != SR_DRAIN_MORE)
            return state;
        sr_call call = mailbox->running.items[mailbox->next++];
        call.function(call.context);
        if (sr_monotonic_ns() >= end)
            break;
    }
    return SR_DRAIN_MORE;
}
