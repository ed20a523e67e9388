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

// MARK: - Samples that are not decoded

typedef struct sample_parts {
    Sluice__V1__MetricsDataResponse__Cpu cpu;
    Sluice__V1__MetricsDataResponse__Memory memory;
    Sluice__V1__MetricsDataResponse__Disk disk;
    Sluice__V1__MetricsDataResponse__NetworkInterface interface;
    Sluice__V1__MetricsDataResponse__Processes processes;
    Sluice__V1__Load load;
    Sluice__V1__MetricsDataResponse__Disk *disks[1];
    Sluice__V1__MetricsDataResponse__NetworkInterface *interfaces[1];
    Sluice__V1__MetricsDataResponse metrics;
    Sluice__V1__StreamData data;
    Sluice__V1__AgentMessage message;
} sample_parts;

static void make_sample(sample_parts *parts) {
    sluice__v1__metrics_data_response__cpu__init(&parts->cpu);
    parts->cpu.has_usage_percent = 1;
    parts->cpu.usage_percent = 12.5;
    sluice__v1__metrics_data_response__memory__init(&parts->memory);
    parts->memory.has_total_bytes = 1;
    parts->memory.total_bytes = UINT64_MAX;
    sluice__v1__metrics_data_response__disk__init(&parts->disk);
    sluice__v1__metrics_data_response__network_interface__init(&parts->interface);
    sluice__v1__metrics_data_response__processes__init(&parts->processes);
    sluice__v1__load__init(&parts->load);
    parts->disks[0] = &parts->disk;
    parts->interfaces[0] = &parts->interface;
    sluice__v1__metrics_data_response__init(&parts->metrics);
    parts->metrics.cpu = &parts->cpu;
    parts->metrics.memory = &parts->memory;
    parts->metrics.n_disks = 1;
    parts->metrics.disks = parts->disks;
    parts->metrics.n_network_interfaces = 1;
    parts->metrics.network_interfaces = parts->interfaces;
    parts->metrics.processes = &parts->processes;
    parts->metrics.load = &parts->load;
    sluice__v1__stream_data__init(&parts->data);
    parts->data.has_stream_ref = 1;
    parts->data.stream_ref = 300;
    parts->data.has_at_unix_ns = 1;
    parts->data.at_unix_ns = 1795447000123456789;
    parts->data.payload_case = SLUICE__V1__STREAM_DATA__PAYLOAD_METRICS;
    parts->data.metrics = &parts->metrics;
    sluice__v1__agent_message__init(&parts->message);
    parts->message.message_case = SLUICE__V1__AGENT_MESSAGE__MESSAGE_STREAM_DATA;
    parts->message.stream_data = &parts->data;
}

TEST(a_sample_is_known_without_decoding_it) {
    sample_parts parts;
    make_sample(&parts);
    uint8_t bytes[512];
    size_t count = cw_encode(base(&parts.message), bytes, sizeof bytes);
    cw_sample sample;
    CHECK(cw_look_at_sample(bytes, count, &sample));
    CHECK_EQUAL(sample.stream_ref, 300);
    CHECK(sample.at_unix_ns == 1795447000123456789 && sample.has_all_parts);

    parts.metrics.n_disks = 0;
    count = cw_encode(base(&parts.message), bytes, sizeof bytes);
    CHECK(cw_look_at_sample(bytes, count, &sample) && !sample.has_all_parts);
}

TEST(what_is_no_ordinary_sample_has_to_be_decoded) {
    sample_parts parts;
    make_sample(&parts);
    uint8_t bytes[512], longer[1024];
    size_t count = cw_encode(base(&parts.message), bytes, sizeof bytes);
    cw_sample sample;
    for (size_t cut = 0; cut < count; cut++)
        CHECK(!cw_look_at_sample(bytes, cut, &sample));
    // A second sample in the same envelope.
    memcpy(longer, bytes, count);
    memcpy(longer + count, bytes, count);
    CHECK(!cw_look_at_sample(longer, 2 * count, &sample));

    Sluice__V1__SeqRange gap = SLUICE__V1__SEQ_RANGE__INIT;
    parts.data.gap = &gap;
    count = cw_encode(base(&parts.message), bytes, sizeof bytes);
    CHECK(!cw_look_at_sample(bytes, count, &sample));

    count = encode_task_response(bytes, sizeof bytes);
    CHECK(!cw_look_at_sample(bytes, count, &sample));
}

TEST(a_damaged_sample_is_never_read_beyond_its_end) {
    sample_parts parts;
    make_sample(&parts);
    uint8_t bytes[512];
    const size_t count = cw_encode(base(&parts.message), bytes, sizeof bytes);
    for (int round = 0; round < 20000; round++) {
        // Of its own length, so that the sanitizer sees a byte too many.
        uint8_t *copy = malloc(count);
        memcpy(copy, bytes, count);
        for (int change = 0; change < 3; change++)
            copy[check_random() % count] = (uint8_t)check_random();
        cw_sample sample;
        cw_look_at_sample(copy, count, &sample);
        free(copy);
    }
}
