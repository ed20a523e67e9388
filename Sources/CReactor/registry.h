// Finding things by their number.
#ifndef CREACTOR_REGISTRY_H
#define CREACTOR_REGISTRY_H

#include "internal.h"

/// The first member of whatever is kept in a registry.
typedef struct sr_named {
    uint64_t id;
    struct sr_named *next; ///< in its bucket
} sr_named;

/// A hash table of things that it does not own. Zero initialised it is empty.
typedef struct sr_registry {
    sr_named **buckets;
    size_t bucket_count; ///< a power of two, or 0
    size_t count;
} sr_registry;

void sr_registry_add(sr_registry *registry, sr_named *named);
void sr_registry_remove(sr_registry *registry, sr_named *named);
/// The one that was added last when several have the id.
sr_named *sr_registry_find(const sr_registry *registry, uint64_t id);
/// Calls the function for each; it may not add or remove.
void sr_registry_each(const sr_registry *registry, void (*function)(sr_named *named));
/// Any of them, or NULL.
sr_named *sr_registry_any(const sr_registry *registry);
/// Frees the table itself.
void sr_registry_end(sr_registry *registry);

#endif
