#include "CReactor.h"

/// A varint has 7 bits a byte: 32 bits need five, the last of which holds the upper four.
enum { LAST_BYTE_MAX = 0x0f };

sr_frame_result sr_frame_parse(const uint8_t *bytes, size_t count, size_t max_payload, sr_frame *frame, size_t *size) {
    uint32_t length = 0;
    *size = 0;
    for (size_t i = 0; i < SR_FRAME_MAX_PREFIX; i++) {
        if (i == count)
            return SR_FRAME_PARTIAL;
        uint8_t byte = bytes[i];
        if (i == SR_FRAME_MAX_PREFIX - 1 && byte > LAST_BYTE_MAX)
            return SR_FRAME_MALFORMED;
        length |= (uint32_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        if (length > max_payload)
            return SR_FRAME_TOO_LARGE;
        *size = i + 1 + length;
        if (count - i - 1 < length)
            return SR_FRAME_PARTIAL;
        *frame = (sr_frame){.payload = bytes + i + 1, .count = length};
        return SR_FRAME_COMPLETE;
    }
    return SR_FRAME_MALFORMED;
}

size_t sr_frame_prefix(size_t count, uint8_t *prefix) {
    size_t length = 0;
    while (count >= 0x80) {
        prefix[length++] = (uint8_t)(count | 0x80);
        count >>= 7;
    }
    prefix[length++] = (uint8_t)count;
    return length;
}
