// In what order things go out: the merge of a client's topics and its private bytes.
#include "fanout.h"

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

/// There is nothing to merge: the usual case.
static bool only_turn(sr_attachment *attachment, sr_turn *turn) {
    *turn = (sr_turn){attachment, sr_attachment_limit(attachment)};
    return attachment->next < turn->until;
}

bool sr_client_turn(const sr_client *client, const sr_private *own, sr_turn *turn) {
    if (!own && client->pending && !client->pending->next_pending)
        return only_turn(client->pending, turn);
    place first, second, of_own = own ? private_place(own) : the_end;
    sr_attachment *attachment = first_of(client, &first, &second);
    if (own && !is_before(first, of_own)) {
        *turn = (sr_turn){.attachment = NULL};
        return true;
    }
    if (!attachment)
        return false;
    *turn = (sr_turn){attachment, run_until(attachment, is_before(of_own, second) ? of_own : second)};
    return true;
}
