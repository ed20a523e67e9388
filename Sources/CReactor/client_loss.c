// What a slow client has lost, and that it hears of it.
#include "fanout.h"

static void report_behind(sr_client *client, const sr_behind *behind, uint64_t insert_stamp) {
    sr_fanout *fanout = client->fanout;
    client->insert_stamp = insert_stamp;
    fanout->callbacks.on_behind(fanout->context, client, client->named.id, behind);
    client->insert_stamp = 0;
}

static void lose(sr_client *client, sr_attachment *attachment, uint64_t target) {
    sr_behind behind = sr_attachment_lost(attachment, target);
    uint8_t policy = attachment->policy;
    uint64_t limit = sr_attachment_limit(attachment);
    uint64_t stamp = target < limit ? sr_attachment_stamp(attachment, target) : client->fanout->clock;
    if (sr_attachment_conflates_by_key(attachment))
        attachment->conflate_until = limit;
    if (policy == SR_SLOW_CONFLATE)
        sr_client_count_conflated(client, target - attachment->next - behind.missed);
    sr_attachment_advance(attachment, target); // may free it
    if (behind.missed == 0)
        return;
    if (policy != SR_SLOW_GIVE_BACK) {
        client->dropped += behind.missed;
        client->fanout->stats.dropped += behind.missed;
    }
    report_behind(client, &behind, stamp);
}

/// It has lost nothing and skips nothing: the usual case.
static bool keeps_up(const sr_attachment *attachment, bool slow) {
    return !slow && attachment->next >= attachment->topic->first && attachment->next >= attachment->conflate_until;
}

/// Callbacks may change every list, so the search begins anew after each loss. It ends: what was lost once is behind
/// the cursor. Everything is settled afterwards, so a cursor never stands among events that are not.
void sr_client_skip_lost(sr_client *client, bool slow) {
    sr_fanout_settle(client->fanout);
    sr_attachment *each = client->pending;
    while (each && !client->gone) {
        if (keeps_up(each, slow)) {
            each = each->next_pending;
            continue;
        }
        uint64_t target = sr_attachment_target(each, slow);
        if (target > each->next) {
            lose(client, each, target);
            sr_fanout_settle(client->fanout);
            each = client->pending;
        } else {
            sr_attachment_conflate(each, slow);
            each = each->next_pending;
        }
    }
}
