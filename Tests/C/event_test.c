#include "check.h"

#include "CWire.h"

static const char *text(cw_buffer *buffer) {
    cw_buffer_append_byte(buffer, 0);
    return (const char *)buffer->base;
}

// MARK: - Parts of events

TEST(ids_have_base_36) {
    cw_buffer buffer = {0};
    cw_buffer_append_event_id(&buffer, 0, 35, 36);
    cw_buffer_append_event_id(&buffer, UINT64_MAX, UINT64_MAX, UINT64_MAX);
    cw_buffer_append_line_id(&buffer, 37);
    cw_buffer_append_line_id(&buffer, UINT64_MAX);
    CHECK_TEXT(text(&buffer), "id: e0.z.10\nid: e3w5e11264sgsf.3w5e11264sgsf.3w5e11264sgsf\nid: l11\n"
                              "id: l3w5e11264sgsf\n");
    cw_buffer_free(&buffer);
}

static void check_time(int64_t unix_ms, const char *expected) {
    cw_buffer buffer = {0};
    cw_buffer_append_timestamp(&buffer, unix_ms);
    CHECK_TEXT(text(&buffer), expected);
    cw_buffer_free(&buffer);
}

TEST(timestamps_are_those_of_the_calendar) {
    check_time(0, "1970-01-01T00:00:00.000Z");
    check_time(-1, "1969-12-31T23:59:59.999Z");
    check_time(1700000000007, "2023-11-14T22:13:20.007Z");
    check_time(1709164800000, "2024-02-29T00:00:00.000Z");
    check_time(951868800000, "2000-03-01T00:00:00.000Z");
    check_time(-2203891200001, "1900-02-28T23:59:59.999Z");
    check_time(-62167219200000, "0000-01-01T00:00:00.000Z");
    check_time(-62162035200001, "0000-02-29T23:59:59.999Z");
    check_time(253402300799999, "9999-12-31T23:59:59.999Z");
    check_time(INT64_MIN, "0000-01-01T00:00:00.000Z");
    check_time(INT64_MAX, "9999-12-31T23:59:59.999Z");
}

TEST(timestamps_agree_with_the_system) {
    for (int i = 0; i < 100000; i++) {
        int64_t unix_ms =
            (int64_t)((((uint64_t)check_random() << 32) | check_random()) % 315569520000000u) - 62167219200000;
        time_t seconds = unix_ms / 1000 - (unix_ms % 1000 < 0);
        struct tm parts;
        gmtime_r(&seconds, &parts);
        char expected[64];
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                 (int)(unix_ms - (int64_t)seconds * 1000));
        check_time(unix_ms, expected);
    }
}

TEST(a_container_line_without_fields_has_nulls) {
    Sluice__V1__ContainerLog log = SLUICE__V1__CONTAINER_LOG__INIT;
    cw_buffer buffer = {0};
    cw_buffer_append_container_log(&buffer, &log);
    CHECK_TEXT(text(&buffer), "{\"container_id\":null,\"container_name\":null,\"stream\":\"stdout\",\"line\":\"\","
                              "\"seq\":null,\"container_timestamp\":null,\"truncated\":false}");
    cw_buffer_free(&buffer);
}

TEST(a_container_line_has_its_fields) {
    Sluice__V1__ContainerLog log = SLUICE__V1__CONTAINER_LOG__INIT;
    log.has_container_id = log.has_container_name = log.has_stream = log.has_line = log.has_seq = 1;
    log.has_container_timestamp = 1;
    log.container_id = (ProtobufCBinaryData){.len = 2, .data = (uint8_t *)"ab"};
    log.container_name = (ProtobufCBinaryData){.len = 2, .data = (uint8_t *)"w\""};
    log.stream = SLUICE__V1__OUTPUT_LINE__STREAM__STDERR;
    log.line = (ProtobufCBinaryData){.len = 4, .data = (uint8_t *)"a\n\xff\0"};
    log.seq = UINT64_MAX;
    log.container_timestamp = 1.5;
    log.has_truncated = 1;
    log.truncated = 1;
    cw_buffer buffer = {0};
    cw_buffer_append_container_log(&buffer, &log);
    CHECK_TEXT(text(&buffer), "{\"container_id\":\"ab\",\"container_name\":\"w\\\"\",\"stream\":\"stderr\","
                              "\"line\":\"a\\n\xEF\xBF\xBD\\u0000\",\"seq\":18446744073709551615,"
                              "\"container_timestamp\":1.5,\"truncated\":true}");
    cw_buffer_free(&buffer);
}

TEST(a_container_event_is_framed) {
    Sluice__V1__ContainerLog log = SLUICE__V1__CONTAINER_LOG__INIT;
    cw_buffer buffer = {0}, head = {0};
    cw_buffer_append_container_event(&buffer, 1, 2, 3, &head, &log); // an empty head has no memory
    cw_buffer_append(&head, "event: x\ndata: {\"data\":", 23);
    cw_buffer_append_container_event(&buffer, 1, 2, 4, &head, &log);
#define LINE                                                                                                           \
    "{\"container_id\":null,\"container_name\":null,\"stream\":\"stdout\",\"line\":\"\",\"seq\":null,"                 \
    "\"container_timestamp\":null,\"truncated\":false},\"metadata\":{}}\n\n"
    CHECK_TEXT(text(&buffer), "id: e1.2.3\n" LINE "id: e1.2.4\nevent: x\ndata: {\"data\":" LINE);
    cw_buffer_free(&buffer);
    cw_buffer_free(&head);
}

// MARK: - Query

static bool contains(const char *text, const char *query) {
    return cw_contains((const uint8_t *)text, strlen(text), (const uint8_t *)query, strlen(query));
}

TEST(a_query_ignores_the_case_of_ascii_letters) {
    CHECK(contains("An ERROR", "error"));
    CHECK(contains("error", "error"));
    CHECK(!contains("erro", "error"));
    CHECK(!contains("er ror", "error"));
    CHECK(contains("", ""));
    CHECK(cw_contains(NULL, 0, NULL, 0));
    CHECK(!cw_contains(NULL, 0, (const uint8_t *)"a", 1));
    CHECK(contains("a\xff\xfe z", "\xff\xfe"));
    CHECK(!contains("\xc3\x84", "\xc3\xa4")); // Ä is not ä
}

TEST(a_query_is_found_at_every_place_of_a_long_text) {
    enum { COUNT = 40000 };
    static const size_t lengths[] = {1, 2, 17, 1024, CW_MAX_QUERY};
    uint8_t *line = malloc(COUNT), query[CW_MAX_QUERY];
    memset(query, 'a', sizeof query);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t length = lengths[i];
        query[length - 1] = 'b';
        for (size_t at = 0; at + length <= COUNT; at += 1 + check_random() % 500) {
            memset(line, 'A', COUNT);
            line[at + length - 1] = 'B';
            CHECK(cw_contains(line, COUNT, query, length));
            CHECK(cw_contains(line, at + length, query, length));
            CHECK(!cw_contains(line, at + length - 1, query, length));
        }
        query[length - 1] = 'a';
    }
    CHECK(!cw_contains(line, COUNT, query, CW_MAX_QUERY + 1));
    free(line);
}
