#include <stdio.h>
#include <stdlib.h>

#include "buffer.h"

enum {
    FIRST_CAPACITY = 1024,
    KEPT_CAPACITY = 256 << 10,
};

void cw_buffer_free(cw_buffer *buffer) {
    free(buffer->base);
    *buffer = (cw_buffer){0};
}

void cw_buffer_clear(cw_buffer *buffer) {
    buffer->count = 0;
    if (buffer->capacity > KEPT_CAPACITY)
        cw_buffer_free(buffer);
}

void cw_buffer_grow(cw_buffer *buffer, size_t count) {
    size_t needed = buffer->count + count;
    size_t capacity = buffer->capacity ? buffer->capacity * 2 : FIRST_CAPACITY;
    if (capacity < needed)
        capacity = needed;
    uint8_t *base = needed < count ? NULL : realloc(buffer->base, capacity);
    if (!base) {
        fputs("sluice: out of memory\n", stderr);
        abort();
    }
    buffer->base = base;
    buffer->capacity = capacity;
}

uint8_t *cw_buffer_reserve(cw_buffer *buffer, size_t count) {
    return reserve(buffer, count);
}

void cw_buffer_append(cw_buffer *buffer, const void *bytes, size_t count) {
    append(buffer, bytes, count);
}

void cw_buffer_append_byte(cw_buffer *buffer, uint8_t byte) {
    append_byte(buffer, byte);
}
