#include <stdalign.h>
#include <stdlib.h>

#include "arena.h"

enum {
    ALIGNMENT = alignof(max_align_t),
    FIRST_CHUNK_BYTES = 64 << 10,
    LARGEST_USUAL_CHUNK_BYTES = 1 << 20,
};

typedef struct chunk {
    struct chunk *older;
    size_t size; ///< of the whole allocation, this header included
    alignas(ALIGNMENT) uint8_t bytes[];
} chunk;

struct cw_arena {
    ProtobufCAllocator allocator;
    size_t budget;
    size_t held; ///< sum of the chunks' sizes
    chunk *newest;
    uint8_t *next; ///< free memory of the newest chunk
    uint8_t *end;
    bool refused;
};

static void *allocate(void *arena, size_t size) {
    return cw_arena_allocate(arena, size);
}

/// protobuf-c frees what it has replaced or given up; the arena takes that back with everything else.
static void release(void *arena, void *pointer) {}

cw_arena *cw_arena_new(size_t budget) {
    cw_arena *arena = calloc(1, sizeof *arena);
    if (!arena)
        return NULL;
    arena->budget = budget;
    arena->allocator = (ProtobufCAllocator){.alloc = allocate, .free = release, .allocator_data = arena};
    return arena;
}

static void use(cw_arena *arena, chunk *chunk) {
    arena->newest = chunk;
    arena->next = chunk->bytes;
    arena->end = (uint8_t *)chunk + chunk->size;
}

void cw_arena_reset(cw_arena *arena) {
    arena->refused = false;
    if (!arena->newest)
        return;
    while (arena->newest->older) {
        chunk *older = arena->newest->older;
        arena->held -= arena->newest->size;
        free(arena->newest);
        arena->newest = older;
    }
    use(arena, arena->newest);
}

void cw_arena_free(cw_arena *arena) {
    if (!arena)
        return;
    cw_arena_reset(arena);
    free(arena->newest);
    free(arena);
}

/// Sizes double, so that a large message takes few chunks, up to where the budget ends.
static size_t next_chunk_size(const cw_arena *arena, size_t needed) {
    size_t usual = FIRST_CHUNK_BYTES;
    if (arena->newest) {
        usual = arena->newest->size * 2;
        if (usual > LARGEST_USUAL_CHUNK_BYTES)
            usual = LARGEST_USUAL_CHUNK_BYTES;
    }
    size_t left = arena->budget - arena->held;
    if (usual > left)
        usual = left;
    return needed > usual ? needed : usual;
}

static bool add_chunk(cw_arena *arena, size_t size) {
    size_t left = arena->budget - arena->held;
    if (left < sizeof(chunk) || size > left - sizeof(chunk))
        return false;
    size_t chunk_size = next_chunk_size(arena, size + sizeof(chunk));
    chunk *added = malloc(chunk_size);
    if (!added)
        return false;
    added->older = arena->newest;
    added->size = chunk_size;
    arena->held += chunk_size;
    use(arena, added);
    return true;
}

void *cw_arena_allocate(cw_arena *arena, size_t size) {
    // The end of a chunk need not be aligned: compare before rounding up, and round without overflow.
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (rounded < size || ((size_t)(arena->end - arena->next) < rounded && !add_chunk(arena, rounded))) {
        arena->refused = true;
        return NULL;
    }
    void *given = arena->next;
    arena->next += rounded;
    return given;
}

size_t cw_arena_held(const cw_arena *arena) {
    return arena->held;
}

ProtobufCAllocator *cw_arena_allocator(cw_arena *arena) {
    return &arena->allocator;
}

bool cw_arena_take_refusal(cw_arena *arena) {
    bool refused = arena->refused;
    arena->refused = false;
    return refused;
}
