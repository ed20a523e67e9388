#include "counts.h"

#include <valgrind/callgrind.h>

_Atomic uint64_t cm_allocations, cm_allocated_bytes, cm_system_calls;

cm_counts cm_read(void) {
    return (cm_counts){
        .allocations = atomic_load(&cm_allocations),
        .allocated_bytes = atomic_load(&cm_allocated_bytes),
        .system_calls = atomic_load(&cm_system_calls),
    };
}

void cm_instructions_reset(void) {
    CALLGRIND_ZERO_STATS;
}

void cm_instructions_toggle(void) {
    CALLGRIND_TOGGLE_COLLECT;
}

void cm_instructions_write(const char *name) {
    CALLGRIND_DUMP_STATS_AT(name);
}
