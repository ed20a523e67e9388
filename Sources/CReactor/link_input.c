#include "link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/// Frames given to the user in one call.
enum { MAX_BATCH = 256 };
/// A rest up to this size is carried into the loop's shared buffer, to be read on together with what follows it. A
/// larger one belongs to a large frame, which is put together in the link's own buffer instead.
enum { MAX_CARRIED = 16 * 1024 };
/// What a peer that sent a bad frame gets to read the reason in.
static const uint32_t parting_ms = 1000;

// MARK: - Delivering

/// The frames at the start of a range.
typedef struct frame_batch {
    sr_frame frames[MAX_BATCH];
    size_t count;
    size_t bytes;           ///< with their prefixes
    sr_frame_result result; ///< why there are no more; COMPLETE: the batch is full
} frame_batch;

static void collect(frame_batch *batch, const uint8_t *bytes, size_t count, size_t max_frame) {
    batch->count = batch->bytes = 0;
    batch->result = SR_FRAME_COMPLETE;
    while (batch->count < MAX_BATCH) {
        size_t size;
        batch->result =
            sr_frame_parse(bytes + batch->bytes, count - batch->bytes, max_frame, &batch->frames[batch->count], &size);
        if (batch->result != SR_FRAME_COMPLETE)
            return;
        batch->bytes += size;
        batch->count++;
    }
}

static bool may_deliver(const sr_link *link) {
    return link->state == SR_LINK_OPEN && link->pauses == 0;
}

static void refuse_frame(sr_link *link, sr_link_close reason, const char *detail) {
    if (link->state != SR_LINK_OPEN)
        return; // closed by a callback for a frame before it
    if (link->callbacks.on_bad_frame) {
        link->callbacks.on_bad_frame(link->context, reason);
        sr_link_depart(link, reason, detail, parting_ms);
    } else {
        sr_link_end(link, reason, 0, detail);
    }
}

/// Delivers the whole frames of a range and returns how many of its bytes are done with. Stops early when a callback
/// pauses or closes the link.
static size_t deliver(sr_link *link, const uint8_t *bytes, size_t count) {
    frame_batch batch = {.result = SR_FRAME_COMPLETE};
    size_t done = 0;
    while (batch.result == SR_FRAME_COMPLETE && may_deliver(link)) {
        collect(&batch, bytes + done, count - done, link->max_frame);
        done += batch.bytes;
        if (batch.count > 0 && !link->callbacks.on_frames(link->context, batch.frames, batch.count))
            sr_link_end(link, SR_LINK_CLOSED_BY_US, 0, "closed here");
    }
    link->frames_waiting = batch.result == SR_FRAME_COMPLETE && done < count;
    // Only now, so that the frames in front of the bad one have been delivered.
    if (batch.result == SR_FRAME_TOO_LARGE)
        refuse_frame(link, SR_LINK_FRAME_TOO_LARGE, "the peer announced a frame over the limit");
    if (batch.result == SR_FRAME_MALFORMED)
        refuse_frame(link, SR_LINK_FRAME_MALFORMED, "the peer sent what is no frame");
    return done;
}

// MARK: - The rest buffer

static void grow_input(sr_link *link, size_t capacity) {
    if (capacity <= link->input.capacity)
        return;
    link->input.bytes = sr_reallocate(link->input.bytes, capacity);
    link->input.capacity = (uint32_t)capacity;
}

/// Keeps these bytes, which may be a part of the rest buffer itself, for later; a link without any, or one that is
/// closing, has no buffer.
static void keep(sr_link *link, const uint8_t *bytes, size_t count) {
    if (count == 0 || link->state != SR_LINK_OPEN) {
        count = 0;
        free(link->input.bytes);
        link->input.bytes = NULL;
        link->input.capacity = 0;
    } else {
        grow_input(link, count);
        memmove(link->input.bytes, bytes, count);
    }
    link->input.count = (uint32_t)count;
}

static void deliver_kept(sr_link *link) {
    size_t done = deliver(link, link->input.bytes, link->input.count);
    keep(link, link->input.bytes + done, link->input.count - done);
    sr_link_update(link);
}

// MARK: - Reading

/// An alert of TLS, as a server answers what is no TLS with: record type, version, length (RFC 8446, section 5.1).
static bool is_tls_alert(const uint8_t *bytes, size_t count) {
    return count == 7 && bytes[0] == 21 && bytes[1] == 3 && bytes[3] == 0 && bytes[4] == 2;
}

void sr_link_peer_ended(sr_link *link, const char *clean) {
    if (link->state != SR_LINK_OPEN)
        sr_link_end(link, SR_LINK_CLOSED_BY_US, 0, "closed here");
    else if (!link->secure && is_tls_alert(link->input.bytes, link->input.count))
        sr_link_end(link, SR_LINK_TLS_EXPECTED, 0, "the peer speaks nothing but TLS on this port");
    else if (link->input.count > 0)
        sr_link_end(link, SR_LINK_TRUNCATED, 0, "the peer closed in the middle of a frame");
    else
        sr_link_end(link, SR_LINK_CLOSED_BY_PEER, 0, clean);
}

/// Receives once. Returns the number of bytes; 0 when there is nothing for now or the link has ended for it.
static size_t receive(sr_link *link, uint8_t *bytes, size_t room) {
    if (link->secure && link->state != SR_LINK_LINGERING)
        return sr_secure_receive(link, bytes, room);
    ssize_t count = recv(link->fd, bytes, room, 0);
    if (count > 0)
        return (size_t)count;
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (count < 0)
        sr_link_end(link, SR_LINK_IO_ERROR, errno, "reading failed");
    else
        sr_link_peer_ended(link, "closed by the peer");
    return 0;
}

static void read_into_scratch(sr_link *link) {
    uint8_t *scratch = sr_loop_scratch(link->loop);
    size_t carried = link->input.count;
    if (carried > 0)
        memcpy(scratch, link->input.bytes, carried);
    size_t received = receive(link, scratch + carried, SR_SCRATCH_SIZE - carried);
    if (received == 0)
        return;
    size_t count = carried + received;
    size_t done = deliver(link, scratch, count);
    keep(link, scratch + done, count - done);
    sr_link_update(link);
}

/// Reads no further than the end of the frame, and takes memory only as its bytes arrive: what a peer announces costs
/// nothing here.
static void read_large_frame(sr_link *link, size_t size) {
    size_t count = link->input.count;
    size_t doubled = count * 2;
    if (link->input.capacity == count)
        grow_input(link, doubled < size ? doubled : size);
    size_t room = (link->input.capacity < size ? link->input.capacity : size) - count;
    link->input.count += (uint32_t)receive(link, link->input.bytes + count, room);
    if (link->input.count == size)
        deliver_kept(link);
}

void sr_link_read(sr_link *link) {
    if (link->frames_waiting) {
        deliver_kept(link);
        return;
    }
    sr_frame frame;
    size_t size = 0;
    if (link->input.count > MAX_CARRIED)
        sr_frame_parse(link->input.bytes, link->input.count, link->max_frame, &frame, &size);
    if (size > 0)
        read_large_frame(link, size);
    else
        read_into_scratch(link);
}

void sr_link_discard(sr_link *link) {
    receive(link, sr_loop_scratch(link->loop), SR_SCRATCH_SIZE);
}
