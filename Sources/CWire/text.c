// Text of unknown origin: into JSON strings, and into valid UTF-8.
#include "buffer.h"

static const uint8_t replacement[3] = {0xEF, 0xBF, 0xBD}; // U+FFFD

/// Looks at the non-ASCII sequence at bytes[0]; `count` is at least 1. Returns its length in bytes when it is
/// well-formed. Else returns 0 and sets *ill_formed to the length of the maximal part to replace (1 to 3).
static size_t sequence_length(const uint8_t *bytes, size_t count, size_t *ill_formed) {
    uint8_t lead = bytes[0];
    uint8_t low = 0x80, high = 0xBF; // what the second byte may be: neither overlong, nor surrogate, nor too large
    size_t length;
    *ill_formed = 1;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        if (lead == 0xE0)
            low = 0xA0;
        else if (lead == 0xED)
            high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        if (lead == 0xF0)
            low = 0x90;
        else if (lead == 0xF4)
            high = 0x8F;
    } else {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if (i == count || bytes[i] < low || bytes[i] > high)
            return 0;
        *ill_formed = i + 1;
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

static bool needs_escape(uint8_t byte) {
    return byte < 0x20 || byte == '"' || byte == '\\';
}

/// Has one of the eight bytes its high bit set, or does it need an escape? A false alarm is possible only behind a
/// true one (the carry of a subtraction), so "no" is always right.
static bool is_special8(const uint8_t *bytes) {
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t word;
    memcpy(&word, bytes, 8);
    uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
    uint64_t below = (word - ones * 0x20) | (quote - ones) | (backslash - ones);
    return ((below | word) & tops) != 0;
}

/// How many bytes from bytes[0] on can be copied as they are.
static size_t plain_count(const uint8_t *bytes, size_t count, bool escaping) {
    size_t i = 0;
    while (i < count) {
        if (count - i >= 8 && !is_special8(bytes + i)) {
            i += 8;
        } else if (bytes[i] < 0x80) {
            if (escaping && needs_escape(bytes[i]))
                break;
            i++;
        } else {
            size_t ill_formed;
            size_t length = sequence_length(bytes + i, count - i, &ill_formed);
            if (length == 0)
                break;
            i += length;
        }
    }
    return i;
}

static void append_escape(cw_buffer *buffer, uint8_t byte) {
    static const char short_form[0x20] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    if (byte >= 0x20) {
        append(buffer, (uint8_t[]){'\\', byte}, 2);
    } else if (short_form[byte]) {
        append(buffer, (uint8_t[]){'\\', (uint8_t)short_form[byte]}, 2);
    } else {
        uint8_t low = (uint8_t) "0123456789abcdef"[byte & 15];
        append(buffer, (uint8_t[]){'\\', 'u', '0', '0', (uint8_t)('0' + (byte >> 4)), low}, 6);
    }
}

static void append_text(cw_buffer *buffer, const uint8_t *bytes, size_t count, bool escaping) {
    reserve(buffer, count);
    for (size_t i = 0; i < count;) {
        size_t plain = plain_count(bytes + i, count - i, escaping);
        append(buffer, bytes + i, plain);
        i += plain;
        if (i == count)
            break;
        if (bytes[i] < 0x80) {
            append_escape(buffer, bytes[i++]);
        } else {
            size_t ill_formed;
            (void)sequence_length(bytes + i, count - i, &ill_formed);
            append(buffer, replacement, sizeof replacement);
            i += ill_formed;
        }
    }
}

void cw_buffer_append_json_string(cw_buffer *buffer, const void *bytes, size_t count) {
    append_byte(buffer, '"');
    append_text(buffer, bytes, count, true);
    append_byte(buffer, '"');
}

void cw_buffer_append_repaired_utf8(cw_buffer *buffer, const void *bytes, size_t count) {
    append_text(buffer, bytes, count, false);
}
