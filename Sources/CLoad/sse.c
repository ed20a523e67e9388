// Server-sent events, as the HTML standard defines them, but with one line of data in each event. Works on whole events
// in place: nothing is allocated or copied for an event.
#include <string.h>

#include "engine.h"

typedef struct field {
    const char *start;
    size_t count;
} field;

/// The fields of one event that are of interest.
typedef struct event {
    field id, name, data;
    bool has_id, has_data;
} event;

static bool is(field f, const char *word) {
    return f.count == strlen(word) && memcmp(f.start, word, f.count) == 0;
}

/// Decimal digits; false where there is something else.
static bool number_of(field f, uint64_t *value) {
    uint64_t result = 0;
    for (size_t i = 0; i < f.count; i++) {
        if (f.start[i] < '0' || f.start[i] > '9' || i > 18) {
            return false;
        }
        result = result * 10 + (uint64_t)(f.start[i] - '0');
    }
    *value = result;
    return f.count > 0;
}

static void take_line(listener *l, event *e, const char *line, size_t count) {
    const char *colon = memchr(line, ':', count < 8 ? count : 8);
    if (!colon || colon == line) {
        return; // a comment, or a field that nobody needs
    }
    field name = {line, (size_t)(colon - line)}, value = {colon + 1, count - name.count - 1};
    if (value.count > 0 && *value.start == ' ') {
        value.start++;
        value.count--;
    }
    uint64_t retry;
    if (is(name, "data")) {
        e->data = value;
        e->has_data = true;
    } else if (is(name, "id")) {
        e->id = value;
        e->has_id = true;
    } else if (is(name, "event")) {
        e->name = value;
    } else if (is(name, "retry") && number_of(value, &retry) && retry <= 3600000) {
        l->retry_ms = (uint32_t)retry;
    }
}

/// The number behind `"missed":`. False where it is null.
static bool missed_of(field data, uint64_t *missed) {
    static const char key[] = "\"missed\":";
    const char *found = memmem(data.start, data.count, key, sizeof key - 1);
    if (!found) {
        return false;
    }
    field digits = {found + sizeof key - 1, 0};
    while (digits.start + digits.count < data.start + data.count && digits.start[digits.count] >= '0' &&
           digits.start[digits.count] <= '9') {
        digits.count++;
    }
    return number_of(digits, missed);
}

static void take_event(worker *w, listener *l, const event *e) {
    if (!e->has_data) {
        return;
    }
    if (is(e->name, "gap")) {
        uint64_t missed = 0;
        bool is_known = missed_of(e->data, &missed);
        cl_verify_gap(w, l, is_known, missed);
    } else {
        cl_verify_event(w, l, e->data.start, e->data.count);
    }
}

static void keep_id(listener *l, field id) {
    size_t count = id.count < MAX_ID_BYTES ? id.count : 0;
    memcpy(l->id, id.start, count);
    l->id[count] = 0;
}

size_t cl_sse_scan(worker *w, listener *l, const char *bytes, size_t count) {
    const char *at = bytes, *end = bytes + count, *event_start = bytes;
    event e = {0};
    field last_id = {0};
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline) {
            break;
        }
        size_t length = (size_t)(newline - at);
        if (length > 0 && newline[-1] == '\r') {
            length--;
        }
        if (length > 0) {
            take_line(l, &e, at, length);
        } else {
            take_event(w, l, &e);
            if (e.has_id) {
                last_id = e.id;
            }
            e = (event){0};
            event_start = newline + 1;
        }
        at = newline + 1;
    }
    if (last_id.start) {
        keep_id(l, last_id);
    }
    return (size_t)(event_start - bytes);
}
