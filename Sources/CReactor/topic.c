#include "fanout.h"

#include <string.h>

enum { INITIAL_BYTES = 4096, INITIAL_EVENTS = 16 };

// MARK: - Rings

static sr_topic_event *event_at(const sr_topic *topic, uint64_t number) {
    return &topic->events[number & (topic->event_capacity - 1)];
}

static size_t power_of_two(size_t start, size_t needed) {
    size_t capacity = start;
    while (capacity < needed)
        capacity *= 2;
    return capacity;
}

/// Copies into a ring at a position; the caller has made sure that there is room.
static void ring_put(uint8_t *ring, size_t capacity, uint64_t position, const uint8_t *bytes, size_t count) {
    size_t offset = position & (capacity - 1);
    size_t until_wrap = capacity - offset;
    size_t head = count < until_wrap ? count : until_wrap;
    memcpy(ring + offset, bytes, head);
    memcpy(ring, bytes + head, count - head);
}

static void grow_bytes(sr_topic *topic, size_t needed) {
    size_t capacity = power_of_two(INITIAL_BYTES, needed);
    if (capacity <= topic->byte_capacity)
        return;
    uint8_t *bytes = sr_allocate(capacity);
    size_t held = topic->end - topic->start;
    if (held > 0) {
        size_t offset = topic->start & (topic->byte_capacity - 1);
        size_t until_wrap = topic->byte_capacity - offset;
        size_t head = held < until_wrap ? held : until_wrap;
        ring_put(bytes, capacity, topic->start, topic->bytes + offset, head);
        ring_put(bytes, capacity, topic->start + head, topic->bytes, held - head);
    }
    free(topic->bytes);
    topic->fanout->stats.topic_bytes += capacity - topic->byte_capacity;
    topic->bytes = bytes;
    topic->byte_capacity = capacity;
}

static void grow_events(sr_topic *topic, size_t needed) {
    size_t capacity = power_of_two(INITIAL_EVENTS, needed);
    if (capacity <= topic->event_capacity)
        return;
    sr_topic_event *events = sr_allocate(capacity * sizeof *events);
    for (uint64_t number = topic->first; number < topic->next; number++)
        events[number & (capacity - 1)] = *event_at(topic, number);
    free(topic->events);
    size_t old_capacity = topic->event_capacity;
    topic->fanout->stats.topic_bytes += (capacity - old_capacity) * sizeof *events;
    topic->events = events;
    topic->event_capacity = capacity;
    sr_topic_grow_keys(topic, old_capacity);
}

static void evict_one(sr_topic *topic) {
    const sr_topic_event *oldest = event_at(topic, topic->first);
    topic->evicted_seq = oldest->seq;
    topic->start = oldest->end;
    topic->first++;
}

/// Nobody has to be told: a client whose cursor is left behind finds out when it is its turn.
static void make_room(sr_topic *topic, size_t count) {
    while (topic->first < topic->next &&
           (topic->next - topic->first >= topic->max_events || topic->end - topic->start + count > topic->max_bytes))
        evict_one(topic);
    grow_bytes(topic, topic->end - topic->start + count);
    grow_events(topic, topic->next - topic->first + 1);
}

// MARK: - Looking up

uint64_t sr_topic_event_seq(const sr_topic *topic, uint64_t number) {
    return event_at(topic, number)->seq;
}

uint64_t sr_topic_event_stamp(const sr_topic *topic, uint64_t number) {
    return event_at(topic, number)->stamp;
}

uint64_t sr_topic_event_start(const sr_topic *topic, uint64_t number) {
    return number == topic->first ? topic->start : event_at(topic, number - 1)->end;
}

