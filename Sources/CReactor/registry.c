#include "registry.h"

enum { INITIAL_BUCKETS = 16 };

static sr_named **bucket_of(const sr_registry *registry, uint64_t id) {
    return &registry->buckets[(size_t)((id * 0x9E3779B97F4A7C15u) >> 32) & (registry->bucket_count - 1)];
}

static void insert(sr_registry *registry, sr_named *named) {
    sr_named **bucket = bucket_of(registry, named->id);
    named->next = *bucket;
    *bucket = named;
}

/// As many buckets as members, so that chains stay short.
static void grow(sr_registry *registry) {
    sr_registry old = *registry;
    registry->bucket_count = old.bucket_count > 0 ? old.bucket_count * 2 : INITIAL_BUCKETS;
    registry->buckets = calloc(registry->bucket_count, sizeof *registry->buckets);
    if (!registry->buckets)
        abort();
    for (size_t i = 0; i < old.bucket_count; i++) {
        sr_named *next;
        for (sr_named *each = old.buckets[i]; each; each = next) {
            next = each->next;
            insert(registry, each);
        }
    }
    free(old.buckets);
}

void sr_registry_add(sr_registry *registry, sr_named *named) {
    if (registry->count == registry->bucket_count)
        grow(registry);
    insert(registry, named);
    registry->count++;
}

void sr_registry_remove(sr_registry *registry, sr_named *named) {
    sr_named **link = bucket_of(registry, named->id);
    while (*link != named)
        link = &(*link)->next;
    *link = named->next;
    registry->count--;
}

sr_named *sr_registry_find(const sr_registry *registry, uint64_t id) {
    if (registry->count == 0)
        return NULL;
    sr_named *named = *bucket_of(registry, id);
    while (named && named->id != id)
        named = named->next;
    return named;
}

void sr_registry_each(const sr_registry *registry, void (*function)(sr_named *named)) {
    for (size_t i = 0; i < registry->bucket_count; i++)
        for (sr_named *each = registry->buckets[i]; each; each = each->next)
            function(each);
}

sr_named *sr_registry_any(const sr_registry *registry) {
    for (size_t i = 0; i < registry->bucket_count; i++)
        if (registry->buckets[i])
            return registry->buckets[i];
    return NULL;
}

void sr_registry_end(sr_registry *registry) {
    free(registry->buckets);
    *registry = (sr_registry){0};
}
