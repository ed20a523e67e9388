// What the parts of a worker share. A worker is one process with one thread; nothing here is touched by another, except
// what lies in `shared`.
#ifndef CLOAD_ENGINE_H
#define CLOAD_ENGINE_H

#include <stdatomic.h>
#include <sys/types.h>

#include "CLoad.h"

enum {
    MILLISECOND = 1000000,      ///< in nanoseconds
    TICK_MS = 10,               ///< how often churn, slow readers and phases are looked at
    RECEIVE_BYTES = 256 << 10,  ///< of one read
    MAX_EVENT_BYTES = 1 << 20,  ///< a longer event ends the connection
    MAX_HEAD_BYTES = 16 << 10,  ///< of a response
    MAX_ID_BYTES = 64,          ///< a longer id is not brought back
    CREATE_CONNECTIONS = 8,     ///< of one worker
    CONNECT_TIMEOUT_MS = 20000, ///< to the first byte of the stream
    MAX_ATTEMPTS = 5,           ///< of a listener to connect, in a row
    RETRY_PAUSE_MS = 200,       ///< after a failure
    DEFAULT_RETRY_MS = 3000,    ///< where the server has named none
    SOURCES = 64,               ///< addresses 127.0.1.1 and up that connections to loopback come from
};

typedef struct topic {
    size_t create, path; ///< where they are in the text; 0: there is none
    _Atomic uint64_t last;
} topic;

/// Written by the caller, read by the workers.
typedef struct control {
    _Atomic uint32_t phase;
    _Atomic uint64_t storm_at; ///< 0: none
    _Atomic uint64_t goal;     ///< events for each plain listener, from the start
    topic topics[];
} control;

/// Written by one worker. The caller reads the numbers while they change, each of which is a single aligned word; it
/// gets exact sums after `finished`.
typedef struct shared_worker {
    _Atomic bool finished;
    cl_totals totals;
} shared_worker;

typedef enum listener_state {
    LISTENER_IDLE = 0,   ///< not to be connected yet
    LISTENER_QUEUED,     ///< in the queue of those to be connected
    LISTENER_WAITING,    ///< to be queued when `due` has come
    LISTENER_CONNECTING, ///< the kernel connects
    LISTENER_HEAD,       ///< waits for the head, or for the first byte after it
    LISTENER_OPEN,
    LISTENER_ENDED, ///< the stream has come to its end, or was given up
} listener_state;

/// How far the framing of a chunked body has been read.
typedef enum chunk_state { CHUNK_SIZE = 0, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_DATA_END, CHUNK_LAST } chunk_state;

typedef struct listener {
    int fd; ///< -1: none
    uint8_t state, role, chunk, attempts;
    bool is_chunked;
    bool came_back;    ///< this connection is not its first
    bool catches_up;   ///< has not got all that a storm made it miss
    bool in_storm;     ///< dropped by a storm and not back yet
    bool holes_unsaid; ///< a `gap` without a number has come: the next hole has an explanation
    uint32_t topic;
    uint32_t retry_ms; ///< 0: the server has named none
    uint32_t carry_count, carry_capacity;
    uint8_t *carry; ///< the beginning of an event, or of the head; owned, NULL when there is none
    char *path;     ///< owned
    uint64_t chunk_left;
    uint64_t due;                ///< WAITING: when to go on; CONNECTING and HEAD: when to give up
    uint64_t opened_at;          ///< of this connection
    uint64_t next;               ///< the number that comes next
    uint64_t announced;          ///< events that a `gap` has said are missing, and whose hole has not come yet
    uint64_t hole_from, hole_to; ///< the latest hole, both ends in it; 0: none
    char id[MAX_ID_BYTES];       ///< to be brought back; ends with a zero
} listener;

/// A keep-alive connection that makes subscriptions.
typedef struct creator {
    int fd; ///< -1: none
    uint32_t listener;
    uint32_t count;
    char answer[8192];
} creator;

typedef struct worker {
    const cl_plan *plan;
    control *control;
    const char *text; ///< requests and paths of the topics
    shared_worker *shared;
    cl_totals *totals; ///< of `shared`
    int goal_fd;
    int epoll;
    cl_phase phase;
    uint64_t now; ///< when what is being handled was received

    listener *listeners;
    uint32_t count;
    uint32_t first; ///< number of the first listener among those of all workers
    uint32_t plain; ///< how many of them are plain

    creator creators[CREATE_CONNECTIONS];
    uint32_t next_to_create;

    uint32_t *queue; ///< ring of `count` + 1 numbers of listeners that are to be connected
    uint32_t queue_head, queue_tail;
    uint32_t under_way; ///< CONNECTING or HEAD
    uint32_t waiting;   ///< WAITING

    uint64_t last_tick, next_sweep;
    double churn_share; ///< of the churn, that this worker does each second
    double churn_owed;
    uint32_t churn_next;
    bool storm_done;
    uint64_t settled; ///< events that plain listeners got or were told that they missed
    uint64_t goal_told;

    size_t line_hint;
    uint8_t *buffer; ///< room for a carried event and a read
} worker;

uint64_t cl_monotonic_ns(void);

// worker.c
/// Runs until the caller ends it.
void cl_worker_run(worker *w) __attribute__((noreturn));
/// Keeps the first sentence.
void cl_worker_failed(worker *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

// create.c
/// Starts as many requests as there are connections for.
void cl_create_begin(worker *w);
/// One of the connections is ready.
void cl_create_ready(worker *w, uint32_t index);

// connect.c
/// A new non-blocking socket that connects to the server, or -1 with errno.
int cl_connect_socket(const worker *w, uint32_t source);
void cl_listener_queue(worker *w, listener *l);
/// Starts connections, as many as may be under way.
void cl_connect_fill(worker *w);
/// The kernel has connected, or not: sends the request.
void cl_connect_ready(worker *w, listener *l);
/// The stream is open: its first byte is here.
void cl_connect_opened(worker *w, listener *l);
/// The attempt failed; it is repeated, or given up.
void cl_connect_failed(worker *w, listener *l, const char *why);
/// Closes its connection and brings it back: at once, or when the server's `retry:` is over.
void cl_listener_drop(worker *w, listener *l);
/// The server has ended the connection.
void cl_listener_lost(worker *w, listener *l);
/// Closes its connection for good.
void cl_listener_end(worker *w, listener *l);
/// Gives up attempts that took too long and queues who has waited long enough.
void cl_connect_sweep(worker *w);

// receive.c
/// Reads once, at most `limit` bytes, and takes it apart. Returns what was read; 0 when the connection is gone, or when
/// there was nothing.
size_t cl_receive(worker *w, listener *l, size_t limit);

// sse.c
/// Takes apart the whole events at the start of `bytes`; returns how many bytes they are.
size_t cl_sse_scan(worker *w, listener *l, const char *bytes, size_t count);

// verify.c
/// An event with this text has come.
void cl_verify_event(worker *w, listener *l, const char *text, size_t count);
/// The server says that so many are missing.
void cl_verify_gap(worker *w, listener *l, bool is_known, uint64_t missed);
/// Nothing more will come: what is missing up to `last` is behind.
void cl_verify_end(worker *w, listener *l, uint64_t last);

#endif
