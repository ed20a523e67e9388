// Inside of the HTTP server. http.c puts the parts together, http_door.c accepts, http_silence.c waits for the first
// byte, http_connection.c watches over each connection from accept to close, http_errors.c refuses, http_plain.c reads
// simple requests for streams without evhttp, http_tls.c stands between the door and clients that come over TLS,
// http_request.c shows a request to its handler and sends the answer, http_takeover.c hands its socket to a stream.
//
// evhttp owns the connections and may free one in any of its callbacks. So: our own record of a connection is freed in
// evhttp's close callback, and we never free a connection from inside evhttp's work on it.
#ifndef CREACTOR_HTTP_INTERNAL_H
#define CREACTOR_HTTP_INTERNAL_H

#include "internal.h"
#include "seats.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <sys/un.h>

typedef enum http_state {
    HTTP_READING,    ///< a request is arriving; bounded by request_timeout_ms
    HTTP_IDLE,       ///< between two requests; bounded by idle_timeout_ms
    HTTP_ANSWERING,  ///< with the handler, or its answer is being written; only the writing has a timeout
    HTTP_COMPLAINED, ///< evhttp has written an error page that is about to be replaced
    HTTP_LEAVING,    ///< refused here: the answer is written, input is thrown away, the close follows
    HTTP_STATES,
} http_state;

typedef struct http_connection {
    sr_http *http;
    struct bufferevent *stream;         ///< owned by evhttp
    struct evhttp_connection *peer;     ///< NULL until adopted
    sr_seat *seat;                      ///< NULL when it was refused one, a tunnel has it, or it is a stream's now
    sr_request *request;                ///< the one that waits for its answer
    TAILQ_ENTRY(http_connection) entry; ///< in the list of its state
    uint64_t deadline;                  ///< monotonic ns; not in HTTP_ANSWERING, HTTP_COMPLAINED
    size_t received;                    ///< bytes since the current request began
    int fd;
    uint8_t state;
    bool over_limit; ///< let in beyond max_connections to be told so
    bool own_output; ///< what appears in the output is written by us, not by evhttp
} http_connection;

TAILQ_HEAD(http_connections, http_connection);

/// Descriptors in the order of their arrival; a ring.
typedef struct http_queue {
    int *fds;
    size_t first, count, capacity;
} http_queue;

/// A connection on which nothing has arrived yet.
typedef struct http_silent {
    sr_http *http;
    TAILQ_ENTRY(http_silent) entry;
    struct event readable;
} http_silent;

/// Where connections wait between the kernel and evhttp; see http_door.c.
typedef struct http_door {
    struct event *acceptable;         ///< NULL unless it is open
    http_queue streams, others;       ///< by what their requests begin with
    size_t knocked;                   ///< of them: those that evhttp is about to accept
    TAILQ_HEAD(, http_silent) silent; ///< the oldest first
    size_t silent_count;
    LIST_HEAD(, http_plain) plains; ///< with the handler
    size_t plain_count;
    bool full;                     ///< nothing is accepted until some have been let in
    bool paused;                   ///< nothing is accepted nor let in until `http_door_reopen`
    bool reopening;                ///< which is about to come
    bool rests;                    ///< nothing is accepted until others have had their turn
    struct evconnlistener *inside; ///< owned by evhttp
    struct sockaddr_un address;    ///< of `inside`
    socklen_t address_length;
} http_door;

/// A connection over TLS; see http_tls.c.
typedef struct http_tunnel http_tunnel;
TAILQ_HEAD(http_tunnels, http_tunnel);

enum { HTTP_TUNNEL_STATES = 4 };

typedef struct http_tls {
    sr_tls *context;      ///< NULL: everything is in the clear
    size_t max_greetings; ///< clients that have not agreed on TLS yet; beyond it the oldest goes
    struct http_tunnels tunnels[HTTP_TUNNEL_STATES];
    size_t counts[HTTP_TUNNEL_STATES];
    http_tunnel **by_clear; ///< by the descriptors that the rest of the server knows; NULL for others
    size_t by_clear_count;
} http_tls;

struct sr_http {
    sr_loop *loop;
    struct evhttp *server;
    sr_http_config config;
    sr_request_function function;
    sr_request_function overload; ///< NULL: they get a 503
    void *context;
    sr_hall *hall;
    sr_http_stats stats;
    bool closing; ///< answers close their connections

    struct http_connections lists[HTTP_STATES];
    http_connection **by_fd; ///< adopted connections
    size_t by_fd_count;
    uint32_t leaving;          ///< length of the HTTP_LEAVING list
    http_connection *newcomer; ///< accepted, not adopted yet
    struct event *adopt;       ///< adopts the newcomer once accept has finished with it
    struct event *complaints;  ///< replaces evhttp's error pages
    struct event *deliver;     ///< hands requests to the handler
    STAILQ_HEAD(, sr_request) ready;
    sr_timer *deadlines;
    uint64_t armed;     ///< what `deadlines` is set to; 0: not running
    sr_timer *reopen;   ///< accepts again after the process had run out of descriptors
    uint64_t failed_at; ///< monotonic ns; 0: accepting has never failed
    void (*on_accept_failure)(void *context, int error);
    http_door door;
    http_tls tls;
    struct event *let_in;      ///< lets more in, once what is ready has been handled
    struct event *let_in_late; ///< lets those in who do not want a stream, however much is ready
    int dummy;                 ///< descriptor that takes the place of a socket handed to a stream
};

