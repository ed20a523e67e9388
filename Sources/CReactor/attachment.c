#include "fanout.h"

uint64_t sr_attachment_limit(const sr_attachment *attachment) {
    uint64_t next = attachment->topic->next;
    return attachment->end < next ? attachment->end : next;
}

uint64_t sr_attachment_stamp(const sr_attachment *attachment, uint64_t number) {
    uint64_t stamp = sr_topic_event_stamp(attachment->topic, number);
    return stamp > attachment->floor ? stamp : attachment->floor;
}

/// What was in the log when the client was attached is a replay, which only the log itself limits.
static bool is_replay(const sr_attachment *attachment, uint64_t number, uint64_t limit) {
    return number < limit && sr_topic_event_stamp(attachment->topic, number) <= attachment->floor;
}

static uint64_t within_bounds(const sr_attachment *attachment, uint64_t from, uint64_t limit) {
    const sr_topic *topic = attachment->topic;
    if (limit - from > attachment->max_events)
        from = limit - attachment->max_events;
    uint64_t end = sr_topic_event_start(topic, limit);
    if (end - sr_topic_event_start(topic, from) <= attachment->max_bytes)
        return from;
    // The first event that begins within the last max_bytes; the newest stays however long it is.
    uint64_t earliest = end - attachment->max_bytes;
    uint64_t number = sr_topic_event_at(topic, earliest);
    if (sr_topic_event_start(topic, number) < earliest)
        number++;
    return number < limit ? number : limit - 1;
}

uint64_t sr_attachment_target(const sr_attachment *attachment, bool slow) {
    const sr_topic *topic = attachment->topic;
    uint64_t limit = sr_attachment_limit(attachment);
    uint64_t held = attachment->next;
    if (held < topic->first)
        held = topic->first < limit ? topic->first : limit;
    uint64_t target = held;
    if (slow && target < limit && !is_replay(attachment, target, limit))
        target = within_bounds(attachment, target, limit);
    if (attachment->policy == SR_SLOW_CONFLATE && target > attachment->next && target < limit)
        target = topic->keys ? held : limit - 1;
    return target;
}

bool sr_attachment_is_over(const sr_attachment *attachment) {
    uint64_t limit = sr_attachment_limit(attachment);
    return !is_replay(attachment, attachment->next, limit) &&
           within_bounds(attachment, attachment->next, limit) > attachment->next;
}

/// Seq of the last event before `target`, which may have left the log.
static uint64_t seq_before(const sr_attachment *attachment, uint64_t target) {
    const sr_topic *topic = attachment->topic;
    if (target > topic->first)
        return sr_topic_event_seq(topic, target - 1);
    return target == attachment->end ? attachment->end_seq : topic->evicted_seq;
}

sr_behind sr_attachment_lost(const sr_attachment *attachment, uint64_t target) {
    sr_behind behind = {.topic_id = attachment->topic->named.id,
                        .missed = target - attachment->next,
                        .first_seq = attachment->next_seq,
                        .last_seq = seq_before(attachment, target),
                        .label = attachment->label};
    if (attachment->policy != SR_SLOW_CONFLATE)
        return behind;
    if (!attachment->topic->keys)
        behind.missed = 0;
    else if (attachment->end == UINT64_MAX) // else what replaces them may come after the end
        sr_topic_forgive_replaced(attachment->topic, attachment->next, target, &behind);
    return behind;
}

void sr_attachment_make_pending(sr_attachment *attachment, uint64_t seq) {
    sr_client *client = attachment->client;
    attachment->pending = true;
    attachment->next_seq = seq;
    attachment->next_pending = client->pending;
    client->pending = attachment;
    if (!sr_client_is_blocked(client))
        sr_fanout_queue(client);
}

static void end_pending(sr_attachment *attachment) {
    sr_attachment **link = &attachment->client->pending;
    while (*link != attachment)
        link = &(*link)->next_pending;
    *link = attachment->next_pending;
    attachment->pending = false;
}

void sr_attachment_advance(sr_attachment *attachment, uint64_t next) {
    attachment->next = next;
    if (next < sr_attachment_limit(attachment))
        attachment->next_seq = sr_topic_event_seq(attachment->topic, next);
    else if (next >= attachment->end)
        sr_attachment_free(attachment);
    else
        end_pending(attachment);
}

void sr_attachment_detach(sr_attachment *attachment) {
    sr_topic *topic = attachment->topic;
    sr_topic_settle(topic);
    attachment->end = topic->next;
    attachment->end_seq = topic->last_seq;
    topic->client_count--;
    if (!attachment->pending)
        sr_attachment_free(attachment);
}

void sr_attachment_free(sr_attachment *attachment) {
    if (attachment->pending)
        end_pending(attachment);
    sr_attachment **link = &attachment->client->attachments;
    while (*link != attachment)
        link = &(*link)->next_of_client;
    *link = attachment->next_of_client;
    LIST_REMOVE(attachment, topic_entry);
    sr_topic *topic = attachment->topic;
    if (attachment->end == UINT64_MAX)
        topic->client_count--;
    free(attachment);
    sr_topic_free_if_closed(topic);
}
