// Inside of the HTTP server. http.c listens, http_connection.c watches over each connection from accept to close,
// http_errors.c refuses, http_request.c shows a request to its handler and sends the answer, http_takeover.c hands its
// socket to a stream.
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
#include <event2/http.h>

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
    sr_seat *seat;                      ///< NULL when it was refused one, or has been handed to a stream
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

struct sr_http {
    sr_loop *loop;
    LIST_ENTRY(sr_http) entry; ///< among those of the thread
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
    struct evconnlistener *listener;
    struct event *accept_more; ///< accepts again after a burst
    uint32_t burst;            ///< connections accepted since
    int dummy;                 ///< descriptor that takes the place of a socket handed to a stream
};

struct sr_request {
    http_connection *connection; ///< NULL once it is gone; then `message` is ours
    struct evhttp_request *message;
    STAILQ_ENTRY(sr_request) entry;
    uint16_t peer_port;
    char peer_ip[46];
};

// http.c
/// Called for each connection that is accepted.
void http_pace_accepting(sr_http *http);

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

// http_request.c
void http_request_arrived(struct evhttp_request *message, void *http);
void http_request_deliver(sr_http *http);
void http_request_free(sr_request *request);

// http_takeover.c
/// Takes the socket from evhttp and frees the request. Returns the descriptor, or -1 when the client has gone; `seat`
/// is then NULL.
int http_request_take_socket(sr_request *request, sr_seat **seat);

#endif
