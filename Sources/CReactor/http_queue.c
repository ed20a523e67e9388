// Descriptors in the order of their arrival, and tables by descriptor.
#include "http.h"

#include <string.h>
#include <unistd.h>

/// A ring that a storm has made longer is given back.
enum { KEPT_CAPACITY = 1024 };

void http_queue_push(http_queue *queue, int fd) {
    if (queue->count == queue->capacity) {
        size_t capacity = queue->capacity ? queue->capacity * 2 : 64;
        int *fds = sr_allocate(capacity * sizeof *fds);
        for (size_t i = 0; i < queue->count; i++)
            fds[i] = queue->fds[(queue->first + i) % queue->capacity];
        free(queue->fds);
        *queue = (http_queue){.fds = fds, .count = queue->count, .capacity = capacity};
    }
    queue->fds[(queue->first + queue->count++) % queue->capacity] = fd;
}

int http_queue_pop(http_queue *queue) {
    int fd = queue->fds[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    if (--queue->count == 0 && queue->capacity > KEPT_CAPACITY) {
        free(queue->fds);
        *queue = (http_queue){0};
    }
    return fd;
}

void http_queue_close(http_queue *queue) {
    while (queue->count > 0)
        close(http_queue_pop(queue));
    free(queue->fds);
    *queue = (http_queue){0};
}

void *http_table_reserve(void *table, size_t *count, int fd) {
    size_t needed = (size_t)fd + 1, size = sizeof(void *);
    if (needed <= *count)
        return table;
    size_t grown = needed < 64 ? 64 : needed * 2;
    table = sr_reallocate(table, grown * size);
    memset((uint8_t *)table + *count * size, 0, (grown - *count) * size);
    *count = grown;
    return table;
}
