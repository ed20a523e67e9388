// A slow client of a topic with keys: of what waits for it, the newest event of each key stays.
//
// Once the backlog was over its bounds, all of it is conflated, as far as it reached then (`conflate_until`), in
// however many writes it goes out; which events a newer one replaces is looked up when it is their turn.
#include "fanout.h"

bool sr_attachment_conflates_by_key(const sr_attachment *attachment) {
    return attachment->policy == SR_SLOW_CONFLATE && attachment->topic->keys;
}

uint64_t sr_attachment_skip(sr_attachment *attachment) {
    uint64_t from = attachment->next, limit = sr_attachment_limit(attachment);
    uint64_t until = attachment->conflate_until < limit ? attachment->conflate_until : limit;
    while (attachment->next < until && sr_topic_is_replaced(attachment->topic, attachment->next, limit))
        attachment->next++;
    return attachment->next - from;
}

uint64_t sr_attachment_run_end(const sr_attachment *attachment, uint64_t until) {
    uint64_t limit = sr_attachment_limit(attachment), number = attachment->next + 1;
    while (number < until && number < attachment->conflate_until &&
           !sr_topic_is_replaced(attachment->topic, number, limit))
        number++;
    return number < attachment->conflate_until ? number : until;
}

void sr_client_count_conflated(sr_client *client, uint64_t events) {
    client->conflated += events;
    client->fanout->stats.conflated += events;
}

void sr_attachment_conflate(sr_attachment *attachment, bool slow) {
    if (!sr_attachment_conflates_by_key(attachment))
        return;
    if (slow && sr_attachment_is_over(attachment))
        attachment->conflate_until = sr_attachment_limit(attachment);
    uint64_t skipped = sr_attachment_skip(attachment);
    if (skipped == 0)
        return;
    sr_client_count_conflated(attachment->client, skipped);
    sr_attachment_advance(attachment, attachment->next); // the last one is replaced by nothing, so this is not the end
}

uint64_t sr_attachment_replaced(const sr_attachment *attachment, uint64_t from, bool slow, uint64_t *bytes) {
    const sr_topic *topic = attachment->topic;
    uint64_t limit = sr_attachment_limit(attachment), until = attachment->conflate_until, events = 0;
    *bytes = 0;
    if (!sr_attachment_conflates_by_key(attachment))
        return 0;
    if (from > attachment->next || (slow && sr_attachment_is_over(attachment)))
        until = limit;
    for (uint64_t number = from; number < until && number < limit; number++) {
        if (!sr_topic_is_replaced(topic, number, limit))
            continue;
        events++;
        *bytes += sr_topic_event_start(topic, number + 1) - sr_topic_event_start(topic, number);
    }
    return events;
}
