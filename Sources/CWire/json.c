// Walks a message by its descriptor. Fields come in the order of their numbers.
#include <ctype.h>
#include <math.h>

#include "buffer.h"
#include "filter.h"

typedef struct renderer {
    cw_buffer *buffer;
    cw_json_style style;
} renderer;

static void append_message(const renderer *r, const ProtobufCMessage *message, cw_field_set fields);

static const void *at(const void *message, unsigned offset) {
    return (const uint8_t *)message + offset;
}

/// Of a field that is not repeated.
static bool is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF &&
        *(const uint32_t *)at(message, field->quantifier_offset) != field->id)
        return false;
    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(const void *const *)at(message, field->offset) != NULL;
    return *(const protobuf_c_boolean *)at(message, field->quantifier_offset) != 0;
}

static void append_literal(const renderer *r, const char *text) {
    append(r->buffer, text, strlen(text));
}

// MARK: - Names

/// stream_ref becomes streamRef.
static void append_camel_case(const renderer *r, const char *name) {
    bool raise = false;
    for (const char *c = name; *c; c++) {
        if (*c == '_') {
            raise = true;
        } else {
            append_byte(r->buffer, (uint8_t)(raise ? toupper((unsigned char)*c) : *c));
            raise = false;
        }
    }
}

/// The name with its quotes and colon. Names of fields have nothing in them to escape.
static void append_name(const renderer *r, const char *name) {
    if (r->style == CW_JSON_PROTOBUF) {
        append_byte(r->buffer, '"');
        append_camel_case(r, name);
        append(r->buffer, "\":", 2);
        return;
    }
    size_t count = strlen(name);
    uint8_t *end = reserve(r->buffer, count + 3);
    *end++ = '"';
    memcpy(end, name, count);
    memcpy(end + count, "\":", 2);
    r->buffer->count += count + 3;
}

// MARK: - Single values

static void append_enum(const renderer *r, const ProtobufCEnumDescriptor *type, int value) {
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(type, value);
    if (!known) {
        append_literal(r, "null");
        return;
    }
    append_byte(r->buffer, '"');
    if (r->style == CW_JSON_PROTOBUF) {
        append_literal(r, known->name);
    } else {
        for (const char *c = known->name; *c; c++)
            append_byte(r->buffer, (uint8_t)tolower((unsigned char)*c));
    }
    append_byte(r->buffer, '"');
}

static void append_u64(const renderer *r, uint64_t value) {
    if (r->style == CW_JSON_PROTOBUF)
        append_byte(r->buffer, '"');
    cw_buffer_append_u64(r->buffer, value);
    if (r->style == CW_JSON_PROTOBUF)
        append_byte(r->buffer, '"');
}

static void append_i64(const renderer *r, int64_t value) {
    if (r->style == CW_JSON_PROTOBUF)
        append_byte(r->buffer, '"');
    cw_buffer_append_i64(r->buffer, value);
    if (r->style == CW_JSON_PROTOBUF)
        append_byte(r->buffer, '"');
}

static void append_double(const renderer *r, double value) {
    if (r->style == CW_JSON_PROTOBUF && !isfinite(value))
        append_literal(r, isnan(value) ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
    else
        cw_buffer_append_json_double(r->buffer, value);
}

/// The value at `value`, which has the type of `field`.
static void append_value(const renderer *r, const ProtobufCFieldDescriptor *field, const void *value,
                         cw_field_set fields) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        cw_buffer_append_i64(r->buffer, *(const int32_t *)value);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        cw_buffer_append_u64(r->buffer, *(const uint32_t *)value);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        append_i64(r, *(const int64_t *)value);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        append_u64(r, *(const uint64_t *)value);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        append_double(r, *(const float *)value);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        append_double(r, *(const double *)value);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        append_literal(r, *(const protobuf_c_boolean *)value ? "true" : "false");
        break;
    case PROTOBUF_C_TYPE_ENUM:
        append_enum(r, field->descriptor, *(const int *)value);
        break;
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(const char *const *)value;
        cw_buffer_append_json_string(r->buffer, text, strlen(text));
        break;
    }
    case PROTOBUF_C_TYPE_BYTES: {
        const ProtobufCBinaryData *text = value;
        cw_buffer_append_json_string(r->buffer, text->data, text->len);
        break;
    }
    case PROTOBUF_C_TYPE_MESSAGE:
        append_message(r, *(const ProtobufCMessage *const *)value, fields);
        break;
    }
}

