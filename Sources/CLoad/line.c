#include <pthread.h>
#include <string.h>

#include "CLoad.h"

/// Windows into the text begin at 0 to this, by the number of the event.
enum { WINDOWS = 1021 };

static char text[CL_LINE_MAX + WINDOWS];
static pthread_once_t text_made = PTHREAD_ONCE_INIT;

/// Letters and digits from a fixed seed: every process makes the same.
static void make_text(void) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    uint64_t state = 88172645463325252U;
    for (size_t i = 0; i < sizeof text; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text[i] = alphabet[state % (sizeof alphabet - 1)];
    }
}

static const char *padding(uint64_t number) {
    pthread_once(&text_made, make_text);
    return text + number % WINDOWS;
}

static char *write_number(char *at, uint64_t value) {
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0) {
        *at++ = digits[--count];
    }
    return at;
}

void cl_line_write(char *line, size_t size, uint64_t number, uint64_t due) {
    char *at = line;
    memcpy(at, "@n=", 3);
    at = write_number(at + 3, number);
    memcpy(at, " t=", 3);
    at = write_number(at + 3, due);
    *at++ = ' ';
    memcpy(at, padding(number), size - (size_t)(at - line));
}

/// The digits from *at up to `end`, which has at most 20 of them. False when there is none.
static bool read_number(const char **at, const char *end, uint64_t *value) {
    const char *start = *at;
    uint64_t result = 0;
    while (*at < end && **at >= '0' && **at <= '9' && *at - start < 20) {
        result = result * 10 + (uint64_t)(**at - '0');
        (*at)++;
    }
    *value = result;
    return *at > start;
}

static bool skip(const char **at, const char *end, const char *word, size_t count) {
    if ((size_t)(end - *at) < count || memcmp(*at, word, count) != 0) {
        return false;
    }
    *at += count;
    return true;
}

/// Where `@n=` stands, or NULL.
static const char *find_line(const char *text, size_t count, size_t *hint) {
    if (*hint + 3 <= count && memcmp(text + *hint, "@n=", 3) == 0) {
        return text + *hint;
    }
    const char *found = memmem(text, count, "@n=", 3);
    if (found) {
        *hint = (size_t)(found - text);
    }
    return found;
}

cl_line_state cl_line_read(const char *text, size_t count, size_t size, size_t *hint, uint64_t *number, uint64_t *due) {
    const char *start = find_line(text, count, hint);
    if (!start) {
        return CL_LINE_ABSENT;
    }
    if ((size_t)(text + count - start) < size) {
        return CL_LINE_DAMAGED;
    }
    const char *end = start + size, *at = start + 3;
    if (!read_number(&at, end, number) || !skip(&at, end, " t=", 3) || !read_number(&at, end, due) ||
        !skip(&at, end, " ", 1)) {
        return CL_LINE_DAMAGED;
    }
    // The text ends here, or a string of JSON does.
    bool ends = end == text + count || *end == '"';
    return ends && memcmp(at, padding(*number), (size_t)(end - at)) == 0 ? CL_LINE_GOOD : CL_LINE_DAMAGED;
}
