// A request as its handler sees it, and the way of the answer.
#include "http.h"

#include <arpa/inet.h>
#include <event2/keyvalq_struct.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

// MARK: - What evhttp lets through though it should not

bool http_is_token(const char *name) {
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t length = strspn(name, allowed);
    return length > 0 && name[length] == 0;
}

static bool is_number(const char *text) {
    return *text && text[strspn(text, "0123456789")] == 0;
}

/// A sentence, or NULL when nothing is wrong. Two parties that disagree about where a request ends can be made to see
/// different requests, so whatever leaves room for that is refused.
static const char *fault_in(struct evhttp_request *message) {
    const char *length = NULL, *host = NULL, *coding = NULL;
    const struct evkeyval *header;
    TAILQ_FOREACH(header, evhttp_request_get_input_headers(message), next) {
        if (!http_is_token(header->key))
            return "the name of a header is malformed";
        const char **seen = strcasecmp(header->key, "Content-Length") == 0      ? &length
                            : strcasecmp(header->key, "Host") == 0              ? &host
                            : strcasecmp(header->key, "Transfer-Encoding") == 0 ? &coding
                                                                                : NULL;
        if (!seen)
            continue;
        if (*seen)
            return "a header that must be unique is repeated";
        *seen = header->value;
    }
    if (length && !is_number(length))
        return "Content-Length is not a number";
    if (coding && (length || strcasecmp(coding, "chunked") != 0))
        return "this Transfer-Encoding is not accepted";
    int method = evhttp_request_get_command(message);
    bool bodiless = method == EVHTTP_REQ_HEAD || method == EVHTTP_REQ_TRACE;
    if (bodiless && (coding || (length && strspn(length, "0") != strlen(length))))
        return "this method has no body";
    return NULL;
}

// MARK: - Arrival

static void remember_peer(sr_request *request, sr_http *http, int fd) {
    struct sockaddr_storage address;
    http_peer_address(http, fd, &address);
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)&address;
    const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)&address;
    bool is_six = address.ss_family == AF_INET6;
    inet_ntop(address.ss_family, is_six ? (const void *)&six->sin6_addr : &four->sin_addr, request->peer_ip,
              sizeof request->peer_ip);
    request->peer_port = ntohs(is_six ? six->sin6_port : four->sin_port);
}

void http_request_arrived(struct evhttp_request *message, void *context) {
    sr_http *http = context;
    http_connection *connection = http_connection_of(http, message);
    const char *fault = fault_in(message);
    if (fault) {
        http->stats.rejected++;
        http_connection_refuse(connection, 400, "invalid_request", fault);
        return;
    }
    if (connection->over_limit && !http->overload) {
        http_connection_refuse(connection, 503, "overloaded", "too many connections, try again later");
        return;
    }
    http_connection_enter(connection, HTTP_ANSWERING);
    sr_request *request = sr_allocate(sizeof *request);
    *request = (sr_request){.connection = connection, .message = message};
    remember_peer(request, http, connection->fd);
    connection->request = request;
    connection->own_output = true;
    // Handlers run when evhttp is done with this read: what they call may free the connection.
    STAILQ_INSERT_TAIL(&http->ready, request, entry);
    event_active(http->deliver, EV_TIMEOUT, 0);
}

void http_request_plain(sr_http *http, http_plain *plain) {
    sr_request *request = sr_allocate(sizeof *request);
    *request = (sr_request){.plain = plain};
    remember_peer(request, http, plain->fd);
    http->stats.requests++;
    (plain->over_limit ? http->overload : http->function)(http->context, request);
}

void http_request_deliver(sr_http *http) {
    sr_request *request;
    while ((request = STAILQ_FIRST(&http->ready))) {
        STAILQ_REMOVE_HEAD(&http->ready, entry);
        http->stats.requests++;
        bool over_limit = request->connection && request->connection->over_limit;
        (over_limit ? http->overload : http->function)(http->context, request);
    }
}

void http_request_free(sr_request *request) {
    if (request->plain)
        http_plain_free(request->plain);
    else if (request->connection)
        request->connection->request = NULL;
    else
        evhttp_request_free(request->message);
    free(request);
}

// MARK: - Reading

