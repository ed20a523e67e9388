// The parts of an SSE event that are written for every line, each in one call.
#include "buffer.h"

// MARK: - id:

enum { MAX_BASE36_DIGITS = 13 }; // 36^13 > 2^64

static uint8_t *put_base36(uint8_t *at, uint64_t value) {
    uint8_t digits[MAX_BASE36_DIGITS];
    size_t count = 0;
    do {
        digits[count++] = (uint8_t) "0123456789abcdefghijklmnopqrstuvwxyz"[value % 36];
        value /= 36;
    } while (value > 0);
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

static uint8_t *put(uint8_t *at, const char *text, size_t count) {
    memcpy(at, text, count);
    return at + count;
}

void cw_buffer_append_event_id(cw_buffer *buffer, uint64_t epoch, uint64_t number, uint64_t index) {
    uint8_t *start = reserve(buffer, 8 + 3 * MAX_BASE36_DIGITS);
    uint8_t *at = put_base36(put(start, "id: e", 5), epoch);
    *at++ = '.';
    at = put_base36(at, number);
    *at++ = '.';
    at = put_base36(at, index);
    *at++ = '\n';
    buffer->count += (size_t)(at - start);
}

void cw_buffer_append_line_id(cw_buffer *buffer, uint64_t seq) {
    uint8_t *start = reserve(buffer, 6 + MAX_BASE36_DIGITS);
    uint8_t *at = put_base36(put(start, "id: l", 5), seq);
    *at++ = '\n';
    buffer->count += (size_t)(at - start);
}

// MARK: - timestamp

/// 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z
static const int64_t first_moment = -62167219200000, last_moment = 253402300799999;

static uint8_t *put_digits(uint8_t *at, unsigned value, unsigned count) {
    for (unsigned i = count; i > 0; i--, value /= 10)
        at[i - 1] = (uint8_t)('0' + value % 10);
    return at + count;
}

/// The Gregorian date, by counting in 400-year eras of years that begin in March, so that the leap day comes last.
/// `days` is counted from 1970-01-01 and not before year 0.
static uint8_t *put_date(uint8_t *at, int64_t days) {
    // From 0000-03-01; January and February of year 0 belong to the era before.
    unsigned from_march = (unsigned)(days + 719468 + 146097);
    unsigned era = from_march / 146097, of_era = from_march % 146097;
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month_from_march = (5 * of_year + 2) / 153;
    unsigned day = of_year - (153 * month_from_march + 2) / 5 + 1;
    unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    unsigned year = era * 400 + year_of_era + (month <= 2) - 400;
    at = put_digits(at, year, 4);
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    return put_digits(at, day, 2);
}

void cw_buffer_append_timestamp(cw_buffer *buffer, int64_t unix_ms) {
    enum { MS_OF_DAY = 86400000 };
    int64_t time = unix_ms < first_moment ? first_moment : unix_ms > last_moment ? last_moment : unix_ms;
    int64_t days = time / MS_OF_DAY - (time % MS_OF_DAY < 0);
    unsigned of_day = (unsigned)(time - days * MS_OF_DAY);
    uint8_t *start = reserve(buffer, sizeof "0000-00-00T00:00:00.000Z");
    uint8_t *at = put_date(start, days);
    *at++ = 'T';
    at = put_digits(at, of_day / 3600000, 2);
    *at++ = ':';
    at = put_digits(at, of_day / 60000 % 60, 2);
    *at++ = ':';
    at = put_digits(at, of_day / 1000 % 60, 2);
    *at++ = '.';
    at = put_digits(at, of_day % 1000, 3);
    *at++ = 'Z';
    buffer->count += (size_t)(at - start);
}

// MARK: - data

#define APPEND_LITERAL(buffer, text) append(buffer, text, sizeof(text) - 1)

static void append_bytes_or_null(cw_buffer *buffer, protobuf_c_boolean has, ProtobufCBinaryData bytes) {
    if (has)
        cw_buffer_append_json_string(buffer, bytes.data, bytes.len);
    else
        APPEND_LITERAL(buffer, "null");
}

static bool is_stderr(protobuf_c_boolean has, Sluice__V1__OutputLine__Stream stream) {
    return has && stream == SLUICE__V1__OUTPUT_LINE__STREAM__STDERR;
}

void cw_buffer_append_container_log(cw_buffer *buffer, const Sluice__V1__ContainerLog *log) {
    APPEND_LITERAL(buffer, "{\"container_id\":");
    append_bytes_or_null(buffer, log->has_container_id, log->container_id);
    APPEND_LITERAL(buffer, ",\"container_name\":");
    append_bytes_or_null(buffer, log->has_container_name, log->container_name);
    if (is_stderr(log->has_stream, log->stream))
        APPEND_LITERAL(buffer, ",\"stream\":\"stderr\",\"line\":");
    else
        APPEND_LITERAL(buffer, ",\"stream\":\"stdout\",\"line\":");
    cw_buffer_append_json_string(buffer, log->line.data, log->has_line ? log->line.len : 0);
    APPEND_LITERAL(buffer, ",\"seq\":");
    if (log->has_seq)
        cw_buffer_append_u64(buffer, log->seq);
    else
        APPEND_LITERAL(buffer, "null");
    APPEND_LITERAL(buffer, ",\"container_timestamp\":");
    if (log->has_container_timestamp)
        cw_buffer_append_json_double(buffer, log->container_timestamp);
    else
        APPEND_LITERAL(buffer, "null");
    if (log->has_truncated && log->truncated)
        APPEND_LITERAL(buffer, ",\"truncated\":true}");
    else
        APPEND_LITERAL(buffer, ",\"truncated\":false}");
}

void cw_buffer_append_container_event(cw_buffer *buffer, uint64_t epoch, uint64_t number, uint64_t index,
                                      const cw_buffer *head, const Sluice__V1__ContainerLog *log) {
    cw_buffer_append_event_id(buffer, epoch, number, index);
    append(buffer, head->base, head->count);
    cw_buffer_append_container_log(buffer, log);
    APPEND_LITERAL(buffer, ",\"metadata\":{}}\n\n");
}

void cw_buffer_append_task_line(cw_buffer *buffer, const void *task, size_t task_count, const void *line,
                                size_t line_count, uint64_t seq, bool is_stderr, bool is_truncated) {
    APPEND_LITERAL(buffer, "{\"task_id\":");
    cw_buffer_append_json_string(buffer, task, task_count);
    if (is_stderr)
        APPEND_LITERAL(buffer, ",\"stream\":\"stderr\",\"line\":");
    else
        APPEND_LITERAL(buffer, ",\"stream\":\"stdout\",\"line\":");
    cw_buffer_append_json_string(buffer, line, line_count);
    APPEND_LITERAL(buffer, ",\"seq\":");
    cw_buffer_append_u64(buffer, seq);
    if (is_truncated)
        APPEND_LITERAL(buffer, ",\"truncated\":true,\"is_final\":false}");
    else
        APPEND_LITERAL(buffer, ",\"truncated\":false,\"is_final\":false}");
}
