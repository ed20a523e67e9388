// Part of CReactor.h: HTTP requests over evhttp, and the fan-out of server-sent events. Include CReactor.h, not this.
#ifndef CREACTOR_HTTP_H
#define CREACTOR_HTTP_H

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

// MARK: - Requests (http.c)

typedef struct sr_http sr_http;
/// A request that waits for its answer. Ends with exactly one of sr_request_reply, sr_request_stream; whether the
/// client is still there makes no difference to the caller. It is delivered from the loop, never from inside evhttp,
/// so it may be answered at once or much later.
typedef struct sr_request sr_request;

/// How many connections there may be, and how many of one address. Any thread; listeners may share one.
typedef struct sr_hall sr_hall;
/// `max_per_ip`: IPv6 counts by /64; loopback is exempt; 0: no limit.
sr_hall *sr_hall_new(uint32_t max_total, uint32_t max_per_ip);
/// Ends the caller's interest; listeners and connections go on holding it.
void sr_hall_release(sr_hall *hall);

typedef struct sr_http_config {
    size_t max_header_bytes;         ///< request line and headers; over it: 431
    size_t max_body_bytes;           ///< over it: 413
    uint32_t request_timeout_ms;     ///< from accept, or the first byte of a further request, to the whole request;
                                     ///< also the longest time an answer may wait for the client to take some of it
    uint32_t idle_timeout_ms;        ///< keep-alive connection without a request
    uint32_t silence_s;              ///< a new connection costs little before its first byte for so long; 0: not
    uint32_t max_connections;        ///< streams included; over it: see sr_http_set_overload
    uint32_t max_connections_per_ip; ///< over it: 503. As in sr_hall_new
    sr_hall *_Nullable hall;         ///< shared with other listeners, in place of the two limits; NULL: its own
} sr_http_config;

typedef void (*sr_request_function)(void *_Nullable context, sr_request *request);

sr_http *_Nullable sr_http_new(sr_loop *loop, const sr_http_config *config, sr_request_function function,
                               void *_Nullable context, sr_error *error);
/// Once. Binds with SO_REUSEPORT when `share_port` (several loops, one port). Port 0: any. Returns the port, or -1.
int sr_http_listen(sr_http *http, const char *host, uint16_t port, bool share_port, sr_error *error);
/// Before listening: connections speak TLS, as `tls` says, which is kept. One takes three descriptors then; of those
/// that have not agreed on TLS yet, which take one, there are at most `max_greetings`: for another one the oldest goes.
void sr_http_use_tls(sr_http *http, sr_tls *tls, uint32_t max_greetings);
/// Requests of the few connections beyond max_connections that are let in to be told so go to `function`, which
/// answers them as usual (their connection closes after it). Without this call they get a 503.
void sr_http_set_overload(sr_http *http, sr_request_function function);
/// `function` is called with the reason when a connection cannot be accepted, for lack of descriptors or memory, and
/// not again before accepting has been in order for a minute. What cannot be accepted waits in the kernel.
void sr_http_set_accept_failure(sr_http *http, void (*function)(void *_Nullable context, int error));
/// Stops accepting; what is open goes on, and every further answer closes its connection.
void sr_http_stop_accepting(sr_http *http);
/// Closes every connection except the streams. Unanswered sr_requests stay valid until they are answered.
void sr_http_free(sr_http *http);

typedef struct sr_http_stats {
    uint64_t connections; ///< open now, streams included, of all listeners that share its hall
    uint64_t accepted;
    uint64_t accept_failures; ///< times that accepting had to pause
    uint64_t requests;        ///< delivered
    uint64_t over_limit;      ///< connections over one of the two limits
    uint64_t timed_out;       ///< connections closed in the middle of a request
    uint64_t rejected;        ///< requests that were answered here: malformed, too large, unknown method
    uint64_t tls_connections; ///< open now over TLS
    uint64_t tls_parting;     ///< now: closed by the server, while their last bytes are on their way
    uint64_t tls_failures;    ///< clients that did not get as far as TLS
} sr_http_stats;
sr_http_stats sr_http_get_stats(const sr_http *http);

const char *sr_request_method(const sr_request *request);
/// Path with query as received (percent-encoding untouched), never NULL, without scheme and authority.
const char *sr_request_target(const sr_request *request);
/// The value of a header, or NULL. Names compare without case.
const char *_Nullable sr_request_header(const sr_request *request, const char *name);
sr_bytes sr_request_body(const sr_request *request);
const char *sr_request_peer_ip(const sr_request *request);
uint16_t sr_request_peer_port(const sr_request *request);

typedef struct sr_header {
    const char *name;
    const char *value;
} sr_header;

/// Sends the whole answer and frees the request. Content-Length and Date are added here. For HEAD the length is sent,
/// the body is not.
void sr_request_reply(sr_request *request, int status, const sr_header *_Nullable headers, size_t header_count,
                      const uint8_t *_Nullable body, size_t body_count);

// MARK: - Fan-out (fanout.c)

