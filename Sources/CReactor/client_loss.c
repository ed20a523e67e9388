// What a slow client has lost, and that it hears of it.
#include "fanout.h"

static void report_behind(sr_client *client, const sr_behind *behind, uint64_t insert_stamp) {
    sr_fanout *fanout = client->fanout;
    client->insert_stamp = insert_stamp;
    fanout->callbacks.on_behind(fanout->context, client, client->named.id, behind);
    client->insert_stamp = 0;
}

/// Seq of the last event before `target`, which may have left the log.
static uint64_t seq_before(const sr_attachment *attachment, uint64_t target) {
    const sr_topic *topic = attachment->topic;
    if (target > topic->first)
        return sr_topic_event_seq(topic, target - 1);
    return target == attachment->end ? attachment->end_seq : topic->evicted_seq;
}

static void lose(sr_client *client, sr_attachment *attachment, uint64_t target) {
    sr_behind behind = {.topic_id = attachment->topic->named.id,
                        .missed = target - attachment->next,
                        .first_seq = attachment->next_seq,
                        .last_seq = seq_before(attachment, target),
                        .label = attachment->label};
    uint8_t policy = attachment->policy;
    bool more = target < sr_attachment_limit(attachment);
    uint64_t stamp = more ? sr_attachment_stamp(attachment, target) : client->fanout->clock;
    sr_attachment_advance(attachment, target); // may free it
    if (policy == SR_SLOW_CONFLATE) {
        client->conflated += behind.missed;
        client->fanout->stats.conflated += behind.missed;
        return;
    }
    if (policy == SR_SLOW_DROP_OLDEST) {
        client->dropped += behind.missed;
        client->fanout->stats.dropped += behind.missed;
    }
    report_behind(client, &behind, stamp);
}

/// Callbacks may change every list, so the search begins anew after each loss. It ends: what was lost once is behind
/// the cursor. Everything is settled afterwards, so a cursor never stands among events that are not.
void sr_client_skip_lost(sr_client *client, bool slow) {
    sr_fanout_settle(client->fanout);
    sr_attachment *each = client->pending;
    while (each && !client->gone) {
        uint64_t target = sr_attachment_target(each, slow);
        if (target > each->next) {
            lose(client, each, target);
            sr_fanout_settle(client->fanout);
            each = client->pending;
        } else {
            each = each->next_pending;
        }
    }
}