const char *sr_request_method(const sr_request *request) {
    if (request->plain)
        return "GET";
    switch (evhttp_request_get_command(request->message)) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_POST:
        return "POST";
    case EVHTTP_REQ_HEAD:
        return "HEAD";
    case EVHTTP_REQ_PUT:
        return "PUT";
    case EVHTTP_REQ_DELETE:
        return "DELETE";
    case EVHTTP_REQ_OPTIONS:
        return "OPTIONS";
    case EVHTTP_REQ_TRACE:
        return "TRACE";
    case EVHTTP_REQ_CONNECT:
        return "CONNECT";
    default:
        return "PATCH";
    }
}

const char *sr_request_target(const sr_request *request) {
    if (request->plain)
        return request->plain->target;
    const char *target = evhttp_request_get_uri(request->message);
    if (*target == '/')
        return target;
    const char *authority = strstr(target, "://");
    if (!authority)
        return target; // "*" of OPTIONS, "host:port" of CONNECT
    const char *path = strpbrk(authority + 3, "/?");
    return path && *path == '/' ? path : "/";
}

const char *sr_request_header(const sr_request *request, const char *name) {
    if (request->plain)
        return http_plain_header(request->plain, name);
    return evhttp_find_header(evhttp_request_get_input_headers(request->message), name);
}

sr_bytes sr_request_body(const sr_request *request) {
    if (request->plain)
        return (sr_bytes){.base = NULL, .count = 0};
    struct evbuffer *body = evhttp_request_get_input_buffer(request->message);
    return (sr_bytes){.base = evbuffer_pullup(body, -1), .count = evbuffer_get_length(body)};
}

const char *sr_request_peer_ip(const sr_request *request) {
    return request->peer_ip;
}

uint16_t sr_request_peer_port(const sr_request *request) {
    return request->peer_port;
}

// MARK: - The answer

static void on_written(struct evhttp_request *message, void *context) {
    http_connection_answered(context);
}

static bool has_length(const struct evhttp_request *message, int status) {
    bool to_connect = evhttp_request_get_command(message) == EVHTTP_REQ_CONNECT;
    return status >= 200 && status != 204 && status != 304 && !(to_connect && status < 300);
}

static void reply_plainly(sr_request *request, int status, const sr_header *headers, size_t header_count,
                          const uint8_t *body, size_t body_count) {
    struct evbuffer *head = evbuffer_new();
    if (!head)
        abort();
    const char *phrase = status == 200 ? "OK" : status == 204 ? "No Content" : status == 404 ? "Not Found" : "Error";
    evbuffer_add_printf(head, "HTTP/1.1 %d %s\r\n", status, phrase);
    for (size_t i = 0; i < header_count; i++)
        evbuffer_add_printf(head, "%s: %s\r\n", headers[i].name, headers[i].value);
    if (status != 204)
        evbuffer_add_printf(head, "Content-Length: %zu\r\n", body_count);
    char date[64];
    evutil_date_rfc1123(date, sizeof date, NULL);
    evbuffer_add_printf(head, "Date: %s\r\nConnection: close\r\n\r\n", date);
    http_plain_reply(request->plain, head, body, body_count);
    evbuffer_free(head);
    http_request_free(request);
}

void sr_request_reply(sr_request *request, int status, const sr_header *headers, size_t header_count,
                      const uint8_t *body, size_t body_count) {
    if (request->plain) {
        reply_plainly(request, status, headers, header_count, body, body_count);
        return;
    }
    http_connection *connection = request->connection;
    if (!connection) {
        http_request_free(request);
        return;
    }
    struct evhttp_request *message = request->message;
    struct evkeyvalq *output = evhttp_request_get_output_headers(message);
    for (size_t i = 0; i < header_count; i++)
        evhttp_add_header(output, headers[i].name, headers[i].value);
    if (has_length(message, status)) {
        char length[24];
        snprintf(length, sizeof length, "%zu", body_count);
        evhttp_add_header(output, "Content-Length", length);
        if (body_count > 0 && evhttp_request_get_command(message) != EVHTTP_REQ_HEAD)
            evbuffer_add(evhttp_request_get_output_buffer(message), body, body_count);
    }
    if (connection->over_limit || connection->http->closing)
        evhttp_add_header(output, "Connection", "close");
    http_request_free(request);
    evhttp_request_set_on_complete_cb(message, on_written, connection);
    evhttp_send_reply(message, status, NULL, NULL);
}