/// What stands for a scalar that is not set.
static void append_absent(const renderer *r, const ProtobufCFieldDescriptor *field) {
    static const ProtobufCBinaryData zero; // as large as the largest scalar
    if (r->style == CW_JSON_PLAIN || field->type == PROTOBUF_C_TYPE_MESSAGE) {
        append_literal(r, "null");
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
        append_literal(r, "\"\"");
    } else if (field->type == PROTOBUF_C_TYPE_ENUM) {
        append_enum(r, field->descriptor, ((const ProtobufCEnumDescriptor *)field->descriptor)->values[0].value);
    } else {
        append_value(r, field, &zero, CW_ALL_FIELDS);
    }
}

// MARK: - Lists

static size_t size_of(const ProtobufCFieldDescriptor *field) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    default:
        return 4;
    }
}

static void append_list(const renderer *r, const ProtobufCFieldDescriptor *field, const uint8_t *items, size_t count,
                        cw_field_set fields) {
    size_t size = size_of(field);
    append_byte(r->buffer, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            append_byte(r->buffer, ',');
        append_value(r, field, items + i * size, fields);
    }
    append_byte(r->buffer, ']');
}

/// Attribute and Label: {name, value}, both text.
static bool is_pair(const ProtobufCFieldDescriptor *field) {
    return field->type == PROTOBUF_C_TYPE_MESSAGE && (field->descriptor == &sluice__v1__attribute__descriptor ||
                                                      field->descriptor == &sluice__v1__label__descriptor);
}

static void append_pairs(const renderer *r, ProtobufCMessage *const *pairs, size_t count) {
    char separator = '{';
    for (size_t i = 0; i < count; i++) {
        const ProtobufCFieldDescriptor *name = &pairs[i]->descriptor->fields[0], *value = name + 1;
        if (!is_set(pairs[i], name))
            continue;
        append_byte(r->buffer, (uint8_t)separator);
        append_value(r, name, at(pairs[i], name->offset), CW_ALL_FIELDS);
        append_byte(r->buffer, ':');
        if (is_set(pairs[i], value))
            append_value(r, value, at(pairs[i], value->offset), CW_ALL_FIELDS);
        else
            append_absent(r, value);
        separator = ',';
    }
    append_literal(r, separator == '{' ? "{}" : "}");
}

// MARK: - Messages

static void append_field(const renderer *r, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                         cw_field_set fields) {
    append_name(r, field->name);
    const void *value = at(message, field->offset);
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count = *(const size_t *)at(message, field->quantifier_offset);
        if (is_pair(field))
            append_pairs(r, *(ProtobufCMessage *const *const *)value, count);
        else
            append_list(r, field, *(const uint8_t *const *)value, count, fields);
    } else if (is_set(message, field)) {
        append_value(r, field, value, fields);
    } else {
        append_absent(r, field);
    }
}

static bool is_unset_choice(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    return field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF && !is_set(message, field);
}

static void append_fields(const renderer *r, const ProtobufCMessage *message, cw_field_set fields,
                          const cw_filter *filter) {
    const ProtobufCMessageDescriptor *type = message->descriptor;
    bool first = true;
    append_byte(r->buffer, '{');
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        cw_field_set inner = filter ? filter->parts[i] : CW_ALL_FIELDS;
        bool wanted = fields == CW_ALL_FIELDS || fields >> i & 1;
        if (!wanted || inner == 0 || is_unset_choice(message, field))
            continue;
        if (!first)
            append_byte(r->buffer, ',');
        first = false;
        append_field(r, message, field, inner);
    }
    append_byte(r->buffer, '}');
}

static void append_message(const renderer *r, const ProtobufCMessage *message, cw_field_set fields) {
    append_fields(r, message, fields, NULL);
}

void cw_buffer_append_json(cw_buffer *buffer, const ProtobufCMessage *message, cw_json_style style,
                           const cw_filter *filter) {
    renderer r = {.buffer = buffer, .style = style};
    append_fields(&r, message, CW_ALL_FIELDS, filter);
}
