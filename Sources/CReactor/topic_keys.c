// Which events of a log a newer one of the same key replaces. Only a topic whose events have keys pays for it.
#include "fanout.h"

#include <string.h>

/// Number and seq of the newest event of a key, which may have left the log.
typedef struct newest {
    uint64_t key; ///< 0: the slot is free
    uint64_t number, seq;
} newest;

/// Both arrays are as large as the ring of events makes them.
struct sr_topic_keys {
    uint64_t *newer; ///< a ring like `events`: number of the next event of the same key; 0 while there is none
    newest *slots;   ///< a hash table, twice as many as there may be events; three quarters are used at most
    size_t used;
    uint64_t unknown; ///< of events with lower numbers that have left, nothing says what replaces them
    uint64_t unknown_seq;
};

static size_t slot_count(const sr_topic *topic) {
    return 2 * topic->event_capacity;
}

static size_t memory(size_t event_capacity) {
    return event_capacity * (sizeof(uint64_t) + 2 * sizeof(newest));
}

/// The key's slot, or the free one that it would get.
static newest *find(const sr_topic *topic, uint64_t key) {
    size_t mask = slot_count(topic) - 1;
    size_t index = (key * 0x9E3779B97F4A7C15u) >> 32 & mask;
    while (topic->keys->slots[index].key != 0 && topic->keys->slots[index].key != key)
        index = (index + 1) & mask;
    return &topic->keys->slots[index];
}

static newest *new_slots(const sr_topic *topic) {
    newest *slots = sr_allocate(slot_count(topic) * sizeof *slots);
    memset(slots, 0, slot_count(topic) * sizeof *slots);
    return slots;
}

/// Takes over those of the old slots whose number is at least `from`, and frees them.
static void refill(sr_topic *topic, newest *old, size_t old_count, uint64_t from) {
    sr_topic_keys *keys = topic->keys;
    keys->slots = new_slots(topic);
    keys->used = 0;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].key == 0 || old[i].number < from)
            continue;
        *find(topic, old[i].key) = old[i];
        keys->used++;
    }
    free(old);
}

static void make_keys(sr_topic *topic) {
    topic->keys = sr_allocate(sizeof *topic->keys);
    *topic->keys = (sr_topic_keys){.newer = sr_allocate(topic->event_capacity * sizeof(uint64_t)),
                                   .slots = new_slots(topic),
                                   .unknown = topic->next,
                                   .unknown_seq = topic->last_seq};
    memset(topic->keys->newer, 0, topic->event_capacity * sizeof(uint64_t));
    topic->fanout->stats.topic_bytes += memory(topic->event_capacity);
}

void sr_topic_note_key(sr_topic *topic, uint64_t key, uint64_t seq) {
    if (!topic->keys)
        make_keys(topic);
    sr_topic_keys *keys = topic->keys;
    keys->newer[topic->next & (topic->event_capacity - 1)] = 0;
    if (key == 0) {
        keys->unknown = topic->next + 1;
        keys->unknown_seq = seq;
        return;
    }
    newest *slot = find(topic, key);
    if (slot->key == 0 && keys->used >= slot_count(topic) / 4 * 3) {
        // Keys without an event in the log are forgotten: what is held takes half of the slots at most.
        refill(topic, keys->slots, slot_count(topic), topic->first);
        slot = find(topic, key);
        if (keys->unknown < topic->first) {
            keys->unknown = topic->first;
            keys->unknown_seq = topic->evicted_seq;
        }
    }
    if (slot->key == 0)
        keys->used++;
    else if (slot->number >= topic->first)
        keys->newer[slot->number & (topic->event_capacity - 1)] = topic->next;
    *slot = (newest){key, topic->next, seq};
}

void sr_topic_grow_keys(sr_topic *topic, size_t old_capacity) {
    sr_topic_keys *keys = topic->keys;
    if (!keys)
        return;
    uint64_t *newer = sr_allocate(topic->event_capacity * sizeof *newer);
    for (uint64_t number = topic->first; number < topic->next; number++)
        newer[number & (topic->event_capacity - 1)] = keys->newer[number & (old_capacity - 1)];
    free(keys->newer);
    keys->newer = newer;
    refill(topic, keys->slots, 2 * old_capacity, 0);
    topic->fanout->stats.topic_bytes += memory(topic->event_capacity) - memory(old_capacity);
}

void sr_topic_free_keys(sr_topic *topic) {
    if (!topic->keys)
        return;
    topic->fanout->stats.topic_bytes -= memory(topic->event_capacity);
    free(topic->keys->newer);
    free(topic->keys->slots);
    free(topic->keys);
    topic->keys = NULL;
}

bool sr_topic_is_replaced(const sr_topic *topic, uint64_t number, uint64_t limit) {
    uint64_t newer = topic->keys->newer[number & (topic->event_capacity - 1)];
    return newer != 0 && newer < limit;
}

void sr_topic_forgive_replaced(const sr_topic *topic, uint64_t from, uint64_t until, sr_behind *behind) {
    const sr_topic_keys *keys = topic->keys;
    if (keys->unknown >= until)
        return;
    uint64_t known = from > keys->unknown ? from : keys->unknown;
    bool some_unknown = known > from;
    uint64_t first = some_unknown ? behind->first_seq : UINT64_MAX, last = some_unknown ? keys->unknown_seq : 0;
    behind->missed = known - from;
    for (const newest *slot = keys->slots; slot < keys->slots + slot_count(topic); slot++) {
        if (slot->key == 0 || slot->number < known || slot->number >= until)
            continue;
        behind->missed++;
        first = slot->seq < first ? slot->seq : first;
        last = slot->seq > last ? slot->seq : last;
    }
    behind->first_seq = first;
    behind->last_seq = last;
}
