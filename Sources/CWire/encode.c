#include "CWire.h"

size_t cw_encoded_size(const ProtobufCMessage *message) {
    return protobuf_c_message_get_packed_size(message);
}

size_t cw_encode(const ProtobufCMessage *message, uint8_t *bytes, size_t capacity) {
    size_t size = protobuf_c_message_get_packed_size(message);
    if (size > 0 && size <= capacity)
        protobuf_c_message_pack(message, bytes);
    return size;
}

size_t cw_buffer_append_encoded(cw_buffer *buffer, const ProtobufCMessage *message) {
    size_t size = protobuf_c_message_get_packed_size(message);
    if (size > 0) {
        protobuf_c_message_pack(message, cw_buffer_reserve(buffer, size));
        buffer->count += size;
    }
    return size;
}
