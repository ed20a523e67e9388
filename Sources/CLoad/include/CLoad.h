// CLoad: many listeners of server-sent events at once, in processes of their own, that check every event they get.
//
// The caller makes a load from a plan (which forks the workers), moves it from phase to phase, looks at its totals
// whenever it likes, and frees it (which ends the workers). Workers share their counters with the caller through
// memory; nothing is sent between them.
//
// Threads: cl_load_new before the process has a second thread, because it forks; the rest from one thread at a time,
// except cl_load_set_goal, cl_load_goal_fd and the line functions, which any thread may call.
// Times are nanoseconds of CLOCK_MONOTONIC.
#ifndef CLOAD_H
#define CLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#else
#define _Nullable
#endif

// MARK: - Numbered lines (line.c)

/// Shortest and longest line, in bytes.
enum { CL_LINE_MIN = 64, CL_LINE_MAX = 60000 };

/// What an event carries: `@n=NUMBER t=DUE PADDING`, exactly `size` bytes of letters, digits, `@`, `=` and spaces, so
/// that no format has to escape it. The padding is a window of a text that both sides know, chosen by the number, so
/// that a listener can check each byte.
void cl_line_write(char *line, size_t size, uint64_t number, uint64_t due);

typedef enum cl_line_state {
    CL_LINE_GOOD = 0,
    CL_LINE_DAMAGED, ///< there is a line, but not as it was written
    CL_LINE_ABSENT,  ///< the text has no line in it
} cl_line_state;

/// Looks for a line of `size` bytes in `text`. `*hint` is where the last one was found, and is kept up to date.
cl_line_state cl_line_read(const char *text, size_t count, size_t size, size_t *hint, uint64_t *number, uint64_t *due);

// MARK: - Histogram (histogram.c)

/// Counts of durations in buckets whose width is 1/128 of their value or less: a percentile is at most 0.8 % too high.
/// A plain value, so that histograms of several processes add up. (HdrHistogram has the same layout; this one lies in
/// shared memory and is filled by C.)
enum { CL_HISTOGRAM_BUCKETS = 128 * 38 };
typedef struct cl_histogram {
    uint64_t count;
    uint64_t max; ///< exact
    uint64_t buckets[CL_HISTOGRAM_BUCKETS];
} cl_histogram;

/// Values of more than 2^44 ns (nearly five hours) count as that.
void cl_histogram_record(cl_histogram *histogram, uint64_t value);
void cl_histogram_add(cl_histogram *histogram, const cl_histogram *other);
/// The smallest value that `per_mille_10` of 10000 recorded ones do not exceed (9990: p99.9). 0 when there is none.
uint64_t cl_histogram_percentile(const cl_histogram *histogram, uint32_t per_mille_10);

// MARK: - Plan

typedef enum cl_role {
    CL_PLAIN = 0, ///< takes what comes
    CL_SLOW,      ///< reads `slow_rate` bytes a second
    CL_FROZEN,    ///< never reads after it was connected
    CL_ROLES,
} cl_role;

/// The strings are the caller's and must last until cl_load_new returns.
typedef struct cl_plan {
    struct sockaddr_storage address; ///< of the server
    socklen_t address_length;
    const char *host;                    ///< value of the header Host
    const char *_Nullable authorization; ///< value of the header Authorization of a GET
    uint32_t topics;                     ///< listener i listens to topic i % topics
    uint32_t listeners[CL_ROLES];        ///< how many of each role; together 1 to 50000
    uint32_t slow_rate;                  ///< bytes a second of each slow one
    uint32_t workers;                    ///< processes, at most CL_MAX_WORKERS
    uint32_t line_size;                  ///< of the lines that are expected
    uint32_t churn;                      ///< plain listeners that drop and come back, each second of the run
    uint32_t connect_window;             ///< connections of one worker that may be under way at the same time
    bool waits_retry;                    ///< who has dropped waits for the server's `retry:` before it comes back
    bool conflates;                      ///< a hole in the numbers is not a loss but what the server meant to do
} cl_plan;

enum { CL_MAX_WORKERS = 16 };

// MARK: - Totals

