#include "check.h"

#include <stdalign.h>

#include "CWire.h"

static const ProtobufCMessage *base(const void *message) {
    return message;
}

/// A message with lists, texts and an inner message, encoded into `bytes`.
static size_t encode_task_response(uint8_t *bytes, size_t capacity) {
    Sluice__V1__OutputLine line = SLUICE__V1__OUTPUT_LINE__INIT;
    line.has_seq = 1;
    line.seq = 300;
    line.has_line = 1;
    line.line = (ProtobufCBinaryData){.len = 5, .data = (uint8_t *)"a\0b\xff\n"};
    Sluice__V1__OutputLine *lines[] = {&line, &line};
    Sluice__V1__TaskResponse response = SLUICE__V1__TASK_RESPONSE__INIT;
    response.task_id = "t1";
    response.n_lines = 2;
    response.lines = lines;
    Sluice__V1__AgentMessage message = SLUICE__V1__AGENT_MESSAGE__INIT;
    message.message_case = SLUICE__V1__AGENT_MESSAGE__MESSAGE_TASK_RESPONSE;
    message.task_response = &response;
    return cw_encode(base(&message), bytes, capacity);
}

// MARK: - Arena

TEST(arena_memory_is_aligned_and_its_own) {
    cw_arena *arena = cw_arena_new(CW_ARENA_DEFAULT_BUDGET);
    enum { COUNT = 1000 };
    static struct {
        uint8_t *start;
        size_t size;
    } given[COUNT];
    for (int i = 0; i < COUNT; i++) {
        size_t size = check_random() % 3000;
        uint8_t *start = cw_arena_allocate(arena, size);
        CHECK(start && (uintptr_t)start % alignof(max_align_t) == 0);
        memset(start, i & 0xff, size);
        given[i].start = start;
        given[i].size = size;
    }
    for (int i = 0; i < COUNT; i++) {
        for (size_t at = 0; at < given[i].size; at++)
            CHECK_EQUAL(given[i].start[at], i & 0xff);
    }
    cw_arena_free(arena);
}

TEST(arena_stays_within_any_budget) {
    for (size_t budget = 0; budget < 300000; budget += 1 + check_random() % 5000) {
        cw_arena *arena = cw_arena_new(budget);
        size_t given = 0;
        for (;;) {
            size_t size = check_random() % 20000;
            if (!cw_arena_allocate(arena, size))
                break;
            given += size;
            CHECK(cw_arena_held(arena) <= budget);
        }
        CHECK(given <= budget && cw_arena_held(arena) <= budget);
        CHECK(cw_arena_allocate(arena, SIZE_MAX) == NULL);
        CHECK(cw_arena_allocate(arena, SIZE_MAX - 64) == NULL);
        cw_arena_free(arena);
    }
}

TEST(arena_takes_one_piece_as_large_as_its_budget_allows) {
    enum { BUDGET = 1 << 20 };
    cw_arena *arena = cw_arena_new(BUDGET);
    CHECK(cw_arena_allocate(arena, BUDGET) == NULL); // its bookkeeping counts too
    CHECK(cw_arena_allocate(arena, BUDGET - 256) != NULL);
    cw_arena_free(arena);
}

TEST(reset_keeps_one_chunk_and_gives_the_same_memory_again) {
    cw_arena *arena = cw_arena_new(CW_ARENA_DEFAULT_BUDGET);
    void *first = cw_arena_allocate(arena, 100);
    size_t held = cw_arena_held(arena);
    CHECK(cw_arena_allocate(arena, 3 << 20) != NULL);
    CHECK(cw_arena_held(arena) > held);
    cw_arena_reset(arena);
    CHECK_EQUAL(cw_arena_held(arena), held);
    CHECK(cw_arena_allocate(arena, 100) == first);
    cw_arena_free(arena);
    cw_arena_free(NULL);
}

// MARK: - Decoding and encoding

TEST(what_encode_writes_decode_reads) {
    uint8_t bytes[200];
    size_t count = encode_task_response(bytes, sizeof bytes);
    cw_arena *arena = cw_arena_new(CW_ARENA_DEFAULT_BUDGET);
    cw_decode_status status = CW_DECODE_MALFORMED;
    Sluice__V1__AgentMessage *message = cw_decode_agent_message(arena, bytes, count, &status);
    CHECK(message && status == CW_DECODE_OK);
    CHECK_EQUAL(message->message_case, SLUICE__V1__AGENT_MESSAGE__MESSAGE_TASK_RESPONSE);
    CHECK_TEXT(message->task_response->task_id, "t1");
    CHECK_EQUAL(message->task_response->n_lines, 2);
    const Sluice__V1__OutputLine *line = message->task_response->lines[1];
    CHECK(line->has_seq && line->seq == 300 && !line->has_truncated);
    CHECK(line->line.len == 5 && memcmp(line->line.data, "a\0b\xff\n", 5) == 0);
    uint8_t again[200];
    CHECK_EQUAL(cw_encode(base(message), again, sizeof again), count);
    CHECK(memcmp(bytes, again, count) == 0);
    cw_arena_free(arena);
}

