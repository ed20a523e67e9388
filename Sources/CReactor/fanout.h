// Inside of the fan-out. fanout.c owns the registries and the pass, topic.c the logs, topic_keys.c which of their
// events newer ones replace, attachment.c the cursors, conflation.c where they skip what is replaced, client.c life and
// commands of a client, client_private.c its own bytes, client_order.c the merge of it all, client_flush.c what goes to
// its socket, client_compose.c its ids, client_loss.c what it misses, heartbeat.c the time.
//
// Order. Each fan-out counts: every appended event and every private write takes the next number of its clock, its
// stamp. A client's output is the merge of its topics and its private bytes by stamp; an attachment's events never
// stand before what was written when it was made (its floor).
//
// Life. A client is ended at once, but its socket is closed, it is reported and freed only by the end of a pass, so a
// pointer to it holds for as long as any function of this module is on the stack. Attachments and topics are freed at
// once: nothing may keep a pointer to one of them across a callback.
#ifndef CREACTOR_FANOUT_INTERNAL_H
#define CREACTOR_FANOUT_INTERNAL_H

#include "internal.h"
#include "registry.h"
#include "seats.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/types.h>
#include <sys/uio.h>

// MARK: - Topic

typedef struct sr_topic_event {
    uint64_t seq;
    uint64_t stamp;
    uint64_t end; ///< position behind its last byte, counted from the topic's beginning
} sr_topic_event;

typedef struct sr_attachment sr_attachment;
/// Which events newer ones replace (topic_keys.c).
typedef struct sr_topic_keys sr_topic_keys;

/// Both rings have a power of two as capacity; events and bytes are numbered from the topic's beginning without end.
struct sr_topic {
    sr_named named;
    sr_fanout *fanout;
    uint8_t *bytes;
    size_t byte_capacity;
    sr_topic_event *events;
    size_t event_capacity;
    sr_topic_keys *keys; ///< NULL: no event had a key
    size_t max_bytes, max_events;
    uint64_t first, next;      ///< numbers of the events held: [first, next)
    uint64_t start, end;       ///< positions of the bytes held
    uint64_t last_seq;         ///< of the newest event
    uint64_t evicted_seq;      ///< of the newest event that is no longer held
    uint64_t fresh, fresh_seq; ///< number and seq of the first event since the last settlement
    LIST_HEAD(, sr_attachment) attachments;
    size_t client_count;
    bool closing;                      ///< goes with its last attachment
    TAILQ_ENTRY(sr_topic) dirty_entry; ///< while fresh < next
};

uint64_t sr_topic_event_seq(const sr_topic *topic, uint64_t number);
uint64_t sr_topic_event_stamp(const sr_topic *topic, uint64_t number);
/// Where the event begins; for `next`, where the log ends. first <= number <= next.
uint64_t sr_topic_event_start(const sr_topic *topic, uint64_t number);
/// Number of the first event held whose seq is greater.
uint64_t sr_topic_after(const sr_topic *topic, uint64_t seq);
/// Number of the event held that contains the byte at `position`.
uint64_t sr_topic_event_at(const sr_topic *topic, uint64_t position);
/// Tells the attachments that are not pending yet of what has been appended.
void sr_topic_settle(sr_topic *topic);
void sr_topic_free_if_closed(sr_topic *topic);

/// The event that is about to be appended, as `next`, has this key; there is room for it. Not for a topic that has no
/// keys when it has none either.
void sr_topic_note_key(sr_topic *topic, uint64_t key, uint64_t seq);
/// The ring of events has grown.
void sr_topic_grow_keys(sr_topic *topic, size_t old_capacity);
void sr_topic_free_keys(sr_topic *topic);
/// Whether a newer event before `limit` replaces the one held. Of a topic with keys, as below.
bool sr_topic_is_replaced(const sr_topic *topic, uint64_t number, uint64_t limit);
/// The events [from, until), which have left the log, are counted in `behind` as missed: takes out those that a newer
/// one replaces. Where nothing is known they stay in it.
void sr_topic_forgive_replaced(const sr_topic *topic, uint64_t from, uint64_t until, sr_behind *behind);

// MARK: - Attachment