/// Sums over the listeners of one role.
typedef struct cl_role_totals {
    uint64_t delivered;
    uint64_t lost;      ///< never came, and no `gap` said so
    uint64_t missed;    ///< a `gap` stands for them, or they were conflated
    uint64_t repeated;  ///< came again
    uint64_t reordered; ///< came after a later one
    uint64_t damaged;   ///< came with other bytes than were sent
    uint64_t behind;    ///< set at the end: had not come yet; of plain listeners these are lost as well
    cl_histogram live;  ///< from the time an event was due to its reception
    cl_histogram late;  ///< the same for events that were due before the listener was back from a reconnect
} cl_role_totals;

typedef struct cl_totals {
    uint64_t created;          ///< subscriptions made
    uint64_t create_began;     ///< time of the first request; 0: none yet
    uint64_t create_ended;     ///< time of the last answer
    uint64_t opened;           ///< connections whose head and first byte of the stream have come, over all
    uint64_t open;             ///< listeners that are connected now
    uint64_t connect_began;    ///< time of the first connect
    uint64_t connect_ended;    ///< when all were connected for the first time, or the last so far
    uint64_t failures;         ///< requests and connects that failed, each attempt counted
    uint64_t closed_by_server; ///< open streams that the server ended
    uint64_t reconnects;       ///< listeners that came back, for whatever reason
    uint64_t bytes;            ///< received on open streams
    uint64_t reads;            ///< system calls for them
    uint64_t gaps;             ///< `gap` events
    uint64_t gaps_unknown;     ///< of these, without a number
    uint64_t others;           ///< events that carry no line
    uint64_t storm_back;       ///< time at which the last of a storm was back
    uint64_t storm_away;       ///< listeners of a storm that are not back
    uint64_t caught_up;        ///< time at which the last event came that a storm had made late
    uint64_t last_delivery;    ///< time at which the last event came
    uint64_t sent_bytes_head;  ///< bytes of the response heads, which are part of no event
    cl_role_totals roles[CL_ROLES];
    char failure[240]; ///< the first failure, a sentence; empty: none
} cl_totals;

// MARK: - Load (load.c)

typedef struct cl_load cl_load;

typedef enum cl_phase {
    CL_IDLE = 0,
    CL_CREATE,  ///< subscriptions are made
    CL_CONNECT, ///< listeners connect
    CL_RUN,     ///< churn and storms happen
    CL_FINISH,  ///< what has not come by now counts as behind; then the worker is done
} cl_phase;

/// Forks the workers, which do nothing yet. NULL with errno when the system refuses.
cl_load *_Nullable cl_load_new(const cl_plan *plan);
/// What a topic's listeners do, said before CL_CREATE. `create` is a whole HTTP request that makes a subscription; the
/// answer's JSON has its address as "stream_url". NULL: `path` (with query) is listened to as it is. False when the
/// texts of all topics would be more than CL_TEXT_BYTES.
bool cl_load_set_topic(cl_load *load, uint32_t topic, const char *_Nullable create, const char *_Nullable path);
enum { CL_TEXT_BYTES = 512 << 20 };
/// Moves all workers on; they follow within 10 ms.
void cl_load_set_phase(cl_load *load, cl_phase phase);
/// When all plain listeners are to drop at once; set before CL_RUN.
void cl_load_set_storm(cl_load *load, uint64_t time);
/// Before CL_FINISH: the number of the last event of a topic.
void cl_load_set_last(cl_load *load, uint32_t topic, uint64_t number);
/// Replaces `totals` by the sums as they are now. They are exact once cl_load_finished.
void cl_load_totals(cl_load *load, cl_totals *totals);
/// All workers have gone through CL_FINISH, or have died.
bool cl_load_finished(cl_load *load);
/// Workers that ended before they should have.
uint32_t cl_load_dead_workers(cl_load *load);
/// Ends the workers and frees everything.
void cl_load_free(cl_load *load);

/// Has `cl_load_goal_fd` become readable once every plain listener has got (or been told that it missed) so many
/// events, counted from the start.
void cl_load_set_goal(cl_load *load, uint64_t events_each);
/// An eventfd; the caller reads it. Each worker adds 1 when its part of the goal is reached.
int cl_load_goal_fd(const cl_load *load);

// MARK: - Processes and timers

/// CPU time of a process, user and system, with the threads that have ended; 0 when there is no such process.
uint64_t cl_process_cpu(int pid);

/// A non-blocking timerfd, which the caller reads and closes; -1 with errno when the system refuses.
int cl_timer_new(void);
/// Has it fire once at this time, at once when that is over.
void cl_timer_set(int timer, uint64_t time);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
