// What a client lacks, gathered into one write.
#include "fanout.h"

#include <errno.h>
#include <sys/socket.h>

enum {
    MAX_VECTORS = 64,
    MAX_PIECES = 62,
    MAX_WRITES = 4, ///< per flush; more than one only when a write had no room for all vectors
};

/// A part of the output that comes from one place.
typedef struct piece {
    sr_attachment *attachment; ///< NULL: private bytes
    uint64_t from, until;      ///< numbers of its events
    size_t count;
} piece;

typedef struct plan {
    struct iovec vectors[MAX_VECTORS];
    piece pieces[MAX_PIECES];
    size_t vector_count, piece_count, bytes;
} plan;

// MARK: - Order

/// Place in the merge. Events of one attachment are in order of their stamps, which decide among equal places.
typedef struct place {
    uint64_t effective, stamp;
} place;

static const place the_end = {UINT64_MAX, UINT64_MAX};

static place event_place(const sr_attachment *attachment, uint64_t number) {
    return (place){sr_attachment_stamp(attachment, number), sr_topic_event_stamp(attachment->topic, number)};
}

/// Private bytes go before an event of the same effective place: what was written when it was attached comes first.
static place private_place(const sr_private *bytes) {
    return (place){bytes->stamp, 0};
}

static bool is_before(place a, place b) {
    return a.effective != b.effective ? a.effective < b.effective : a.stamp < b.stamp;
}

/// The attachment whose next event comes first, and the place of the first event of any other.
static sr_attachment *first_of(const sr_client *client, place *first, place *second) {
    sr_attachment *result = NULL;
    *first = *second = the_end;
    for (sr_attachment *each = client->pending; each; each = each->next_pending) {
        if (each->next >= sr_attachment_limit(each))
            continue;
        place here = event_place(each, each->next);
        if (is_before(here, *first)) {
            *second = *first;
            *first = here;
            result = each;
        } else if (is_before(here, *second)) {
            *second = here;
        }
    }
    return result;
}