/// The SSE clients and topics of one loop. Clients and topics are named by numbers that the caller chooses, so that
/// callbacks and other threads need no pointers.
typedef struct sr_fanout sr_fanout;
/// A bounded log of rendered events, in order of their sequence numbers. Clients read it at their own cursor.
typedef struct sr_topic sr_topic;
/// One SSE connection: a socket taken over from evhttp, and cursors into topics.
typedef struct sr_client sr_client;

typedef enum sr_client_gone {
    SR_CLIENT_CLOSED = 0, ///< the peer closed or reset
    SR_CLIENT_FINISHED,   ///< sr_client_finish is done, everything was written
    SR_CLIENT_STALLED,    ///< took nothing for stall_timeout_ms, or had more than max_private_bytes waiting
    SR_CLIENT_ABORTED,    ///< sr_client_abort, or the fan-out was freed
} sr_client_gone;

typedef struct sr_fanout_config {
    uint32_t heartbeat_ms;     ///< a comment after that long a silence, jittered by up to a tenth; 0: none
    uint32_t stall_timeout_ms; ///< no progress on a non-empty backlog for that long closes the client; 0: never
    uint32_t user_timeout_ms;  ///< TCP_USER_TIMEOUT and keep-alive for the sockets; 0: the kernel's defaults
    uint32_t send_buffer;      ///< SO_SNDBUF, bytes; 0: the kernel's default
    size_t max_private_bytes;  ///< sr_client_write bytes that may wait for one client
} sr_fanout_config;

typedef struct sr_client_stats {
    uint64_t delivered, dropped, conflated; ///< events
    uint64_t bytes_sent;
    uint64_t queued_events, queued_bytes; ///< not yet taken by the kernel; what is over the bounds counts as dropped
    uint64_t waiting_ms; ///< since the kernel last took something, while something is queued; as coarse as heartbeats
} sr_client_stats;

/// Events that a client lost because it was slow.
typedef struct sr_behind {
    uint64_t topic_id;
    uint64_t missed;              ///< at least 1
    uint64_t first_seq, last_seq; ///< of the lost events
    uint64_t label;               ///< that the client has attached the topic with
} sr_behind;

/// Any function of this header may be called from inside a callback, for any client and topic, except sr_fanout_free.
typedef struct sr_fanout_callbacks {
    /// The client has gone; its handle is dead when this returns. Comes from the loop, never from inside a call of
    /// the caller's (except sr_fanout_free).
    void (*on_gone)(void *_Nullable context, uint64_t client_id, sr_client_gone reason, const sr_client_stats *stats);
    /// The client's cursor is already behind the lost events. What is written with sr_client_write to this client
    /// inside this call stands exactly where they were.
    void (*on_behind)(void *_Nullable context, sr_client *client, uint64_t client_id, const sr_behind *behind);
    /// Everything private and attached has been handed to the kernel; asked for with sr_client_notify_drained.
    void (*on_drained)(void *_Nullable context, uint64_t client_id);
} sr_fanout_callbacks;

sr_fanout *sr_fanout_new(sr_loop *loop, const sr_fanout_config *config, const sr_fanout_callbacks *callbacks,
                         void *_Nullable context);
/// Closes every client (on_gone is called from inside) and frees the topics.
void sr_fanout_free(sr_fanout *fanout);

/// Appends many events. `bytes` is a sequence of records, without padding, numbers in the machine's byte order:
/// topic id (8 bytes), seq (8), key (8), length of the event (4), the event. Returns how many were appended; those of
/// unknown topics are skipped, and a truncated record ends the batch.
size_t sr_fanout_publish(sr_fanout *fanout, const uint8_t *bytes, size_t count);

typedef struct sr_fanout_stats {
    uint64_t clients, topics, topic_bytes; ///< now; topic_bytes is the memory of the logs
    uint64_t delivered, dropped, conflated, bytes_sent;
    uint64_t sends;   ///< system calls
    uint64_t skipped; ///< events that were refused: unknown topic, or a seq that did not rise
    uint64_t gone_closed, gone_finished, gone_stalled, gone_aborted;
} sr_fanout_stats;
sr_fanout_stats sr_fanout_get_stats(const sr_fanout *fanout);

// MARK: - Topics (topic.c)

/// The topic of that id, made if there is none. The log grows from 4 KiB as needed; it holds at most `max_events`
/// (at least 1) and `max_bytes`, beyond either the oldest go; the newest event is always held, however long it is.
/// On a topic that exists this sets the bounds for what is appended from now on.
sr_topic *sr_topic_ensure(sr_fanout *fanout, uint64_t topic_id, size_t max_bytes, size_t max_events);
sr_topic *_Nullable sr_topic_find(const sr_fanout *fanout, uint64_t topic_id);
/// Detaches its clients (what they had not been sent is lost) and frees it.
void sr_topic_free(sr_topic *topic);
/// Detaches its clients, and frees it when they have been sent what was appended before; sr_topic_ensure takes it back.
void sr_topic_close(sr_topic *topic);
/// Appends one rendered event (a whole SSE frame, not empty). False, and nothing is done, unless `seq` is greater than
/// the last one. The clients are flushed at the end of the pass.
bool sr_topic_append(sr_topic *topic, uint64_t seq, const uint8_t *bytes, size_t count);
/// The same for an event with a key: what it is about, say. A newer event of the same key replaces it for a slow client
/// that conflates. 0: none, for this event; a topic has keys from its first event that has one.
bool sr_topic_append_keyed(sr_topic *topic, uint64_t seq, uint64_t key, const uint8_t *bytes, size_t count);
/// The sequence numbers the log holds; both 0 when it is empty.
void sr_topic_range(const sr_topic *topic, uint64_t *first_seq, uint64_t *last_seq);
/// Clients attached and not detached.
size_t sr_topic_client_count(const sr_topic *topic);

