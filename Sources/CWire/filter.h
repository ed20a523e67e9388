// Inside CWire: what json.c needs to know of a filter.
#ifndef CWIRE_FILTER_H
#define CWIRE_FILTER_H

#include "CWire.h"

enum { CW_FILTER_MAX_FIELDS = 64 };

/// A bit for each field that is rendered, by its index in the descriptor.
typedef uint64_t cw_field_set;
#define CW_ALL_FIELDS UINT64_MAX

struct cw_filter {
    const ProtobufCMessageDescriptor *type;
    cw_field_set parts[CW_FILTER_MAX_FIELDS]; ///< for each field of `type`: which of its own fields; 0 leaves it out
};

#endif