uint64_t sr_topic_after(const sr_topic *topic, uint64_t seq) {
    uint64_t low = topic->first, high = topic->next;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (event_at(topic, middle)->seq > seq)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

uint64_t sr_topic_event_at(const sr_topic *topic, uint64_t position) {
    uint64_t low = topic->first, high = topic->next;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (event_at(topic, middle)->end > position)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void sr_topic_range(const sr_topic *topic, uint64_t *first_seq, uint64_t *last_seq) {
    bool empty = topic->first == topic->next;
    *first_seq = empty ? 0 : event_at(topic, topic->first)->seq;
    *last_seq = empty ? 0 : topic->last_seq;
}

size_t sr_topic_client_count(const sr_topic *topic) {
    return topic->client_count;
}

// MARK: - Appending

static void mark_dirty(sr_topic *topic) {
    if (topic->fresh < topic->next)
        return;
    topic->fresh_seq = topic->last_seq;
    TAILQ_INSERT_TAIL(&topic->fanout->dirty_topics, topic, dirty_entry);
    sr_fanout_schedule(topic->fanout);
}

bool sr_topic_append_keyed(sr_topic *topic, uint64_t seq, uint64_t key, const uint8_t *bytes, size_t count) {
    if (count == 0 || (topic->next > 0 && seq <= topic->last_seq)) {
        topic->fanout->stats.skipped++;
        return false;
    }
    make_room(topic, count);
    ring_put(topic->bytes, topic->byte_capacity, topic->end, bytes, count);
    topic->end += count;
    *event_at(topic, topic->next) = (sr_topic_event){.seq = seq, .stamp = ++topic->fanout->clock, .end = topic->end};
    if (key != 0 || topic->keys)
        sr_topic_note_key(topic, key, seq);
    topic->last_seq = seq;
    mark_dirty(topic);
    topic->next++;
    return true;
}

bool sr_topic_append(sr_topic *topic, uint64_t seq, const uint8_t *bytes, size_t count) {
    return sr_topic_append_keyed(topic, seq, 0, bytes, count);
}

void sr_topic_settle(sr_topic *topic) {
    if (topic->fresh == topic->next)
        return;
    TAILQ_REMOVE(&topic->fanout->dirty_topics, topic, dirty_entry);
    sr_attachment *attachment;
    // Whoever is not pending had everything before the first fresh event.
    LIST_FOREACH(attachment, &topic->attachments, topic_entry)
    if (!attachment->pending && attachment->end > attachment->next)
        sr_attachment_make_pending(attachment, topic->fresh_seq);
    topic->fresh = topic->next;
}

// MARK: - Life

sr_topic *sr_topic_ensure(sr_fanout *fanout, uint64_t topic_id, size_t max_bytes, size_t max_events) {
    sr_topic *topic = sr_topic_find(fanout, topic_id);
    if (!topic) {
        topic = sr_allocate(sizeof *topic);
        *topic = (sr_topic){.named.id = topic_id, .fanout = fanout};
        LIST_INIT(&topic->attachments);
        sr_registry_add(&fanout->topics, &topic->named);
    }
    topic->closing = false;
    topic->max_bytes = max_bytes;
    topic->max_events = max_events > 0 ? max_events : 1;
    return topic;
}

void sr_topic_close(sr_topic *topic) {
    topic->closing = false;
    sr_attachment *next;
    for (sr_attachment *each = LIST_FIRST(&topic->attachments); each; each = next) {
        next = LIST_NEXT(each, topic_entry);
        if (each->end == UINT64_MAX)
            sr_attachment_detach(each);
    }
    topic->closing = true; // not before, or the last of them would take the topic along
    sr_topic_free_if_closed(topic);
}

void sr_topic_free_if_closed(sr_topic *topic) {
    if (topic->closing && LIST_EMPTY(&topic->attachments))
        sr_topic_free(topic);
}

void sr_topic_free(sr_topic *topic) {
    sr_fanout *fanout = topic->fanout;
    topic->closing = false; // nobody else frees it
    sr_attachment *attachment;
    while ((attachment = LIST_FIRST(&topic->attachments)))
        sr_attachment_free(attachment);
    if (topic->fresh < topic->next)
        TAILQ_REMOVE(&fanout->dirty_topics, topic, dirty_entry);
    sr_registry_remove(&fanout->topics, &topic->named);
    fanout->stats.topic_bytes -= topic->byte_capacity + topic->event_capacity * sizeof *topic->events;
    sr_topic_free_keys(topic);
    free(topic->bytes);
    free(topic->events);
    free(topic);
}