/// Number behind the last event that comes before `bound`; at least one does.
static uint64_t run_until(const sr_attachment *attachment, place bound) {
    uint64_t low = attachment->next + 1, high = sr_attachment_limit(attachment);
    if (low >= high || is_before(event_place(attachment, high - 1), bound))
        return high;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (is_before(event_place(attachment, middle), bound))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// MARK: - Gathering

static void add_vector(plan *plan, const uint8_t *base, size_t count) {
    plan->vectors[plan->vector_count++] = (struct iovec){.iov_base = (void *)(uintptr_t)base, .iov_len = count};
}

static void add_private(plan *plan, const sr_private *bytes) {
    size_t count = bytes->count - bytes->sent;
    add_vector(plan, bytes->bytes + bytes->sent, count);
    plan->pieces[plan->piece_count++] = (piece){.count = count};
    plan->bytes += count;
}

/// A run of events is one range of the ring, or two where it wraps. Moves the attachment's cursor on approval.
static void add_run(plan *plan, sr_attachment *attachment, uint64_t until) {
    const sr_topic *topic = attachment->topic;
    uint64_t start = sr_topic_event_start(topic, attachment->next);
    size_t count = sr_topic_event_start(topic, until) - start;
    size_t offset = start & (topic->byte_capacity - 1);
    size_t until_wrap = topic->byte_capacity - offset;
    size_t head = count < until_wrap ? count : until_wrap;
    add_vector(plan, topic->bytes + offset, head);
    if (count > head)
        add_vector(plan, topic->bytes, count - head);
    plan->pieces[plan->piece_count++] =
        (piece){.attachment = attachment, .from = attachment->next, .until = until, .count = count};
    plan->bytes += count;
    attachment->next = until;
}

/// Returns whether everything found room.
static bool gather(sr_client *client, plan *plan) {
    plan->vector_count = plan->piece_count = plan->bytes = 0;
    const sr_private *bytes = client->private_first;
    while (plan->vector_count + 2 <= MAX_VECTORS && plan->piece_count < MAX_PIECES) {
        place first, second, own = bytes ? private_place(bytes) : the_end;
        sr_attachment *attachment = first_of(client, &first, &second);
        if (bytes && !is_before(first, own)) {
            add_private(plan, bytes);
            bytes = bytes->next;
        } else if (attachment) {
            add_run(plan, attachment, run_until(attachment, is_before(own, second) ? own : second));
        } else {
            return true;
        }
    }
    return false;
}

// MARK: - Accounting

static void count_delivered(sr_client *client, uint64_t events) {
    client->delivered += events;
    client->fanout->stats.delivered += events;
}

/// Copies `count` bytes out of the ring and puts them in front of all: the log may drop the event before its rest has
/// been sent, and cutting an event in two is not possible.
static void keep_rest(sr_client *client, const sr_topic *topic, uint64_t position, size_t count) {
    size_t offset = position & (topic->byte_capacity - 1);
    size_t until_wrap = topic->byte_capacity - offset;
    size_t head = count < until_wrap ? count : until_wrap;
    // In front means that what is written later comes before it.
    if (count > head)
        sr_client_write_rest(client, topic->bytes, count - head);
    sr_client_write_rest(client, topic->bytes + offset, head);
}

static void run_was_cut(sr_client *client, const piece *cut, size_t sent) {
    const sr_topic *topic = cut->attachment->topic;
    uint64_t position = sr_topic_event_start(topic, cut->from) + sent;
    uint64_t number = sr_topic_event_at(topic, position);
    size_t done = position - sr_topic_event_start(topic, number);
    if (done > 0) {
        number++;
        keep_rest(client, topic, position, sr_topic_event_start(topic, number) - position);
    }
    cut->attachment->next = number;
    count_delivered(client, number - cut->from);
}

/// Moves everything on by what was sent, and back by what was not.
static void settle_accounts(sr_client *client, const plan *plan, size_t sent) {
    size_t whole = 0;
    for (; whole < plan->piece_count && sent >= plan->pieces[whole].count; whole++) {
        const piece *each = &plan->pieces[whole];
        sent -= each->count;
        if (each->attachment)
            count_delivered(client, each->until - each->from);
        else
            sr_client_private_was_sent(client, each->count);
    }
    for (size_t i = plan->piece_count; i > whole; i--)
        if (plan->pieces[i - 1].attachment)
            plan->pieces[i - 1].attachment->next = plan->pieces[i - 1].from;
    if (sent > 0) {
        const piece *cut = &plan->pieces[whole];
        if (cut->attachment)
            run_was_cut(client, cut, sent);
        else
            sr_client_private_was_sent(client, sent);
    }
    sr_attachment *next;
    for (sr_attachment *each = client->pending; each; each = next) {
        next = each->next_pending;
        sr_attachment_advance(each, each->next);
    }
}

ssize_t sr_client_send(sr_client *client, struct iovec *pieces, size_t count) {
    sr_fanout *fanout = client->fanout;
    ssize_t sent;
    if (count == 1) { // the usual case, and the cheaper call
        sent = send(client->fd, pieces->iov_base, pieces->iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    } else {
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
        sent = sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    fanout->stats.sends++;
    if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
        return 0;
    if (sent < 0) {
        // A frozen reader whose kernel still answers ends with ETIMEDOUT, by TCP_USER_TIMEOUT.
        sr_client_close(client, errno == ETIMEDOUT ? SR_CLIENT_STALLED : SR_CLIENT_CLOSED);
        return -1;
    }
    if (sent > 0)
        client->last_sent = client->last_progress = fanout->tick;
    client->bytes_sent += (uint64_t)sent;
    fanout->stats.bytes_sent += (uint64_t)sent;
    return sent;
}

// MARK: - Flushing

bool sr_client_is_drained(const sr_client *client) {
    return !client->pending && !client->private_first;
}

static void when_drained(sr_client *client) {
    sr_fanout *fanout = client->fanout;
    if (client->notify_drained) {
        client->notify_drained = false;
        fanout->callbacks.on_drained(fanout->context, client->named.id);
    }
    if (client->finishing && !client->gone && sr_client_is_drained(client))
        sr_client_close(client, SR_CLIENT_FINISHED);
}

void sr_client_flush(sr_client *client, bool slow) {
    for (int writes = 0; writes < MAX_WRITES && !client->gone; writes++) {
        sr_client_skip_lost(client, slow);
        if (client->gone)
            return;
        plan plan;
        bool all = gather(client, &plan);
        if (plan.bytes == 0) {
            when_drained(client);
            return;
        }
        ssize_t sent = sr_client_send(client, plan.vectors, plan.vector_count);
        if (sent < 0)
            return;
        settle_accounts(client, &plan, (size_t)sent);
        if ((size_t)sent < plan.bytes) {
            sr_client_block(client);
            return;
        }
        if (all) {
            when_drained(client);
            return;
        }
        slow = false; // the socket takes all it gets
    }
    if (!client->gone)
        sr_fanout_queue(client);
}
