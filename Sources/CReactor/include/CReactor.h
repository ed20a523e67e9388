// CReactor: the part of Sluice that touches sockets. Everything here is bytes and file descriptors; what the
// bytes mean is decided in Swift.
//
// Threads: a loop belongs to the thread that runs sr_loop_run(). Unless a function says "any thread", it is to be
// called on its loop's own thread (or before that loop runs). Callbacks run on the loop's thread.
// Ownership: an opaque handle is freed by the function its comment names, and by nothing else. Memory passed in is
// copied unless said otherwise; memory passed to a callback is valid during that call only.
// Errors: functions that can fail return NULL or -1 and write a sentence for a person to `error` (an sr_error).
#ifndef CREACTOR_H
#define CREACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// gcc has no nullability; each of our headers has its own region, since clang allows no #include inside one.
#if defined(__clang__)
#pragma clang assume_nonnull begin
#else
#define _Nullable
#endif

// MARK: - Shared values (support.c)

/// A range of bytes that somebody else owns. Not zero terminated.
typedef struct sr_bytes {
    const uint8_t *_Nullable base;
    size_t count;
} sr_bytes;

/// Where a failing call leaves its reason. `code` is an errno value or 0.
typedef struct sr_error {
    int code;
    char text[240];
} sr_error;

typedef void (*sr_function)(void *_Nullable context);

/// Nanoseconds of CLOCK_MONOTONIC. Any thread.
uint64_t sr_monotonic_ns(void);
/// Milliseconds of CLOCK_REALTIME since 1970. Any thread.
uint64_t sr_wall_ms(void);
/// Names the calling thread for debuggers; the kernel keeps 15 bytes.
void sr_set_thread_name(const char *name);

// MARK: - Loop (loop.c, mailbox.c)

/// One libevent event_base and the mailbox that other threads reach it through.
typedef struct sr_loop sr_loop;

/// Creates a loop. Freed with sr_loop_free after sr_loop_run has returned, on any thread, when its timers, watches and
/// listeners have been freed. What was posted to a loop that never ran is dropped.
sr_loop *_Nullable sr_loop_new(sr_error *error);
void sr_loop_free(sr_loop *loop);

/// Runs the loop on the calling thread until sr_loop_stop. Returns 0, or -1 when the base failed. Before it returns,
/// every link still open is closed (its on_closed runs) and everything deferred has run. SIGPIPE stays blocked in
/// the thread for good. May be called once in the life of a loop.
int sr_loop_run(sr_loop *loop);
/// Any thread. Functions posted before the stop still run; those posted after it are refused.
void sr_loop_stop(sr_loop *loop);
/// Any thread: is the caller inside sr_loop_run of this loop?
bool sr_loop_is_current(const sr_loop *loop);

/// Any thread. Runs function(context) on the loop, in the order of the posts. The eventfd is written only when the
/// mailbox goes from empty to non-empty. Returns false when the loop has been stopped: then nothing was kept.
/// The mailbox has no bound of its own, because a refused post would lose a message in the middle of a protocol;
/// who posts has a bound. sr_loop_get_stats tells how deep it has been.
bool sr_loop_post(sr_loop *loop, sr_function function, void *_Nullable context);

typedef struct sr_loop_stats {
    uint64_t posts;   ///< accepted by sr_loop_post
    uint64_t wakeups; ///< writes of the eventfd
    uint64_t deepest; ///< most functions that have ever waited
} sr_loop_stats;
/// Any thread.
sr_loop_stats sr_loop_get_stats(sr_loop *loop);

/// Runs function(context) once, after the input that is ready now has been handled (a lower event priority), and under
/// steady input about 5 ms from now at the latest, plus the callback that is running then. For flushes that profit from
/// what has arrived together. In order of the calls; what a deferred function defers comes in the next round.
void sr_loop_defer(sr_loop *loop, sr_function function, void *_Nullable context);

// MARK: - Timers (timer.c)

typedef struct sr_timer sr_timer;

/// A timer that is not running. Freed with sr_timer_free, also from inside its own callback.
sr_timer *sr_timer_new(sr_loop *loop, sr_function function, void *_Nullable context);
/// (Re)starts it: first after `after_ms`, then every `repeat_ms`, or once when that is 0. Never early. Repetitions do
/// not drift; those that a busy loop was late for by more than a period are left out.
void sr_timer_start(sr_timer *timer, uint64_t after_ms, uint64_t repeat_ms);
void sr_timer_stop(sr_timer *timer);
void sr_timer_free(sr_timer *timer);

// MARK: - File descriptors (watch.c)

enum { SR_READ = 1, SR_WRITE = 2 };

/// Level-triggered readiness of a descriptor that the caller owns (pipes, pidfd, inotify).
typedef struct sr_watch sr_watch;
typedef void (*sr_watch_function)(void *_Nullable context, int events);

/// A watch that reports nothing yet. Fails for descriptors that cannot be polled (regular files).
sr_watch *_Nullable sr_watch_new(sr_loop *loop, int fd, sr_watch_function function, void *_Nullable context,
                                 sr_error *error);
/// Which of SR_READ|SR_WRITE to report; 0 pauses.
void sr_watch_set(sr_watch *watch, int events);
/// Stops watching and frees; does not close the descriptor. Allowed inside its own callback.
void sr_watch_free(sr_watch *watch);

// MARK: - Signals (signals.c)

/// Blocks these signals and SIGPIPE in the calling thread and in those it starts from now on: to be called first in
/// main. Processes started later inherit the mask, so a spawn has to reset it.
void sr_signals_block(const int *signals, size_t count);
/// A descriptor that is readable while one of these signals waits, or -1. The caller closes it.
int sr_signals_open(const int *signals, size_t count, sr_error *error);
/// Takes one signal from the descriptor; 0 when none waits.
int sr_signals_take(int fd);

// MARK: - Randomness and digests (crypto.c). Any thread.

/// Fills `bytes` from the system's generator; ends the process when that is not possible.
void sr_random(uint8_t *bytes, size_t count);
/// SHA-256 of `count` bytes into 32 bytes.
void sr_sha256(const uint8_t *bytes, size_t count, uint8_t *digest);
/// HMAC-SHA-256 (RFC 2104) of `count` bytes into 32 bytes. The key has at most INT_MAX bytes.
void sr_hmac_sha256(const uint8_t *key, size_t key_count, const uint8_t *bytes, size_t count, uint8_t *digest);
/// Compares without telling by its time where the difference is.
bool sr_equal_constant_time(const uint8_t *a, const uint8_t *b, size_t count);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#include "CReactorTLS.h" // first, because the others use it

#include "CReactorHTTP.h"
#include "CReactorKeys.h"
#include "CReactorLink.h"

#endif
