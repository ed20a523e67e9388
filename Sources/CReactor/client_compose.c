// Ids of its own for a client that reads several things on one connection: each says how far the client has got with
// all of them, so the last one that it has seen is enough to go on.
#include "client_plan.h"

#include <string.h>

enum {
    COMPOSED_BYTES = 64 * 1024, ///< per write, unless one event is longer
    MAX_DIGITS = 13,            ///< of 64 bits in base 36
    MAX_PREFIX = 32,
};

static const char id_field[] = "id: ";

/// How far a client has got with what bears the label. The first one of a client has no label (0).
typedef struct mark {
    uint64_t label, seq;
} mark;

struct sr_positions {
    char prefix[MAX_PREFIX];
    mark *marks;
    size_t count, capacity;
};

// MARK: - Positions

static size_t find_mark(const sr_positions *positions, uint64_t label) {
    size_t index = 0;
    while (index < positions->count && positions->marks[index].label != label)
        index++;
    return index;
}

static size_t ensure_mark(sr_positions *positions, uint64_t label) {
    size_t index = find_mark(positions, label);
    if (index < positions->count)
        return index;
    if (positions->count == positions->capacity) {
        positions->capacity = positions->capacity > 0 ? 2 * positions->capacity : 4;
        positions->marks = sr_reallocate(positions->marks, positions->capacity * sizeof(mark));
    }
    positions->marks[positions->count++] = (mark){.label = label};
    return index;
}

void sr_client_compose_ids(sr_client *client, const char *prefix, uint64_t seq) {
    if (client->gone || client->positions)
        return;
    sr_positions *positions = sr_allocate(sizeof *positions);
    *positions = (sr_positions){.count = 0};
    strncpy(positions->prefix, prefix, MAX_PREFIX - 1);
    client->positions = positions;
    sr_client_mark(client, 0, seq);
}

void sr_client_mark(sr_client *client, uint64_t label, uint64_t seq) {
    if (!client->positions)
        return;
    size_t index = ensure_mark(client->positions, label); // may move the marks
    client->positions->marks[index].seq = seq;
}

void sr_client_unmark(sr_client *client, uint64_t label) {
    sr_positions *positions = client->positions;
    if (!positions || label == 0)
        return;
    size_t index = find_mark(positions, label);
    if (index < positions->count) {
        positions->count--;
        memmove(&positions->marks[index], &positions->marks[index + 1], (positions->count - index) * sizeof(mark));
    }
    // What still goes out must not bring it back.
    for (sr_attachment *each = client->attachments; each; each = each->next_of_client)
        if (each->label == label)
            each->label = SR_UNLABELLED;
    for (sr_private *each = client->private_first; each; each = each->next)
        if (each->event.label == label)
            each->event.label = SR_UNLABELLED;
}

void sr_client_free_positions(sr_client *client) {
    if (client->positions)
        free(client->positions->marks);
    free(client->positions);
    client->positions = NULL;
}

// MARK: - Composing

static uint8_t *room_for(sr_fanout *fanout, size_t used, size_t count) {
    if (used + count > fanout->composed_capacity) {
        fanout->composed_capacity = used + count > COMPOSED_BYTES ? 2 * (used + count) : 2 * COMPOSED_BYTES;
        fanout->composed = sr_reallocate(fanout->composed, fanout->composed_capacity);
    }
    return fanout->composed + used;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t count) {
    memcpy(at, bytes, count);
    return at + count;
}

static uint8_t *put_number(uint8_t *at, uint64_t number) {
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    char text[MAX_DIGITS];
    size_t start = sizeof text;
    do {
        text[--start] = digits[number % 36];
        number /= 36;
    } while (number > 0);
    return put(at, text + start, sizeof text - start);
}

static size_t longest_id(const sr_positions *positions) {
    return sizeof id_field + MAX_PREFIX + positions->count * (2 * MAX_DIGITS + 2) + 1;
}

/// "id: <prefix><seq>[~<label>.<seq>]*" and the end of the line.
static uint8_t *put_id(uint8_t *at, const sr_positions *positions) {
    at = put(at, id_field, sizeof id_field - 1);
    at = put(at, positions->prefix, strlen(positions->prefix));
    at = put_number(at, positions->marks[0].seq);
    for (size_t index = 1; index < positions->count; index++) {
        if (positions->marks[index].seq == 0) // nothing of it has been sent
            continue;
        *at++ = '~';
        at = put_number(at, positions->marks[index].label);
        *at++ = '.';
        at = put_number(at, positions->marks[index].seq);
    }
    *at++ = '\n';
    return at;
}

/// An event as it is shared: the two parts of it where it wraps around the end of its ring.
typedef struct source {
    const uint8_t *head, *tail;
    size_t head_count, tail_count;
} source;

static uint8_t byte_at(const source *event, size_t index) {
    return index < event->head_count ? event->head[index] : event->tail[index - event->head_count];
}