/// A client's cursor into a topic.
struct sr_attachment {
    sr_client *client;
    sr_topic *topic;
    LIST_ENTRY(sr_attachment) topic_entry;
    sr_attachment *next_of_client;
    sr_attachment *next_pending;
    uint64_t next;           ///< number of the event to send next
    uint64_t next_seq;       ///< its seq, kept because the event may leave the log; while pending
    uint64_t end;            ///< number at which the attachment ends; UINT64_MAX while it is not detached
    uint64_t end_seq;        ///< of the last event before `end`; once it is detached
    uint64_t floor;          ///< the fan-out's clock when it was made
    uint64_t label;          ///< the position that its events move, where ids are composed
    uint64_t conflate_until; ///< lower numbers are skipped if a newer event of the same key replaces them
    size_t max_bytes;
    uint32_t max_events;
    uint8_t policy;
    bool pending; ///< in the client's list of those with something to send
};

/// Number at which what can be sent ends.
uint64_t sr_attachment_limit(const sr_attachment *attachment);
/// Where the event stands in the client's output.
uint64_t sr_attachment_stamp(const sr_attachment *attachment, uint64_t number);
/// The event at which the client goes on: its cursor, or behind what it has lost by now. `slow`: its bounds hold.
uint64_t sr_attachment_target(const sr_attachment *attachment, bool slow);
/// More than its bounds waits, not counting a replay. Something does.
bool sr_attachment_is_over(const sr_attachment *attachment);
/// What is lost when the cursor moves to the target; the rest of what it passes is replaced by newer events.
sr_behind sr_attachment_lost(const sr_attachment *attachment, uint64_t target);
void sr_attachment_make_pending(sr_attachment *attachment, uint64_t seq);
/// Moves the cursor. Ends being pending, or the attachment itself, when there is nothing more.
void sr_attachment_advance(sr_attachment *attachment, uint64_t next);
/// Ends it with what has been appended by now. One that is not detached yet.
void sr_attachment_detach(sr_attachment *attachment);
void sr_attachment_free(sr_attachment *attachment);

bool sr_attachment_conflates_by_key(const sr_attachment *attachment);
/// How many of the events held from `from` on will be skipped as things are, and their bytes.
uint64_t sr_attachment_replaced(const sr_attachment *attachment, uint64_t from, bool slow, uint64_t *bytes);
/// Moves the cursor, which stands in the log, over events to skip, on approval. Returns how many.
uint64_t sr_attachment_skip(sr_attachment *attachment);
/// Where the run that begins at the cursor ends because of an event to skip, at `until` at the latest.
uint64_t sr_attachment_run_end(const sr_attachment *attachment, uint64_t until);
/// Moves the cursor to an event that is not skipped. `slow`: its bounds hold. One that is pending, with nothing lost.
void sr_attachment_conflate(sr_attachment *attachment, bool slow);

// MARK: - Client

typedef struct sr_private {
    struct sr_private *next;
    uint64_t stamp; ///< 0 once a part of it has been sent: then nothing may come between
    size_t count, sent;
    bool is_event;
    sr_own_event event; ///< if it is one
    uint8_t bytes[];
} sr_private;

/// Positions that are composed to ids (client_compose.c).
typedef struct sr_positions sr_positions;

/// A label that moves nothing; and no position.
#define SR_UNLABELLED UINT64_MAX
#define SR_NO_MARK SIZE_MAX

struct sr_client {
    sr_named named;
    struct event readable;
    struct event *writable; ///< only while blocked
    sr_fanout *fanout;
    sr_seat *seat;
    sr_attachment *attachments;
    sr_attachment *pending;
    sr_private *private_first, *private_last;
    sr_positions *positions;             ///< NULL: events go out with the ids that they share
    uint64_t insert_stamp;               ///< while on_behind runs: where its bytes stand; otherwise 0
    STAILQ_ENTRY(sr_client) queue_entry; ///< in `dirty` or `gone`
    LIST_ENTRY(sr_client) wheel_entry;
    uint64_t delivered, dropped, conflated, bytes_sent;
    size_t private_bytes;
    uint32_t due;           ///< tick of the next visit
    uint32_t last_sent;     ///< tick
    uint32_t last_progress; ///< tick; while blocked
    int fd;                 ///< -1 if there never was one, and once it is closed, which is when the client is reported
    uint8_t gone_reason;
    bool queued; ///< in `dirty`
    bool gone;   ///< ended; in `gone` unless still queued
    bool finishing;
    bool heard; ///< its socket has become readable; looked at in the pass
    bool notify_drained;
};

