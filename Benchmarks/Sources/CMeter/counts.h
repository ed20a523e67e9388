#ifndef CMETER_COUNTS_H
#define CMETER_COUNTS_H

#include "CMeter.h"

#include <stdatomic.h>

extern _Atomic uint64_t cm_allocations, cm_allocated_bytes, cm_system_calls;

#endif
