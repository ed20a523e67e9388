#include "filter.h"

#include <stdlib.h>
#include <string.h>

/// A place in a message: a field of it, and perhaps one of that field's own.
typedef struct path {
    unsigned part;
    cw_field_set leaves; ///< CW_ALL_FIELDS when the whole part is meant
} path;

static bool equal(const char *name, size_t count, const char *other) {
    return strlen(other) == count && memcmp(name, other, count) == 0;
}

static bool find_field(const ProtobufCMessageDescriptor *type, const char *name, size_t count, unsigned *index) {
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (equal(name, count, type->fields[i].name)) {
            *index = i;
            return true;
        }
    }
    return false;
}

/// Listeners may say `network` for `network_interfaces`.
static bool find_part(const ProtobufCMessageDescriptor *type, const char *name, size_t count, unsigned *index) {
    static const char long_name[] = "network_interfaces";
    if (equal(name, count, "network"))
        return find_field(type, long_name, sizeof long_name - 1, index);
    return find_field(type, name, count, index);
}

static bool find_path(const ProtobufCMessageDescriptor *type, const char *name, size_t count, path *found) {
    const char *dot = count ? memchr(name, '.', count) : NULL;
    size_t part_count = dot ? (size_t)(dot - name) : count;
    if (type->n_fields > CW_FILTER_MAX_FIELDS || !find_part(type, name, part_count, &found->part))
        return false;
    found->leaves = CW_ALL_FIELDS;
    if (!dot)
        return true;
    const ProtobufCFieldDescriptor *field = &type->fields[found->part];
    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return false;
    const ProtobufCMessageDescriptor *inner = field->descriptor;
    unsigned leaf;
    if (inner->n_fields >= CW_FILTER_MAX_FIELDS || !find_field(inner, dot + 1, count - part_count - 1, &leaf))
        return false;
    found->leaves = (cw_field_set)1 << leaf;
    return true;
}

cw_filter *cw_filter_new(const ProtobufCMessageDescriptor *type) {
    if (type->n_fields > CW_FILTER_MAX_FIELDS)
        return NULL;
    cw_filter *filter = calloc(1, sizeof *filter);
    if (!filter)
        return NULL;
    filter->type = type;
    unsigned timestamp;
    if (find_field(type, "timestamp", strlen("timestamp"), &timestamp))
        filter->parts[timestamp] = CW_ALL_FIELDS;
    return filter;
}

void cw_filter_free(cw_filter *filter) {
    free(filter);
}

bool cw_filter_add(cw_filter *filter, const char *name, size_t count) {
    path found;
    if (!find_path(filter->type, name, count, &found))
        return false;
    filter->parts[found.part] |= found.leaves;
    return true;
}

bool cw_filter_includes(const cw_filter *filter, const char *name, size_t count) {
    unsigned part;
    return find_part(filter->type, name, count, &part) && filter->parts[part] != 0;
}

bool cw_filter_name_exists(const ProtobufCMessageDescriptor *type, const char *name, size_t count) {
    path found;
    return find_path(type, name, count, &found);
}