enum { HTTP_PLAIN_HEADERS = 32 };

/// A request that was not given to evhttp, with the connection that it came on; see http_plain.c.
typedef struct http_plain {
    sr_http *http; ///< NULL once it is gone
    LIST_ENTRY(http_plain) entry;
    int fd; ///< -1 once it was taken over, or the server has ended
    sr_seat *seat;
    bool over_limit;
    const char *target;
    size_t header_count;
    sr_header headers[HTTP_PLAIN_HEADERS];
    char text[]; ///< what the others point into
} http_plain;

/// Of `connection`, `message` and `plain`, either the first two are set, or the third.
struct sr_request {
    http_plain *plain;
    http_connection *connection; ///< NULL once it is gone; then `message` is ours
    struct evhttp_request *message;
    STAILQ_ENTRY(sr_request) entry;
    uint16_t peer_port;
    char peer_ip[46];
};

// http_queue.c
void http_queue_push(http_queue *queue, int fd);
/// The queue must not be empty.
int http_queue_pop(http_queue *queue);
/// Closes what is in it.
void http_queue_close(http_queue *queue);
/// A table of pointers by descriptor, with room for this one: `table` moved and grown if need be, with NULL in what is
/// new. Owned by the caller, as `table` was.
void *http_table_reserve(void *table, size_t *count, int fd);

// http_door.c
/// Makes the listener inside; false with errno.
bool http_door_init(sr_http *http);
/// Accepts from the listening socket, which is the door's from now on.
void http_door_open(sr_http *http, int listener);
void http_door_close(sr_http *http);
/// A connection has been accepted, and is in the clear.
void http_door_arrived(sr_http *http, int fd);
/// Something has arrived on a connection, or it has been silent for long enough.
void http_door_hear(sr_http *http, int fd);
void http_door_free(sr_http *http);
/// A plain request has been answered or taken over.
void http_door_plain_gone(http_plain *plain);
/// The next of those who wait becomes what evhttp has just accepted; `stream` is NULL when evhttp gave it up. False
/// when nobody waits for that: it came from elsewhere.
bool http_door_pass(sr_http *http, struct bufferevent *stream);
void http_door_let_in(evutil_socket_t fd, short events, void *http);
void http_door_let_in_late(evutil_socket_t fd, short events, void *http);
/// Tries again after descriptors had run out.
void http_door_reopen(void *http);

// http_silence.c
/// Keeps the connection until it has something to say, or has been silent for too long.
void http_silence_begin(sr_http *http, int fd);
/// The descriptor of the one that has been silent longest. There must be one.
int http_silence_end_oldest(sr_http *http);

// http_connection.c
struct bufferevent *http_connection_accept(struct event_base *base, void *http);
void http_connection_adopt(sr_http *http);
void http_connection_expire(void *http);
/// The connection on which the message came.
http_connection *http_connection_of(sr_http *http, struct evhttp_request *message);
void http_connection_enter(http_connection *connection, http_state state);
/// The answer is written: waits for the next request, which may have arrived already.
void http_connection_answered(http_connection *connection);

// http_errors.c
/// Answers with an error of ours and closes. The connection leaves evhttp's hands except for being freed.
void http_connection_refuse(http_connection *connection, int status, const char *code, const char *sentence);
/// Watches what is put into a connection's output; `connection` is the http_connection.
void http_connection_on_output(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *connection);
void http_connection_replace_complaints(sr_http *http);

// http_plain.c
/// The request, if it is a plain one, with -1 for a descriptor; otherwise NULL.
http_plain *http_plain_parse(const char *text, size_t count);
/// Takes the request that has arrived on the socket, if it is a plain one; otherwise NULL, and nothing is taken.
http_plain *http_plain_read(int fd);
/// NULL if there is none of that name.
const char *http_plain_header(const http_plain *plain, const char *name);
/// Sends head and body, as the only ones on this connection. Drains `head`.
void http_plain_reply(const http_plain *plain, struct evbuffer *head, const uint8_t *body, size_t count);
/// Closes the connection unless it was taken over. Tells the door.
void http_plain_free(http_plain *plain);

// http_request.c
/// Whether it may be the name of a header.
bool http_is_token(const char *name);
/// Hands a plain request to the handler.
void http_request_plain(sr_http *http, http_plain *plain);
void http_request_arrived(struct evhttp_request *message, void *http);
void http_request_deliver(sr_http *http);
void http_request_free(sr_request *request);

// http_tls.c
void http_tls_init(sr_http *http);
/// A connection has been accepted on which TLS is to be spoken. There must be a context.
void http_tls_begin(sr_http *http, int fd);
/// The descriptor of a connection has become another one.
void http_tls_renumber(sr_http *http, int from, int to);
/// Who is at the other end, also of a tunnel. AF_UNSPEC when nobody knows.
void http_peer_address(sr_http *http, int fd, struct sockaddr_storage *address);
/// Seats the connection; `seat` is NULL where its tunnel keeps the seat.
sr_seating http_take_seat(sr_http *http, int fd, sr_seat **seat);
void http_tls_count(const sr_http *http, sr_http_stats *stats);
/// Tunnels that are open go on by themselves.
void http_tls_free(sr_http *http);

// http_takeover.c
/// Takes the socket from evhttp and frees the request. Returns the descriptor, or -1 when the client has gone; `seat`
/// is then NULL.
int http_request_take_socket(sr_request *request, sr_seat **seat);

#endif