// MARK: - Clients (client.c)

/// Turns the request into an SSE connection: `head` (status line and headers, with the empty line) is written first.
/// The connection is delimited by its close, so the same bytes serve HTTP/1.0 and 1.1. Never NULL: when the client
/// has gone meanwhile, on_gone follows from the loop. `client_id` must not be in use. On the request's loop.
sr_client *sr_request_stream(sr_request *request, sr_fanout *fanout, uint64_t client_id, const uint8_t *head,
                             size_t head_count);
/// The client of that id while its handle is alive. The functions below do nothing to one that is on its way out.
sr_client *_Nullable sr_client_find(const sr_fanout *fanout, uint64_t client_id);

/// What to do when a client is over its backlog bound or has fallen off the log.
typedef enum sr_slow_policy {
    /// Go to the newest event, silently. Of a topic with keys: skip each event that a newer one of the same key
    /// replaces;
    /// what has left the log and nothing replaces is dropped as below.
    SR_SLOW_CONFLATE = 0,
    SR_SLOW_DROP_OLDEST, ///< drop the oldest that are over the bound, count them, and report on_behind
    SR_SLOW_GIVE_BACK,   ///< the same, not counted as dropped: the caller has them elsewhere and sends them from there
} sr_slow_policy;

/// The bounds hold for a client whose socket does not take more. They do not count the events that were in the log
/// when it was attached: a replay is limited by the log alone.
typedef struct sr_attach {
    uint64_t after_seq; ///< the first event sent is the first one in the log with a greater number
    sr_slow_policy policy;
    uint32_t max_events; ///< backlog bound of this client in events, at least 1
    size_t max_bytes;    ///< and in bytes; the newest event is kept even when it alone is longer
    uint64_t label;      ///< the position that its events move where ids are composed; 0: the common one
} sr_attach;

/// Bytes for this client alone: after everything appended, written or attached for it so far, before what follows.
void sr_client_write(sr_client *client, const uint8_t *bytes, size_t count);
/// What was written with sr_client_write holds so many events: they count as delivered.
void sr_client_count_delivered(sr_client *client, uint64_t events);
/// What an event for one client alone belongs to.
typedef struct sr_own_event {
    uint64_t topic_id; ///< sr_client_leave of this topic takes it back; 0: of none
    uint64_t label;    ///< the position that it moves to `seq` where ids are composed; 0: the common one
    uint64_t seq;
} sr_own_event;
/// One whole SSE frame, otherwise like sr_client_write.
void sr_client_write_event(sr_client *client, const sr_own_event *event, const uint8_t *bytes, size_t count);

/// From here on the client gets ids of its own: where an event begins with a line `id: …`, its own goes out instead, as
/// "<prefix><seq>[~<label>.<seq>]*" with numbers in base 36. It tells how far the client has got, this event included:
/// `seq` of the last event without a label, then for each label that of its last event, if there was one. To be called
/// before anything is attached. `prefix`: up to 31 characters. `seq`: the common position to begin with.
void sr_client_compose_ids(sr_client *client, const char *prefix, uint64_t seq);
/// Sets one position, 0 being the common one. The caller bounds how many labels there are.
void sr_client_mark(sr_client *client, uint64_t label, uint64_t seq);
/// Ids do not speak of the label any more, whatever still goes out under it.
void sr_client_unmark(sr_client *client, uint64_t label);

/// The topic's events go out in the order in which they were appended, also among those of several topics. Attaching
/// a topic that is attached changes its policy and bounds only.
void sr_client_attach(sr_client *client, sr_topic *topic, const sr_attach *attach);
/// No further event of the topic is sent; those appended before the call still are.
void sr_client_detach(sr_client *client, sr_topic *topic);
/// Nothing more of the topic is sent, except the rest of an event of which a part has been sent: no event, and nothing
/// that sr_client_write_event was given for it with a seq of at least `from_seq`.
void sr_client_leave(sr_client *client, sr_topic *topic, uint64_t from_seq);
/// One on_drained when everything has been handed to the kernel (perhaps at the end of this pass).
void sr_client_notify_drained(sr_client *client);
/// Closes once everything written and attached so far has been sent; what is written after this call is ignored.
void sr_client_finish(sr_client *client);
/// Closes now.
void sr_client_abort(sr_client *client);
sr_client_stats sr_client_get_stats(const sr_client *client);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
