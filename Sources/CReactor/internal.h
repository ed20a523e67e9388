// What the files of CReactor share with each other and nobody else sees.
#ifndef CREACTOR_INTERNAL_H
#define CREACTOR_INTERNAL_H

#include "CReactor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/queue.h>

struct event_base;

// MARK: - Memory and errors (support.c)

/// malloc and realloc that end the process instead of returning NULL: no caller could go on in a useful way.
void *sr_allocate(size_t count);
void *sr_reallocate(void *memory, size_t count);

/// Writes `code` and a formatted sentence, followed by what the code means when it is not 0.
__attribute__((format(printf, 3, 4))) void sr_error_set(sr_error *error, int code, const char *format, ...);

// MARK: - Loop

/// Lower numbers run first. Input is libevent's default with three priorities, so evhttp's events have it too.
enum {
    SR_PRIORITY_URGENT = 0, ///< deadlines of what is deferred, and the door; both let the others have their turn
    SR_PRIORITY_INPUT = 1,
    SR_PRIORITY_DEFER = 2,
    SR_PRIORITY_COUNT = 3,
};

struct event_base *sr_loop_base(sr_loop *loop);

/// Room for one read, shared by all that read on this loop; its contents last until the callback returns.
enum { SR_SCRATCH_SIZE = 256 * 1024 };
uint8_t *sr_loop_scratch(sr_loop *loop);

/// Something that wants to be told on the loop's thread that the loop is ending, after the last post has run. Its
/// on_stop must take it out of the list (sr_resident_remove); sr_loop_defer still works there.
typedef struct sr_resident {
    LIST_ENTRY(sr_resident) entry;
    void (*on_stop)(struct sr_resident *resident);
} sr_resident;

void sr_resident_add(sr_loop *loop, sr_resident *resident, void (*on_stop)(sr_resident *resident));
void sr_resident_remove(sr_resident *resident);

#endif
