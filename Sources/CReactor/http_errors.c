// The errors that do not come from the handler: what evhttp refuses, and what we do.
#include "http.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/// Refused connections that may wait for the client to read why.
enum { LEAVING_ROOM = 256 };

static void on_leaving_input(struct bufferevent *stream, void *context) {
    struct evbuffer *input = bufferevent_get_input(stream);
    evbuffer_drain(input, evbuffer_get_length(input));
}

/// All is written. The client must not see a reset before it has read the answer, which it would if its further bytes
/// met a closed socket; so only our direction is closed.
static void on_leaving_output(struct bufferevent *stream, void *context) {
    shutdown(bufferevent_getfd(stream), SHUT_WR);
}

static void on_leaving_end(struct bufferevent *stream, short what, void *context) {
    http_connection *connection = context;
    evhttp_connection_free(connection->peer);
}

static const char *phrase(int status) {
    switch (status) {
    case 400:
        return "Bad Request";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Content Too Large";
    case 417:
        return "Expectation Failed";
    case 431:
        return "Request Header Fields Too Large";
    default:
        return "Service Unavailable";
    }
}

static void write_error(struct evbuffer *output, int status, const char *code, const char *sentence) {
    static const char body_format[] = "{\"error\":\"%s\",\"code\":\"%s\",\"field\":\"\"}";
    const char *extra = status == 503   ? "Retry-After: 5\r\n"
                        : status == 405 ? "Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n"
                                        : "";
    int length = snprintf(NULL, 0, body_format, sentence, code);
    evbuffer_add_printf(output,
                        "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
                        "Cache-Control: no-store\r\n%sConnection: close\r\n\r\n",
                        status, phrase(status), length, extra);
    evbuffer_add_printf(output, body_format, sentence, code);
}

void http_connection_refuse(http_connection *connection, int status, const char *code, const char *sentence) {
    if (connection->http->leaving >= LEAVING_ROOM) // too many wait already: the oldest has waited long enough
        evhttp_connection_free(TAILQ_FIRST(&connection->http->lists[HTTP_LEAVING])->peer);
    struct bufferevent *stream = connection->stream;
    connection->own_output = true;
    http_connection_enter(connection, HTTP_LEAVING);
    on_leaving_input(stream, connection);
    bufferevent_setcb(stream, on_leaving_input, on_leaving_output, on_leaving_end, connection);
    write_error(bufferevent_get_output(stream), status, code, sentence);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
}

/// Copies up to `size` bytes from the front of the buffer. evbuffer_copyout would not: a stream that has written
/// before keeps the front of its output frozen.
static size_t front(struct evbuffer *buffer, char *text, size_t size) {
    struct evbuffer_iovec pieces[8];
    int count = evbuffer_peek(buffer, (ev_ssize_t)size, NULL, pieces, 8);
    size_t copied = 0;
    for (int i = 0; i < count && i < 8 && copied < size; i++) {
        size_t length = pieces[i].iov_len < size - copied ? pieces[i].iov_len : size - copied;
        memcpy(text + copied, pieces[i].iov_base, length);
        copied += length;
    }
    return copied;
}

/// The status in the last status line of the buffer (an interim 100 may stand before it).
static int status_in(struct evbuffer *output) {
    char text[128];
    text[front(output, text, sizeof text - 1)] = 0;
    int status = 0;
    for (const char *line = text; (line = strstr(line, "HTTP/1.")); line++) {
        int found = 0;
        if (sscanf(line, "HTTP/1.%*d %d", &found) == 1)
            status = found;
    }
    return status;
}

/// evhttp answers some errors itself, in HTML, and offers no way to change that. But it only ever appends to this
/// buffer, and the socket is written by a later event: so there is time to replace what it wrote.
void http_connection_on_output(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *context) {
    http_connection *connection = context;
    if (connection->own_output || connection->state == HTTP_COMPLAINED || info->n_added == 0)
        return;
    static const char interim[] = "HTTP/1.1 100 ";
    char start[sizeof interim - 1];
    if (front(buffer, start, sizeof start) == sizeof start && memcmp(start, interim, sizeof start) == 0 &&
        evbuffer_get_length(buffer) == info->n_added)
        return;
    http_connection_enter(connection, HTTP_COMPLAINED);
    event_active(connection->http->complaints, EV_TIMEOUT, 0);
}

static void replace_complaint(http_connection *connection) {
    struct evbuffer *output = bufferevent_get_output(connection->stream);
    int status = status_in(output);
    // The stream freezes the front of its output so that nobody else takes bytes away; nobody else is here.
    evbuffer_unfreeze(output, 1);
    evbuffer_drain(output, evbuffer_get_length(output));
    evbuffer_freeze(output, 1);
    connection->http->stats.rejected++;
    if (status == 400 && connection->received > connection->http->config.max_header_bytes)
        http_connection_refuse(connection, 431, "headers_too_large", "the request's headers are too large");
    else if (status == 413)
        http_connection_refuse(connection, 413, "body_too_large", "the request's body is too large or malformed");
    else if (status == 501)
        http_connection_refuse(connection, 405, "method_not_allowed", "this method is not known");
    else if (status == 417)
        http_connection_refuse(connection, 417, "invalid_request", "this expectation cannot be met");
    else
        http_connection_refuse(connection, 400, "invalid_request", "the request is not valid HTTP");
}

void http_connection_replace_complaints(sr_http *http) {
    http_connection *connection;
    while ((connection = TAILQ_FIRST(&http->lists[HTTP_COMPLAINED])))
        replace_complaint(connection);
}