TEST(encode_writes_nothing_where_it_does_not_fit) {
    uint8_t bytes[200] = {0}, zero[200] = {0};
    size_t count = encode_task_response(bytes, 0);
    CHECK_EQUAL(encode_task_response(bytes, count - 1), count);
    CHECK(memcmp(bytes, zero, sizeof bytes) == 0);
    cw_buffer buffer = {0};
    Sluice__V1__Hello hello = SLUICE__V1__HELLO__INIT;
    CHECK_EQUAL(cw_buffer_append_encoded(&buffer, base(&hello)), 0);
    CHECK_EQUAL(buffer.count, 0);
    cw_buffer_free(&buffer);
}

TEST(every_cut_of_a_message_is_refused_or_shorter) {
    uint8_t bytes[200];
    size_t count = encode_task_response(bytes, sizeof bytes);
    cw_arena *arena = cw_arena_new(CW_ARENA_DEFAULT_BUDGET);
    for (size_t cut = 1; cut < count; cut++) {
        uint8_t *copy = malloc(cut); // so that a sanitizer sees a read beyond the end
        memcpy(copy, bytes, cut);
        cw_decode_status status;
        CHECK(cw_decode_agent_message(arena, copy, cut, &status) == NULL && status == CW_DECODE_MALFORMED);
        free(copy);
        cw_arena_reset(arena);
    }
    cw_decode_status status;
    CHECK(cw_decode_agent_message(arena, NULL, 0, &status) != NULL && status == CW_DECODE_OK);
    CHECK(cw_decode_server_message(arena, NULL, 0, &status) != NULL && status == CW_DECODE_OK);
    cw_arena_free(arena);
}

TEST(the_budget_decides_what_is_too_large) {
    uint8_t bytes[200];
    size_t count = encode_task_response(bytes, sizeof bytes);
    bool decoded = false;
    for (size_t budget = 0; budget < 4096; budget += 16) {
        cw_arena *arena = cw_arena_new(budget);
        cw_decode_status status;
        bool fits = cw_decode_agent_message(arena, bytes, count, &status) != NULL;
        CHECK_EQUAL(status, fits ? CW_DECODE_OK : CW_DECODE_TOO_LARGE);
        CHECK(fits || !decoded);
        decoded = fits;
        cw_arena_free(arena);
    }
    CHECK(decoded);
}

TEST(an_earlier_refusal_is_not_the_reason_of_the_next_failure) {
    cw_arena *arena = cw_arena_new(4096);
    CHECK(cw_arena_allocate(arena, 5000) == NULL);
    cw_decode_status status;
    CHECK(cw_decode_agent_message(arena, (const uint8_t *)"\xff", 1, &status) == NULL);
    CHECK_EQUAL(status, CW_DECODE_MALFORMED);
    cw_arena_free(arena);
}

// MARK: - Filter

TEST(filter_knows_the_fields_of_two_levels) {
    const ProtobufCMessageDescriptor *type = &sluice__v1__metrics_data_response__descriptor;
    static const struct {
        const char *name;
        bool exists;
    } cases[] = {
        {"cpu", true},
        {"cpu.usage_percent", true},
        {"network", true},
        {"network.drops_in", true},
        {"timestamp", true},
        {"cpu.", false},
        {"cpu.usage_percent.x", false},
        {".", false},
        {"", false},
        {"timestamp.x", false},
    };
    cw_filter *filter = cw_filter_new(type);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *name = cases[i].name;
        CHECK_EQUAL(cw_filter_name_exists(type, name, strlen(name)), cases[i].exists);
        CHECK_EQUAL(cw_filter_add(filter, name, strlen(name)), cases[i].exists);
    }
    CHECK(!cw_filter_name_exists(type, NULL, 0));
    CHECK(cw_filter_includes(filter, "cpu", 3) && cw_filter_includes(filter, "network_interfaces", 18));
    CHECK(!cw_filter_includes(filter, "disks", 5) && !cw_filter_includes(filter, NULL, 0));
    cw_filter_free(filter);
    cw_filter_free(NULL);
}
