#include "check.h"

#include "CLoad.h"

enum { LINE = 100 };

// MARK: Lines

TEST(a_line_is_read_as_it_was_written) {
    static const uint64_t numbers[] = {0, 1, 9, 10, 12345, UINT64_MAX};
    for (size_t size = CL_LINE_MIN; size <= 300; size++) {
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            char text[400] = "before \"";
            cl_line_write(text + 8, size, numbers[i], UINT64_MAX - i);
            text[8 + size] = '"';
            size_t hint = 0;
            uint64_t number = 0, due = 0;
            CHECK_EQUAL(cl_line_read(text, 8 + size + 1, size, &hint, &number, &due), CL_LINE_GOOD);
            CHECK(number == numbers[i] && due == UINT64_MAX - i && hint == 8);
        }
    }
}

TEST(every_changed_byte_of_a_line_is_noticed) {
    char line[LINE];
    cl_line_write(line, LINE, 77, 123456);
    for (size_t i = 0; i < LINE; i++) {
        line[i] ^= 1;
        size_t hint = 0;
        uint64_t number = 0, due = 0;
        cl_line_state state = cl_line_read(line, LINE, LINE, &hint, &number, &due);
        // A digit that became another one changes what the line says: its number, or its time.
        CHECK(state != CL_LINE_GOOD || number != 77 || due != 123456);
        line[i] ^= 1;
    }
}

TEST(a_line_that_is_too_short_or_too_long_is_damaged) {
    char line[LINE];
    cl_line_write(line, LINE, 1, 1);
    size_t hint = 0;
    uint64_t number, due;
    CHECK_EQUAL(cl_line_read(line, LINE - 1, LINE, &hint, &number, &due), CL_LINE_DAMAGED);
    CHECK_EQUAL(cl_line_read(line, LINE, LINE - 1, &hint, &number, &due), CL_LINE_DAMAGED);
    CHECK_EQUAL(cl_line_read("{\"state\":\"active\"}", 18, LINE, &hint, &number, &due), CL_LINE_ABSENT);
}

// MARK: Histogram

TEST(percentiles_are_at_most_a_128th_too_high) {
    cl_histogram *h = calloc(1, sizeof *h);
    for (uint64_t i = 1; i <= 100000; i++) {
        cl_histogram_record(h, i * 1000);
    }
    CHECK_EQUAL(h->count, 100000);
    CHECK_EQUAL(h->max, 100000000);
    static const uint32_t ranks[] = {1, 5000, 9000, 9900, 9990, 10000};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        uint64_t exact = (uint64_t)ranks[i] * 10 * 1000, found = cl_histogram_percentile(h, ranks[i]);
        CHECK(found >= exact && found <= exact + exact / 128);
    }
    free(h);
}

TEST(histograms_add_up) {
    cl_histogram *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
    cl_histogram_record(a, 10);
    cl_histogram_record(b, 1000000);
    cl_histogram_record(b, UINT64_MAX);
    cl_histogram_add(a, b);
    CHECK_EQUAL(a->count, 3);
    CHECK(a->max == UINT64_MAX);
    CHECK_EQUAL(cl_histogram_percentile(a, 1), 10);
    cl_histogram *empty = calloc(1, sizeof *empty);
    CHECK_EQUAL(cl_histogram_percentile(empty, 9900), 0);
    free(a);
    free(b);
    free(empty);
}
