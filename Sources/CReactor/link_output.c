#include "link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/// The first buffer of a link that has something to wait with.
enum { MIN_CAPACITY = 4096 };

/// Writes what the socket takes now. Returns the number of bytes, also 0; a failure ends the link. Not for TLS.
static size_t transmit(sr_link *link, struct iovec *parts, size_t part_count) {
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = part_count};
    ssize_t count = sendmsg(link->fd, &message, MSG_NOSIGNAL);
    if (count >= 0)
        return (size_t)count;
    if (errno != EAGAIN && errno != EINTR)
        sr_link_end(link, SR_LINK_IO_ERROR, errno, "writing failed");
    return 0;
}

// MARK: - The output buffer

/// Makes room for `count` more bytes at the end. The buffer grows unless a quarter of it is free then, so moving what
/// waits to the front costs no more than a few times what has been written since the last move.
static void reserve(sr_link *link, size_t count) {
    size_t end = (size_t)link->output.start + link->output.count;
    if (end + count <= link->output.capacity)
        return;
    size_t needed = link->output.count + count;
    size_t capacity = link->output.capacity ? link->output.capacity : MIN_CAPACITY;
    while (capacity - capacity / 4 < needed)
        capacity *= 2;
    if (capacity > UINT32_MAX)
        capacity = UINT32_MAX;
    if (capacity > link->output.capacity) {
        link->output.bytes = sr_reallocate(link->output.bytes, capacity);
        link->output.capacity = (uint32_t)capacity;
    }
    memmove(link->output.bytes, link->output.bytes + link->output.start, link->output.count);
    link->output.start = 0;
}

static void append(sr_link *link, const uint8_t *bytes, size_t count) {
    reserve(link, count);
    memcpy(link->output.bytes + link->output.start + link->output.count, bytes, count);
    link->output.count += (uint32_t)count;
}

static void remove_first(sr_link *link, size_t count) {
    link->output.start += (uint32_t)count;
    link->output.count -= (uint32_t)count;
    if (link->output.count > 0)
        return;
    free(link->output.bytes);
    link->output.bytes = NULL;
    link->output.start = link->output.capacity = 0;
}

// MARK: - Sending

/// Queues the parts but for their first `skip` bytes.
static void append_rest(sr_link *link, const struct iovec *parts, size_t part_count, size_t skip) {
    for (size_t i = 0; i < part_count; i++) {
        size_t skipped = skip < parts[i].iov_len ? skip : parts[i].iov_len;
        skip -= skipped;
        if (parts[i].iov_len > skipped)
            append(link, (const uint8_t *)parts[i].iov_base + skipped, parts[i].iov_len - skipped);
    }
}

/// Writes of what waits, of which there is some, what the socket takes now.
static void flush(sr_link *link) {
    uint8_t *bytes = link->output.bytes + link->output.start;
    size_t sent;
    if (link->secure) {
        sent = sr_secure_transmit(link, bytes, link->output.count);
    } else {
        struct iovec waiting = {bytes, link->output.count};
        sent = transmit(link, &waiting, 1);
    }
    if (link->state <= SR_LINK_FLUSHING)
        remove_first(link, sent);
}

bool sr_link_send(sr_link *link, const uint8_t *payload, size_t count) {
    if (link->state > SR_LINK_OPEN)
        return false;
    uint8_t prefix[SR_FRAME_MAX_PREFIX];
    size_t prefix_count = sr_frame_prefix(count, prefix);
    size_t room = link->max_output - link->output.count;
    if (count > room || prefix_count > room - count)
        return false;
    struct iovec parts[] = {{prefix, prefix_count}, {(void *)payload, count}};
    size_t sent = 0;
    bool goes_at_once = link->state == SR_LINK_OPEN && link->output.count == 0;
    if (goes_at_once && !link->secure)
        sent = transmit(link, parts, 2);
    if (link->state == SR_LINK_ENDED)
        return false;
    append_rest(link, parts, 2, sent);
    // TLS takes one range of bytes at a time, and makes a record of each.
    if (goes_at_once && link->secure)
        flush(link);
    if (link->state > SR_LINK_OPEN)
        return false;
    if (link->output.count > link->low_water)
        link->above_low_water = true;
    sr_link_update(link);
    return true;
}

size_t sr_link_pending(const sr_link *link) {
    return link->output.count;
}

// MARK: - Writable

static void notify_drained(sr_link *link) {
    if (!link->above_low_water || link->output.count > link->low_water)
        return;
    link->above_low_water = false;
    if (link->state == SR_LINK_OPEN && link->callbacks.on_drained)
        link->callbacks.on_drained(link->context);
}

void sr_link_write(sr_link *link) {
    if (link->output.count > 0) {
        flush(link);
        if (link->state > SR_LINK_FLUSHING)
            return;
        notify_drained(link);
    }
    bool is_done = link->state == SR_LINK_FLUSHING && link->output.count == 0;
    if (is_done && (!link->secure || sr_secure_part(link))) {
        link->state = SR_LINK_LINGERING;
        shutdown(link->fd, SHUT_WR);
    }
    sr_link_update(link);
}
