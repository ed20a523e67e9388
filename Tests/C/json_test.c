#include "check.h"

#include <math.h>

#include "CWire.h"

static cw_buffer buffer;

/// What the buffer holds, as a C string; empties it.
static const char *taken(void) {
    static char text[4096];
    CHECK(buffer.count < sizeof text);
    if (buffer.count)
        memcpy(text, buffer.base, buffer.count);
    text[buffer.count] = 0;
    cw_buffer_free(&buffer);
    return text;
}

/// From a copy of exactly this size, so that a sanitizer sees a read beyond the end.
static const char *json_string(const char *bytes, size_t count) {
    char *copy = malloc(count ? count : 1);
    memcpy(copy, bytes, count);
    cw_buffer_append_json_string(&buffer, copy, count);
    free(copy);
    return taken();
}

#define STRING(literal) json_string(literal, sizeof literal - 1)

TEST(strings_escape_what_json_forbids) {
    CHECK_TEXT(STRING(""), "\"\"");
    CHECK_TEXT(STRING("plain, longer than eight bytes"), "\"plain, longer than eight bytes\"");
    CHECK_TEXT(STRING("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
    CHECK_TEXT(STRING("\0\x01\b\t\n\v\f\r\x1f\x7f"), "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\x7f\"");
    CHECK_TEXT(STRING("gr\xc3\xbc\xc3\x9f"), "\"gr\xc3\xbc\xc3\x9f\"");
    cw_buffer_append_json_string(&buffer, NULL, 0);
    CHECK_TEXT(taken(), "\"\"");
}

TEST(ill_formed_utf8_becomes_replacement_characters) {
    CHECK_TEXT(STRING("\xff"), "\"\xef\xbf\xbd\"");
    CHECK_TEXT(STRING("\xe2\x82"), "\"\xef\xbf\xbd\"");
    CHECK_TEXT(STRING("\xe2\x82z"), "\"\xef\xbf\xbdz\"");
    CHECK_TEXT(STRING("\xf0\x9f\x98\n"), "\"\xef\xbf\xbd\\n\"");
    CHECK_TEXT(STRING("\xc0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    CHECK_TEXT(STRING("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    CHECK_TEXT(STRING("1234567\xf0\x9f"), "\"1234567\xef\xbf\xbd\"");
}

TEST(every_pair_of_bytes_makes_one_valid_line) {
    for (int first = 0; first < 256; first++) {
        for (int second = 0; second < 256; second++) {
            uint8_t bytes[] = {(uint8_t)first, (uint8_t)second};
            cw_buffer_append_json_string(&buffer, bytes, sizeof bytes);
            for (size_t i = 0; i < buffer.count; i++)
                CHECK(buffer.base[i] >= 0x20);
            // What is valid UTF-8 is not changed by repairing it again.
            cw_buffer again = {0};
            cw_buffer_append_repaired_utf8(&again, buffer.base, buffer.count);
            CHECK(again.count == buffer.count && memcmp(again.base, buffer.base, again.count) == 0);
            cw_buffer_free(&again);
            cw_buffer_free(&buffer);
        }
    }
}

static const char *json_double(double value) {
    cw_buffer_append_json_double(&buffer, value);
    return taken();
}

TEST(doubles_have_three_decimals_and_no_exponent) {
    CHECK_TEXT(json_double(0), "0");
    CHECK_TEXT(json_double(-0.0), "0");
    CHECK_TEXT(json_double(-0.0004), "0");
    CHECK_TEXT(json_double(-0.25), "-0.25");
    CHECK_TEXT(json_double(12.3456), "12.346");
    CHECK_TEXT(json_double(99.9996), "100");
    CHECK_TEXT(json_double(0.001), "0.001");
    CHECK_TEXT(json_double(9007199254740992.0), "9007199254740992");
    CHECK_TEXT(json_double(-9223372036854775808.0), "-9223372036854775808");
    CHECK_TEXT(json_double(1e20), "100000000000000000000");
    CHECK_TEXT(json_double(NAN), "null");
    CHECK_TEXT(json_double(-INFINITY), "null");
    CHECK_EQUAL(strlen(json_double(1e308)), 309);
}

TEST(integers_are_as_printf_has_them) {
    char expected[32];
    for (int bits = 0; bits < 64; bits++) {
        for (int near = -1; near <= 1; near++) {
            uint64_t value = ((uint64_t)1 << bits) + (uint64_t)near;
            snprintf(expected, sizeof expected, "%" PRIu64, value);
            cw_buffer_append_u64(&buffer, value);
            CHECK_TEXT(taken(), expected);
            snprintf(expected, sizeof expected, "%" PRId64, (int64_t)value);
            cw_buffer_append_i64(&buffer, (int64_t)value);
            CHECK_TEXT(taken(), expected);
        }
    }
}

TEST(a_message_without_fields_is_all_null) {
    Sluice__V1__MetricsDataResponse sample = SLUICE__V1__METRICS_DATA_RESPONSE__INIT;
    cw_buffer_append_json(&buffer, &sample.base, CW_JSON_PLAIN, NULL);
    CHECK_TEXT(taken(), "{\"timestamp\":null,\"cpu\":null,\"memory\":null,\"disks\":[],\"network_interfaces\":[],"
                        "\"processes\":null,\"load\":null}");
    cw_buffer_append_json(&buffer, &sample.base, CW_JSON_PROTOBUF, NULL);
    CHECK_TEXT(taken(), "{\"timestamp\":\"0\",\"cpu\":null,\"memory\":null,\"disks\":[],\"networkInterfaces\":[],"
                        "\"processes\":null,\"load\":null}");
}

TEST(every_member_of_both_envelopes_renders) {
    cw_arena *arena = cw_arena_new(CW_ARENA_DEFAULT_BUDGET);
    for (uint8_t number = 1; number <= 9; number++) {
        const uint8_t frame[] = {(uint8_t)(number << 3 | 2), 0};
        cw_decode_status status;
        const Sluice__V1__AgentMessage *from_agent = cw_decode_agent_message(arena, frame, sizeof frame, &status);
        const Sluice__V1__ServerMessage *to_agent = cw_decode_server_message(arena, frame, sizeof frame, &status);
        CHECK(from_agent && to_agent);
        for (cw_json_style style = CW_JSON_PLAIN; style <= CW_JSON_PROTOBUF; style++) {
            cw_buffer_append_json(&buffer, &from_agent->base, style, NULL);
            CHECK(buffer.base[0] == '{' && buffer.base[buffer.count - 1] == '}');
            cw_buffer_append_json(&buffer, &to_agent->base, style, NULL);
            CHECK(buffer.base[buffer.count - 1] == '}');
            (void)taken();
        }
    }
    cw_arena_free(arena);
}

TEST(clear_keeps_usual_memory_and_returns_unusual) {
    cw_buffer_append(&buffer, "x", 1);
    const uint8_t *kept = buffer.base;
    cw_buffer_clear(&buffer);
    CHECK(buffer.count == 0 && buffer.base == kept);
    memset(cw_buffer_reserve(&buffer, 1 << 20), 'x', 1 << 20);
    buffer.count += 1 << 20;
    cw_buffer_clear(&buffer);
    CHECK(buffer.count == 0 && buffer.capacity == 0);
    cw_buffer_free(&buffer);
}