sr_client *sr_client_new(sr_fanout *fanout, uint64_t id, int fd, sr_seat *seat);
/// Ends the socket, lets go of everything else, and leaves the report to the end of a pass.
void sr_client_close(sr_client *client, sr_client_gone reason);
/// Reads what the client has sent, of which nothing is of interest but the end.
void sr_client_listen(sr_client *client);
/// Closes the socket and leaves the seat.
void sr_client_give_up_socket(sr_client *client);
void sr_client_free(sr_client *client);
bool sr_client_is_blocked(const sr_client *client);
/// Private bytes in front of everything else: the rest of something whose first part has been sent.
void sr_client_write_rest(sr_client *client, const uint8_t *bytes, size_t count);
/// `count` bytes of the first private write have been sent.
void sr_client_private_was_sent(sr_client *client, size_t count);
void sr_client_free_privates(sr_client *client);
/// Forgets the events written for the topic with a seq of at least `from_seq`, if nothing of them has been sent.
void sr_client_take_back(sr_client *client, uint64_t topic_id, uint64_t from_seq);
void sr_client_free_positions(sr_client *client);

/// Whose turn it is: a run of events up to the number `until`, or, when `attachment` is NULL, the private bytes.
typedef struct sr_turn {
    sr_attachment *attachment;
    uint64_t until;
} sr_turn;

/// What goes out next. `own` are the first private bytes that are not in the plan yet, or NULL. False: nothing is left.
bool sr_client_turn(const sr_client *client, const sr_private *own, sr_turn *turn);
void sr_client_count_conflated(sr_client *client, uint64_t events);

/// Sends what there is, as far as the socket takes it. `slow`: it comes from a socket that was blocked.
void sr_client_flush(sr_client *client, bool slow);
/// Moves the cursors behind what has been lost by now, and reports it. Callbacks may have closed the client.
void sr_client_skip_lost(sr_client *client, bool slow);
/// Waits for the socket to become writable.
void sr_client_block(sr_client *client);
/// One system call. Returns how many bytes the socket took, possibly 0, or -1 when it failed: then the client has been
/// closed.
ssize_t sr_client_send(sr_client *client, struct iovec *pieces, size_t count);
/// Nothing waits for the socket.
bool sr_client_is_drained(const sr_client *client);

// MARK: - Time

enum { SR_WHEEL_SLOTS = 64 };

/// Ticks are coarse: they cost nothing where bytes are sent.
void sr_heartbeat_init(sr_fanout *fanout);
void sr_heartbeat_end(sr_fanout *fanout);
/// Time passes only while there are clients, so that an idle process sleeps.
void sr_heartbeat_run(sr_fanout *fanout, bool run);
/// Puts the client where its next visit is due.
void sr_heartbeat_schedule(sr_client *client);

// MARK: - Fan-out

struct sr_fanout {
    sr_loop *loop;
    sr_fanout_config config;
    sr_fanout_callbacks callbacks;
    void *context;
    sr_fanout_stats stats; ///< clients and topics are counted by the registries
    uint64_t clock;
    uint64_t served; ///< the clock when every client had last been offered all there was
    sr_registry clients, topics;
    STAILQ_HEAD(, sr_client) dirty; ///< to be listened to and flushed
    STAILQ_HEAD(, sr_client) gone;  ///< to be reported and freed
    TAILQ_HEAD(, sr_topic) dirty_topics;
    bool scheduled; ///< a pass is coming
    bool freed;     ///< only the coming pass keeps the memory
    LIST_HEAD(, sr_client) wheel[SR_WHEEL_SLOTS];
    sr_timer *ticker;
    uint64_t tick_ns;
    uint64_t epoch;           ///< monotonic ns of tick 0
    uint32_t tick;            ///< now
    uint32_t heartbeat_ticks; ///< 0: none
    uint32_t stall_ticks;     ///< 0: never
    uint64_t random;          ///< state of the jitter's generator
    uint8_t *composed;        ///< what is being written to a client with composed ids
    size_t composed_capacity;
};

void sr_fanout_schedule(sr_fanout *fanout);
/// Settles every topic that has something fresh.
void sr_fanout_settle(sr_fanout *fanout);
/// Queues the client for the next pass.
void sr_fanout_queue(sr_client *client);
void sr_fanout_add_client(sr_fanout *fanout, sr_client *client);
void sr_fanout_remove_client(sr_fanout *fanout, sr_client *client);

#endif
