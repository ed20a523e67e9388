// From the socket to whole events: the head of the response, the framing of a chunked body, and what is left of an
// event until the rest of it comes.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "engine.h"

/// Removes the framing of a chunked body in place; returns what is left.
static size_t dechunk(listener *l, char *bytes, size_t count) {
    size_t out = 0;
    for (size_t at = 0; at < count;) {
        char c = bytes[at];
        switch ((chunk_state)l->chunk) {
        case CHUNK_SIZE:
        case CHUNK_EXTENSION:
            at++;
            if (c == '\n') {
                l->chunk = l->chunk_left > 0 ? CHUNK_DATA : CHUNK_LAST;
            } else if (c == ';' || c == '\r') {
                l->chunk = CHUNK_EXTENSION;
            } else if (l->chunk == CHUNK_SIZE) {
                l->chunk_left = l->chunk_left * 16 + (uint64_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
            }
            break;
        case CHUNK_DATA: {
            size_t take = count - at < l->chunk_left ? count - at : (size_t)l->chunk_left;
            memmove(bytes + out, bytes + at, take);
            out += take;
            at += take;
            l->chunk_left -= take;
            if (l->chunk_left == 0) {
                l->chunk = CHUNK_DATA_END;
            }
            break;
        }
        case CHUNK_DATA_END:
            at++;
            if (c == '\n') {
                l->chunk = CHUNK_SIZE;
            }
            break;
        case CHUNK_LAST:
            return out;
        }
    }
    return out;
}

/// More than this is given back when nothing has to be kept.
enum { CARRY_BYTES = 4096 };

/// Keeps the bytes until more come. False when there are too many, or no memory.
static bool keep(listener *l, const char *bytes, size_t count) {
    if (count == 0) {
        l->carry_count = 0;
        if (l->carry_capacity > CARRY_BYTES) {
            free(l->carry);
            l->carry = NULL;
            l->carry_capacity = 0;
        }
        return true;
    }
    if (count > MAX_EVENT_BYTES) {
        return false;
    }
    if (count > l->carry_capacity) {
        size_t capacity = (count + 1023) & ~(size_t)1023;
        uint8_t *carry = realloc(l->carry, capacity);
        if (!carry) {
            return false;
        }
        l->carry = carry;
        l->carry_capacity = (uint32_t)capacity;
    }
    memmove(l->carry, bytes, count);
    l->carry_count = (uint32_t)count;
    return true;
}

static bool names(const char *line, size_t count, const char *name) {
    size_t length = strlen(name);
    return count >= length && strncasecmp(line, name, length) == 0;
}

/// Looks at the lines of a whole head. Returns its status, 0 when it is none.
static int read_head(listener *l, const char *head, size_t count) {
    if (count < 12 || memcmp(head, "HTTP/1.", 7) != 0) {
        return 0;
    }
    l->is_chunked = false;
    for (const char *line = head; line < head + count;) {
        const char *end = memchr(line, '\n', (size_t)(head + count - line));
        size_t length = (size_t)((end ? end : head + count) - line);
        if (names(line, length, "transfer-encoding:") && memmem(line, length, "chunked", 7)) {
            l->is_chunked = true;
        }
        line += length + 1;
    }
    return atoi(head + 9);
}

/// The head ends in `bytes`, or they are kept. Returns the size of the head, 0 when it is not whole or the attempt
/// failed.
static size_t take_head(worker *w, listener *l, const char *bytes, size_t count) {
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (!end) {
        if (count > MAX_HEAD_BYTES || !keep(l, bytes, count)) {
            cl_connect_failed(w, l, "a response without an end of its head");
        }
        return 0;
    }
    size_t size = (size_t)(end - bytes) + 4;
    int status = read_head(l, bytes, size);
    if (status == 204) {
        cl_listener_end(w, l);
        return 0;
    }
    if (status != 200) {
        const char *line_end = memchr(bytes, '\r', size);
        cl_worker_failed(w, "GET %.80s: %.*s", l->path, (int)(line_end - bytes), bytes);
        cl_connect_failed(w, l, NULL);
        return 0;
    }
    w->totals->sent_bytes_head += size;
    cl_connect_opened(w, l);
    return size;
}

/// Bytes of a listener's connection: what was kept and what has just been read.
static void take_bytes(worker *w, listener *l, char *bytes, size_t kept, size_t fresh) {
    size_t count = kept + fresh;
    if (l->state == LISTENER_HEAD) {
        size_t head = take_head(w, l, bytes, count);
        if (head == 0) {
            return;
        }
        bytes += head;
        fresh = count - head;
        kept = 0;
        w->totals->bytes -= head;
    }
    if (l->is_chunked) {
        fresh = dechunk(l, bytes + kept, fresh);
    }
    count = kept + fresh;
    size_t used = cl_sse_scan(w, l, bytes, count);
    if (!keep(l, bytes + used, count - used)) {
        cl_worker_failed(w, "an event of more than 1 MiB");
        cl_listener_lost(w, l);
    }
}

size_t cl_receive(worker *w, listener *l, size_t limit) {
    size_t kept = l->carry_count;
    if (l->carry) {
        memcpy(w->buffer, l->carry, kept);
    }
    ssize_t count = recv(l->fd, w->buffer + kept, limit, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    if (count <= 0) {
        if (l->state == LISTENER_OPEN) {
            cl_listener_lost(w, l);
        } else {
            cl_connect_failed(w, l, count < 0 ? strerror(errno) : "closed without an answer");
        }
        return 0;
    }
    w->now = cl_monotonic_ns();
    w->totals->reads++;
    w->totals->bytes += (uint64_t)count;
    take_bytes(w, l, (char *)w->buffer, kept, (size_t)count);
    return (size_t)count;
}
