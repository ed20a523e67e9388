// What a client lacks, gathered into one write.
#include "client_plan.h"

#include <errno.h>
#include <sys/socket.h>

enum { MAX_WRITES = 4 }; ///< per flush; more than one only when a write had no room for all vectors

// MARK: - Gathering

static void add_vector(sr_plan *plan, const uint8_t *base, size_t count) {
    plan->vectors[plan->vector_count++] = (struct iovec){.iov_base = (void *)(uintptr_t)base, .iov_len = count};
}

static void add_private(sr_plan *plan, const sr_private *bytes) {
    size_t count = bytes->count - bytes->sent;
    add_vector(plan, bytes->bytes + bytes->sent, count);
    plan->pieces[plan->piece_count++] = (sr_piece){.count = count, .own_count = count};
    plan->bytes += count;
}

/// A run of events is one range of the ring, or two where it wraps. Moves the attachment's cursor on approval.
static void add_run(sr_plan *plan, sr_attachment *attachment, uint64_t until) {
    const sr_topic *topic = attachment->topic;
    bool conflates = attachment->next < attachment->conflate_until;
    if (conflates)
        until = sr_attachment_run_end(attachment, until);
    uint64_t start = sr_topic_event_start(topic, attachment->next);
    size_t count = sr_topic_event_start(topic, until) - start;
    size_t offset = start & (topic->byte_capacity - 1);
    size_t until_wrap = topic->byte_capacity - offset;
    size_t head = count < until_wrap ? count : until_wrap;
    add_vector(plan, topic->bytes + offset, head);
    if (count > head)
        add_vector(plan, topic->bytes, count - head);
    plan->pieces[plan->piece_count++] =
        (sr_piece){.attachment = attachment, .from = attachment->next, .until = until, .count = count};
    plan->bytes += count;
    attachment->next = until;
    if (conflates)
        plan->pieces[plan->piece_count - 1].skipped = sr_attachment_skip(attachment);
}

/// Returns whether everything found room.
static bool gather(sr_client *client, sr_plan *plan) {
    plan->vector_count = plan->piece_count = plan->bytes = 0;
    if (client->positions)
        return sr_compose(client, plan);
    const sr_private *own = client->private_first;
    sr_turn turn;
    while (plan->vector_count + 2 <= SR_PLAN_VECTORS && plan->piece_count < SR_PLAN_PIECES) {
        if (!sr_client_turn(client, own, &turn))
            return true;
        if (turn.attachment) {
            add_run(plan, turn.attachment, turn.until);
        } else {
            add_private(plan, own);
            own = own->next;
        }
    }
    return false;
}

// MARK: - Accounting

void sr_client_count_delivered(sr_client *client, uint64_t events) {
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

static void run_was_cut(sr_client *client, const sr_piece *cut, size_t sent) {
    const sr_topic *topic = cut->attachment->topic;
    uint64_t position = sr_topic_event_start(topic, cut->from) + sent;
    uint64_t number = sr_topic_event_at(topic, position);
    size_t done = position - sr_topic_event_start(topic, number);
    if (done > 0) {
        number++;
        keep_rest(client, topic, position, sr_topic_event_start(topic, number) - position);
    }
    cut->attachment->next = number;
    sr_client_count_delivered(client, number - cut->from);
}

static void was_sent(sr_client *client, const sr_piece *piece) {
    if (piece->skipped > 0)
        sr_client_count_conflated(client, piece->skipped);
    if (piece->attachment)
        sr_client_count_delivered(client, piece->until - piece->from);
    else
        sr_client_private_was_sent(client, piece->own_count);
}

static void was_cut(sr_client *client, const sr_plan *plan, const sr_piece *cut, size_t sent) {
    if (client->positions)
        sr_compose_was_cut(client, plan, cut, sent);
    else if (cut->attachment)
        run_was_cut(client, cut, sent);
    else
        sr_client_private_was_sent(client, sent);
}

/// Moves everything on by what was sent, and back by what was not.
static void settle_accounts(sr_client *client, const sr_plan *plan, size_t sent) {
    size_t whole = 0;
    for (; whole < plan->piece_count && sent >= plan->pieces[whole].count; whole++) {
        sent -= plan->pieces[whole].count;
        was_sent(client, &plan->pieces[whole]);
    }
    for (size_t i = plan->piece_count; i > whole; i--) {
        const sr_piece *each = &plan->pieces[i - 1];
        if (each->attachment)
            each->attachment->next = each->from;
        if (client->positions)
            sr_compose_take_back(client, each);
    }
    if (sent > 0)
        was_cut(client, plan, &plan->pieces[whole], sent);
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
        sr_plan plan;
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
