#include "arena.h"

/// A repeated field of a message in memory is a count and an array.
static size_t list_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    return *(const size_t *)((const uint8_t *)message + field->quantifier_offset);
}

static const void *member(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    return (const uint8_t *)message + field->offset;
}

/// Has the type fields that lists_are_short looks at?
static bool has_inner(const ProtobufCMessageDescriptor *type) {
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].label == PROTOBUF_C_LABEL_REPEATED || type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            return true;
    }
    return false;
}

/// No message of the protocol contains itself, so the depth here is that of the .proto.
static bool lists_are_short(const ProtobufCMessage *message) {
    const ProtobufCMessageDescriptor *type = message->descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            size_t count = list_count(message, field);
            if (count > CW_MAX_LIST_COUNT)
                return false;
            if (count == 0 || field->type != PROTOBUF_C_TYPE_MESSAGE || !has_inner(field->descriptor))
                continue;
            ProtobufCMessage *const *items = *(ProtobufCMessage *const *const *)member(message, field);
            for (size_t item = 0; item < count; item++) {
                if (!lists_are_short(items[item]))
                    return false;
            }
        } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
                uint32_t set = *(const uint32_t *)((const uint8_t *)message + field->quantifier_offset);
                if (set != field->id)
                    continue;
            }
            const ProtobufCMessage *inner = *(const ProtobufCMessage *const *)member(message, field);
            if (inner && !lists_are_short(inner))
                return false;
        }
    }
    return true;
}

static ProtobufCMessage *decode(cw_arena *arena, const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
                                size_t count, cw_decode_status *status) {
    (void)cw_arena_take_refusal(arena);
    // An empty frame is a message without a member; protobuf-c must not see its NULL.
    static const uint8_t nothing[1];
    const uint8_t *start = count ? bytes : nothing;
    ProtobufCMessage *message = protobuf_c_message_unpack(type, cw_arena_allocator(arena), count, start);
    if (!message) {
        *status = cw_arena_take_refusal(arena) ? CW_DECODE_TOO_LARGE : CW_DECODE_MALFORMED;
        return NULL;
    }
    // Each item of a list takes a byte at least, so most messages are too small to have a long one.
    if (count > CW_MAX_LIST_COUNT && !lists_are_short(message)) {
        *status = CW_DECODE_TOO_MANY;
        return NULL;
    }
    *status = CW_DECODE_OK;
    return message;
}

Sluice__V1__AgentMessage *cw_decode_agent_message(cw_arena *arena, const uint8_t *bytes, size_t count,
                                                  cw_decode_status *status) {
    return (Sluice__V1__AgentMessage *)decode(arena, &sluice__v1__agent_message__descriptor, bytes, count, status);
}

Sluice__V1__ServerMessage *cw_decode_server_message(cw_arena *arena, const uint8_t *bytes, size_t count,
                                                    cw_decode_status *status) {
    return (Sluice__V1__ServerMessage *)decode(arena, &sluice__v1__server_message__descriptor, bytes, count, status);
}
