// Inside CWire: the parts of cw_buffer that are worth inlining.
#ifndef CWIRE_BUFFER_H
#define CWIRE_BUFFER_H

#include <string.h>

#include "CWire.h"

/// Makes room for `count` bytes more; ends the process when there is no memory.
void cw_buffer_grow(cw_buffer *buffer, size_t count);

static inline uint8_t *reserve(cw_buffer *buffer, size_t count) {
    // `!base` so that the result is a pointer even when no byte is asked of an empty buffer.
    if (buffer->capacity - buffer->count < count || !buffer->base)
        cw_buffer_grow(buffer, count);
    return buffer->base + buffer->count;
}

static inline void append(cw_buffer *buffer, const void *bytes, size_t count) {
    if (count == 0)
        return; // memcpy must not see the NULL of an empty range
    memcpy(reserve(buffer, count), bytes, count);
    buffer->count += count;
}

static inline void append_byte(cw_buffer *buffer, uint8_t byte) {
    *reserve(buffer, 1) = byte;
    buffer->count++;
}

#endif
