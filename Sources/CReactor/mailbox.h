// The queue by which other threads reach a loop. It is counted by references because a helper thread may outlive the
// loop it wants to report to.
#ifndef CREACTOR_MAILBOX_H
#define CREACTOR_MAILBOX_H

#include "internal.h"

typedef struct sr_call {
    sr_function function;
    void *context;
} sr_call;

/// A growing array of calls.
typedef struct sr_calls {
    sr_call *items;
    size_t count;
    size_t capacity;
} sr_calls;

void sr_calls_append(sr_calls *calls, sr_function function, void *context);
void sr_calls_free(sr_calls *calls);

typedef struct sr_mailbox sr_mailbox;

/// One reference, given up with sr_mailbox_release.
sr_mailbox *sr_mailbox_new(sr_error *error);
sr_mailbox *sr_mailbox_retain(sr_mailbox *mailbox);
void sr_mailbox_release(sr_mailbox *mailbox);

/// Readable while there is something to drain. Owned by the mailbox.
int sr_mailbox_descriptor(const sr_mailbox *mailbox);
/// Any thread. False after sr_mailbox_close.
bool sr_mailbox_post(sr_mailbox *mailbox, sr_function function, void *context);
/// Any thread.
void sr_mailbox_close(sr_mailbox *mailbox);
sr_loop_stats sr_mailbox_stats(sr_mailbox *mailbox);

typedef enum sr_drain {
    SR_DRAIN_MORE,   ///< the bound was reached; the descriptor is still readable
    SR_DRAIN_EMPTY,  ///< everything has run
    SR_DRAIN_CLOSED, ///< everything has run, and nothing will be accepted any more
} sr_drain;

/// The loop's thread only. Runs what waits, in order, up to a bound so that input gets its turn.
sr_drain sr_mailbox_drain(sr_mailbox *mailbox);

/// Borrowed: retain it for what may outlive the loop.
sr_mailbox *sr_loop_mailbox(sr_loop *loop);

#endif
