// Any bytes as a frame of either side: what decodes must encode and render, and the JSON must be one line of valid
// UTF-8 with balanced quotes.
#include <stdlib.h>
#include <string.h>

#include "CWire.h"

static void require(bool condition) {
    if (!condition)
        abort();
}

/// Valid UTF-8 is what repairing does not change.
static void require_one_line_of_utf8(const cw_buffer *json) {
    for (size_t i = 0; i < json->count; i++)
        require(json->base[i] >= 0x20);
    cw_buffer repaired = {0};
    cw_buffer_append_repaired_utf8(&repaired, json->base, json->count);
    require(repaired.count == json->count && memcmp(repaired.base, json->base, json->count) == 0);
    cw_buffer_free(&repaired);
}

static void require_closed_strings(const cw_buffer *json) {
    bool in_string = false;
    int depth = 0;
    for (size_t i = 0; i < json->count; i++) {
        uint8_t byte = json->base[i];
        if (in_string && byte == '\\')
            i++;
        else if (byte == '"')
            in_string = !in_string;
        else if (!in_string)
            depth += (byte == '{' || byte == '[') - (byte == '}' || byte == ']');
    }
    require(!in_string && depth == 0);
}

static void render(const ProtobufCMessage *message, cw_json_style style) {
    cw_buffer json = {0};
    cw_buffer_append_json(&json, message, style, NULL);
    require_one_line_of_utf8(&json);
    require_closed_strings(&json);
    cw_buffer_free(&json);
}

static void use(const ProtobufCMessage *message) {
    render(message, CW_JSON_PLAIN);
    render(message, CW_JSON_PROTOBUF);
    cw_buffer encoded = {0};
    require(cw_buffer_append_encoded(&encoded, message) == cw_encoded_size(message));
    cw_buffer_free(&encoded);
}

/// What is told of a sample without decoding it is what decoding tells.
static void compare_with_look(const Sluice__V1__AgentMessage *message, const uint8_t *bytes, size_t count) {
    cw_sample sample;
    if (!cw_look_at_sample(bytes, count, &sample) || !message)
        return;
    require(message->message_case == SLUICE__V1__AGENT_MESSAGE__MESSAGE_STREAM_DATA);
    const Sluice__V1__StreamData *data = message->stream_data;
    require(data->payload_case == SLUICE__V1__STREAM_DATA__PAYLOAD_METRICS && data->gap == NULL);
    require(data->stream_ref == sample.stream_ref && data->at_unix_ns == sample.at_unix_ns);
    const Sluice__V1__MetricsDataResponse *metrics = data->metrics;
    require(sample.has_all_parts == (metrics->cpu && metrics->memory && metrics->n_disks &&
                                     metrics->n_network_interfaces && metrics->processes && metrics->load));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    enum { BUDGET = 1 << 20 };
    cw_arena *arena = cw_arena_new(BUDGET);
    cw_decode_status status;
    const Sluice__V1__AgentMessage *from_agent = cw_decode_agent_message(arena, bytes, count, &status);
    require((from_agent != NULL) == (status == CW_DECODE_OK));
    compare_with_look(from_agent, bytes, count);
    if (from_agent)
        use(&from_agent->base);
    const Sluice__V1__ServerMessage *to_agent = cw_decode_server_message(arena, bytes, count, &status);
    if (to_agent)
        use(&to_agent->base);
    require(cw_arena_held(arena) <= BUDGET);
    cw_arena_free(arena);
    return 0;
}
