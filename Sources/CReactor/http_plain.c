// Requests for streams that are as plain as can be, read here instead of by evhttp: no body, nothing behind them, one
// header per line. Anything else, however slightly unusual, is left to evhttp, which decides what it is.
#include "http.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PLAIN_BYTES = 2048,        ///< more than browsers send; longer ones are evhttp's
    DISCARD_BYTES = 64 * 1024, ///< of what follows a request, when it is answered
};

static const char end_of_head[] = "\r\n\r\n";

/// Cuts the next line off, without its end; NULL when it is not well-formed: control characters, or an end that is not
/// CR LF.
static char *next_line(char **rest) {
    char *line = *rest;
    char *end = strchr(line, '\r');
    if (!end || end[1] != '\n')
        return NULL;
    for (const char *each = line; each < end; each++)
        if ((unsigned char)*each < ' ' || *each == 0x7f)
            return NULL;
    *end = 0;
    *rest = end + 2;
    return line;
}

/// GET, a target of visible characters that begins with one slash (what follows two can be taken for a host), HTTP/1.1.
static bool read_request_line(http_plain *plain, char *line) {
    static const char method[] = "GET ", version[] = " HTTP/1.1";
    size_t length = strlen(line);
    if (length < sizeof method + sizeof version || strncmp(line, method, sizeof method - 1) != 0)
        return false;
    char *end = line + length - (sizeof version - 1);
    if (strcmp(end, version) != 0)
        return false;
    *end = 0;
    plain->target = line + sizeof method - 1;
    for (const char *each = plain->target; *each; each++)
        if (*each <= ' ' || (unsigned char)*each >= 0x7f)
            return false;
    return plain->target[0] == '/' && plain->target[1] != '/';
}

/// What changes where a request ends, or asks for more than an answer.
static bool is_unusual(const char *name) {
    static const char *const unusual[] = {"Content-Length", "Transfer-Encoding", "Expect", "Upgrade", "Trailer"};
    for (size_t i = 0; i < sizeof unusual / sizeof *unusual; i++)
        if (strcasecmp(name, unusual[i]) == 0)
            return true;
    return false;
}

static bool read_header(http_plain *plain, char *line) {
    char *colon = strchr(line, ':');
    if (!colon || plain->header_count == HTTP_PLAIN_HEADERS)
        return false;
    *colon = 0;
    if (!http_is_token(line) || is_unusual(line))
        return false;
    char *value = colon + 1 + strspn(colon + 1, " ");
    for (size_t length = strlen(value); length > 0 && value[length - 1] == ' '; length--)
        value[length - 1] = 0;
    if (strcasecmp(line, "Host") == 0 && http_plain_header(plain, "Host"))
        return false;
    plain->headers[plain->header_count++] = (sr_header){line, value};
    return true;
}

static bool read_head(http_plain *plain) {
    char *rest = plain->text;
    char *line = next_line(&rest);
    if (!line || !read_request_line(plain, line))
        return false;
    while ((line = next_line(&rest)) && *line)
        if (!read_header(plain, line))
            return false;
    return line && *rest == 0;
}

const char *http_plain_header(const http_plain *plain, const char *name) {
    for (size_t i = 0; i < plain->header_count; i++)
        if (strcasecmp(plain->headers[i].name, name) == 0)
            return plain->headers[i].value;
    return NULL;
}

http_plain *http_plain_parse(const char *text, size_t count) {
    const size_t end = sizeof end_of_head - 1;
    if (count < end || memchr(text, 0, count) || memcmp(text + count - end, end_of_head, end) != 0)
        return NULL;
    http_plain *plain = sr_allocate(sizeof *plain + count + 1);
    *plain = (http_plain){.fd = -1};
    memcpy(plain->text, text, count);
    plain->text[count] = 0;
    if (read_head(plain))
        return plain;
    free(plain);
    return NULL;
}

http_plain *http_plain_read(int fd) {
    char text[PLAIN_BYTES];
    ssize_t count = recv(fd, text, sizeof text, MSG_PEEK | MSG_DONTWAIT);
    if (count < 0 || (size_t)count == sizeof text)
        return NULL;
    http_plain *plain = http_plain_parse(text, (size_t)count);
    if (!plain)
        return NULL;
    plain->fd = fd;
    // The same bytes again, to take them away: there were no more, and a second reader there is not.
    recv(fd, text, (size_t)count, MSG_DONTWAIT);
    return plain;
}

void http_plain_reply(const http_plain *plain, struct evbuffer *head, const uint8_t *body, size_t count) {
    // A fresh socket takes far more than such an answer is long.
    if (count > 0)
        evbuffer_add(head, body, count);
    size_t length = evbuffer_get_length(head);
    send(plain->fd, evbuffer_pullup(head, -1), length, MSG_NOSIGNAL | MSG_DONTWAIT);
    // Unread input would turn the close into a reset, which can overtake what is on its way.
    shutdown(plain->fd, SHUT_WR);
    recv(plain->fd, NULL, DISCARD_BYTES, MSG_TRUNC | MSG_DONTWAIT);
}

void http_plain_free(http_plain *plain) {
    if (plain->fd >= 0)
        close(plain->fd);
    if (plain->seat)
        sr_seat_leave(plain->seat);
    if (plain->http)
        http_door_plain_gone(plain);
    free(plain);
}