/// Bytes of the id line that the event begins with; 0 when it moves no cursor and has none.
static size_t id_count(const source *event) {
    size_t count = event->head_count + event->tail_count, index = 0;
    for (; index < sizeof id_field - 1; index++)
        if (index >= count || byte_at(event, index) != (uint8_t)id_field[index])
            return 0;
    while (index < count && byte_at(event, index) != '\n')
        index++;
    return index < count ? index + 1 : 0;
}

static uint8_t *put_source(uint8_t *at, const source *event, size_t skipped) {
    if (skipped < event->head_count) {
        at = put(at, event->head + skipped, event->head_count - skipped);
        skipped = event->head_count;
    }
    size_t of_tail = skipped - event->head_count;
    return event->tail_count > of_tail ? put(at, event->tail + of_tail, event->tail_count - of_tail) : at;
}

/// Moves the position, and notes in the piece how it was.
static void move(sr_positions *positions, sr_piece *piece, uint64_t label, uint64_t seq) {
    if (label == SR_UNLABELLED)
        return;
    piece->mark = ensure_mark(positions, label);
    piece->previous = positions->marks[piece->mark].seq;
    piece->seq = positions->marks[piece->mark].seq = seq;
}

static void add(sr_client *client, sr_plan *plan, sr_piece piece, const source *event, uint64_t label, uint64_t seq) {
    size_t shared_id = id_count(event);
    piece.offset = plan->bytes;
    piece.mark = SR_NO_MARK;
    if (shared_id > 0)
        move(client->positions, &piece, label, seq);
    size_t most = longest_id(client->positions) + event->head_count + event->tail_count;
    uint8_t *start = room_for(client->fanout, plan->bytes, most), *at = start;
    if (shared_id > 0)
        at = put_id(at, client->positions);
    at = put_source(at, event, shared_id);
    piece.count = (size_t)(at - start);
    plan->bytes += piece.count;
    plan->pieces[plan->piece_count++] = piece;
}

static void add_private(sr_client *client, sr_plan *plan, const sr_private *own) {
    size_t count = own->count - own->sent;
    source bytes = {.head = own->bytes + own->sent, .head_count = count};
    sr_piece piece = {.own_count = count};
    if (own->is_event) {
        add(client, plan, piece, &bytes, own->event.label, own->event.seq);
        return;
    }
    piece.offset = plan->bytes;
    piece.mark = SR_NO_MARK;
    piece.count = count;
    put(room_for(client->fanout, plan->bytes, count), bytes.head, count);
    plan->bytes += count;
    plan->pieces[plan->piece_count++] = piece;
}

static void add_event(sr_client *client, sr_plan *plan, sr_attachment *attachment) {
    const sr_topic *topic = attachment->topic;
    uint64_t number = attachment->next, start = sr_topic_event_start(topic, number);
    size_t count = sr_topic_event_start(topic, number + 1) - start;
    size_t offset = start & (topic->byte_capacity - 1);
    size_t until_wrap = topic->byte_capacity - offset;
    source event = {topic->bytes + offset, topic->bytes, count < until_wrap ? count : until_wrap, 0};
    event.tail_count = count - event.head_count;
    sr_piece piece = {.attachment = attachment, .from = number, .until = number + 1};
    attachment->next++;
    if (attachment->next < attachment->conflate_until)
        piece.skipped = sr_attachment_skip(attachment);
    add(client, plan, piece, &event, attachment->label, sr_topic_event_seq(topic, number));
}

bool sr_compose(sr_client *client, sr_plan *plan) {
    const sr_private *own = client->private_first;
    sr_turn turn;
    bool all = false;
    while (!all && plan->piece_count < SR_PLAN_PIECES && plan->bytes < COMPOSED_BYTES) {
        if (!sr_client_turn(client, own, &turn)) {
            all = true;
        } else if (turn.attachment) {
            add_event(client, plan, turn.attachment);
        } else {
            add_private(client, plan, own);
            own = own->next;
        }
    }
    plan->vectors[plan->vector_count++] = (struct iovec){.iov_base = client->fanout->composed, .iov_len = plan->bytes};
    return all;
}

// MARK: - What was not sent

void sr_compose_take_back(sr_client *client, const sr_piece *piece) {
    if (piece->mark != SR_NO_MARK)
        client->positions->marks[piece->mark].seq = piece->previous;
}

void sr_compose_was_cut(sr_client *client, const sr_plan *plan, const sr_piece *cut, size_t sent) {
    if (cut->mark != SR_NO_MARK)
        client->positions->marks[cut->mark].seq = cut->seq;
    if (cut->attachment) {
        cut->attachment->next = cut->until;
        sr_client_count_delivered(client, 1);
    } else {
        sr_client_private_was_sent(client, cut->own_count);
    }
    const uint8_t *output = plan->vectors[0].iov_base;
    sr_client_write_rest(client, output + cut->offset + sent, cut->count - sent);
}
