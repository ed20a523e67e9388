#include "check.h"

#include "CReactor.h"

enum { LIMIT = 4096 };

static sr_frame_result parse(const uint8_t *bytes, size_t count, sr_frame *frame, size_t *size) {
    return sr_frame_parse(bytes, count, LIMIT, frame, size);
}

TEST(a_prefix_has_the_length_protobuf_says) {
    static const struct {
        size_t count, length;
    } cases[] = {{0, 1}, {127, 1}, {128, 2}, {16383, 2}, {16384, 3}, {2097152, 4}, {268435456, 5}, {UINT32_MAX, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t prefix[SR_FRAME_MAX_PREFIX];
        CHECK_EQUAL(sr_frame_prefix(cases[i].count, prefix), cases[i].length);
    }
    uint8_t prefix[SR_FRAME_MAX_PREFIX];
    sr_frame_prefix(300, prefix);
    CHECK(prefix[0] == 0xac && prefix[1] == 0x02);
}

TEST(what_prefix_writes_parse_reads) {
    for (size_t count = 0; count <= LIMIT; count++) {
        uint8_t bytes[LIMIT + SR_FRAME_MAX_PREFIX] = {0};
        size_t prefix = sr_frame_prefix(count, bytes);
        sr_frame frame;
        size_t size;
        CHECK_EQUAL(parse(bytes, prefix + count, &frame, &size), SR_FRAME_COMPLETE);
        CHECK_EQUAL(frame.count, count);
        CHECK_EQUAL(size, prefix + count);
        CHECK(frame.payload == bytes + prefix);
    }
}

TEST(a_frame_is_partial_at_every_split_point) {
    uint8_t bytes[400] = {0};
    size_t prefix = sr_frame_prefix(300, bytes);
    for (size_t count = 0; count < prefix + 300; count++) {
        // A copy of exactly that size, so that the address sanitizer sees a read beyond it.
        uint8_t *part = malloc(count + 1);
        memcpy(part + 1, bytes, count);
        sr_frame frame;
        size_t size;
        CHECK_EQUAL(parse(part + 1, count, &frame, &size), SR_FRAME_PARTIAL);
        CHECK_EQUAL(size, count < prefix ? 0 : prefix + 300);
        free(part);
    }
}

TEST(the_limit_itself_passes_and_one_more_does_not) {
    uint8_t bytes[SR_FRAME_MAX_PREFIX];
    sr_frame frame;
    size_t size;
    size_t prefix = sr_frame_prefix(LIMIT, bytes);
    CHECK_EQUAL(parse(bytes, prefix, &frame, &size), SR_FRAME_PARTIAL);
    prefix = sr_frame_prefix(LIMIT + 1, bytes);
    CHECK_EQUAL(parse(bytes, prefix, &frame, &size), SR_FRAME_TOO_LARGE);
}

TEST(an_overlong_or_overlarge_varint_is_malformed) {
    sr_frame frame;
    size_t size;
    const uint8_t six_bytes[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x01};
    CHECK_EQUAL(parse(six_bytes, sizeof six_bytes, &frame, &size), SR_FRAME_MALFORMED);
    const uint8_t over_32_bits[] = {0xff, 0xff, 0xff, 0xff, 0x10};
    CHECK_EQUAL(parse(over_32_bits, sizeof over_32_bits, &frame, &size), SR_FRAME_MALFORMED);
    const uint8_t all_32_bits[] = {0xff, 0xff, 0xff, 0xff, 0x0f};
    CHECK_EQUAL(parse(all_32_bits, sizeof all_32_bits, &frame, &size), SR_FRAME_TOO_LARGE);
    CHECK_EQUAL(sr_frame_parse(all_32_bits, sizeof all_32_bits, SIZE_MAX, &frame, &size), SR_FRAME_PARTIAL);
    CHECK_EQUAL(size, (size_t)UINT32_MAX + 5);
}

TEST(a_padded_varint_is_accepted) {
    const uint8_t padded[] = {0x81, 0x80, 0x00, 'x'};
    sr_frame frame;
    size_t size;
    CHECK_EQUAL(parse(padded, sizeof padded, &frame, &size), SR_FRAME_COMPLETE);
    CHECK_EQUAL(frame.count, 1);
    CHECK_EQUAL(frame.payload[0], 'x');
}
