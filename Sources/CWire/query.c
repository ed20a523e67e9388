#include <string.h>

#include "CWire.h"

enum { CHUNK = 8192 };
_Static_assert(CW_MAX_QUERY <= CHUNK / 2, "a chunk has to bring more than it carries over");

static uint8_t lower(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

/// Piece by piece through a copy in small letters, so that memmem can do the work, whose time is linear. What one piece
/// ends with may begin a match: it is carried over to the next.
bool cw_contains(const uint8_t *text, size_t text_count, const uint8_t *query, size_t query_count) {
    if (query_count == 0)
        return true;
    if (query_count > CW_MAX_QUERY)
        return false;
    uint8_t chunk[CHUNK];
    size_t carried = 0;
    while (carried + text_count >= query_count) {
        size_t taken = text_count < CHUNK - carried ? text_count : CHUNK - carried;
        for (size_t i = 0; i < taken; i++)
            chunk[carried + i] = lower(text[i]);
        text += taken;
        text_count -= taken;
        if (memmem(chunk, carried + taken, query, query_count))
            return true;
        if (text_count == 0)
            return false;
        carried = query_count - 1;
        memmove(chunk, chunk + CHUNK - carried, carried);
    }
    return false;
}
