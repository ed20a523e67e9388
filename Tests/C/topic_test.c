// The logs by themselves; fan-outs without clients.
#include "fanout.h"
#include "pump.h"

static void no_gone(void *context, uint64_t client, sr_client_gone reason, const sr_client_stats *stats) {}
static void no_behind(void *context, sr_client *client, uint64_t client_id, const sr_behind *behind) {}
static void no_drained(void *context, uint64_t client) {}

static sr_fanout *new_fanout(sr_loop *loop) {
    sr_fanout_config config = {.max_private_bytes = 1000};
    sr_fanout_callbacks callbacks = {no_gone, no_behind, no_drained};
    return sr_fanout_new(loop, &config, &callbacks, NULL);
}

/// The byte at that distance from an event's start is a function of both, so that a misplaced copy shows.
static uint8_t expected_byte(uint64_t seq, size_t index) {
    return (uint8_t)(seq * 131 + index * 7 + 1);
}

static bool append(sr_topic *topic, uint64_t seq, size_t count) {
    uint8_t *bytes = sr_allocate(count);
    for (size_t i = 0; i < count; i++)
        bytes[i] = expected_byte(seq, i);
    bool appended = sr_topic_append(topic, seq, bytes, count);
    free(bytes);
    return appended;
}

static void check_contents(const sr_topic *topic) {
    for (uint64_t number = topic->first; number < topic->next; number++) {
        uint64_t start = sr_topic_event_start(topic, number), end = sr_topic_event_start(topic, number + 1);
        uint64_t seq = sr_topic_event_seq(topic, number);
        for (uint64_t at = start; at < end; at++)
            CHECK_EQUAL(topic->bytes[at & (topic->byte_capacity - 1)], expected_byte(seq, at - start));
        CHECK_EQUAL(sr_topic_event_at(topic, start), number);
        CHECK_EQUAL(sr_topic_event_at(topic, end - 1), number);
    }
}

static void expect_range(const sr_topic *topic, uint64_t first, uint64_t last) {
    uint64_t first_seq, last_seq;
    sr_topic_range(topic, &first_seq, &last_seq);
    CHECK_EQUAL(first_seq, first);
    CHECK_EQUAL(last_seq, last);
}

TEST(a_new_topic_is_empty_and_costs_no_log) {
    sr_loop *loop = new_loop();
    sr_fanout *fanout = new_fanout(loop);
    sr_topic *topic = sr_topic_ensure(fanout, 1, 1 << 20, 100);
    expect_range(topic, 0, 0);
    CHECK_EQUAL(sr_fanout_get_stats(fanout).topic_bytes, 0);
    CHECK(sr_topic_ensure(fanout, 1, 10, 10) == topic);
    CHECK(sr_topic_find(fanout, 1) == topic);
    CHECK(sr_topic_find(fanout, 2) == NULL);
    sr_fanout_free(fanout);
    end_loop(loop);
}

TEST(sequence_numbers_must_rise) {
    sr_loop *loop = new_loop();
    sr_fanout *fanout = new_fanout(loop);
    sr_topic *topic = sr_topic_ensure(fanout, 1, 1 << 20, 100);
    CHECK(append(topic, 0, 5));
    CHECK(!append(topic, 0, 5));
    CHECK(append(topic, 10, 5));
    CHECK(!append(topic, 9, 5));
    CHECK(!sr_topic_append(topic, 11, (const uint8_t *)"", 0));
    CHECK_EQUAL(sr_fanout_get_stats(fanout).skipped, 3);
    expect_range(topic, 0, 10);
    CHECK_EQUAL(sr_topic_event_seq(topic, sr_topic_after(topic, 0)), 10);
    CHECK_EQUAL(sr_topic_after(topic, 10), topic->next);
    sr_fanout_free(fanout);
    end_loop(loop);
}

TEST(the_oldest_go_when_there_are_too_many_events) {
    sr_loop *loop = new_loop();
    sr_fanout *fanout = new_fanout(loop);
    sr_topic *topic = sr_topic_ensure(fanout, 1, 1 << 20, 3);
    for (uint64_t seq = 1; seq <= 10; seq++)
        append(topic, seq * 2, 10);
    expect_range(topic, 16, 20);
    CHECK_EQUAL(topic->evicted_seq, 14);
    check_contents(topic);
    sr_fanout_free(fanout);
    end_loop(loop);
}

TEST(the_newest_event_is_held_even_when_it_is_longer_than_the_log_may_be) {
    sr_loop *loop = new_loop();
    sr_fanout *fanout = new_fanout(loop);
    sr_topic *topic = sr_topic_ensure(fanout, 1, 5000, 100);
    append(topic, 1, 2000);
    append(topic, 2, 2000);
    append(topic, 3, 100000);
    expect_range(topic, 3, 3);
    check_contents(topic);
    append(topic, 4, 10);
    expect_range(topic, 4, 4);
    check_contents(topic);
    sr_fanout_free(fanout);
    end_loop(loop);
}

TEST(contents_survive_wrapping_at_every_offset) {
    sr_loop *loop = new_loop();
    sr_fanout *fanout = new_fanout(loop);
    // 4096 is the ring's size: events of every length put the wrap at every place of an event.
    sr_topic *topic = sr_topic_ensure(fanout, 1, 4096, 1000);
    uint64_t seq = 0;
    for (size_t length = 1; length <= 300; length++) {
        for (int i = 0; i < 20; i++)
            CHECK(append(topic, ++seq, length));
        check_contents(topic);
    }
    CHECK_EQUAL(topic->byte_capacity, 4096);
    sr_fanout_free(fanout);
    end_loop(loop);
}

TEST(contents_survive_growing_at_random) {
    sr_loop *loop = new_loop();
    sr_fanout *fanout = new_fanout(loop);
    for (uint64_t id = 1; id <= 30; id++) {
        sr_topic *topic = sr_topic_ensure(fanout, id, 1 + check_random() % 60000, 1 + check_random() % 200);
        uint64_t seq = 0;
        for (int i = 0; i < 300; i++) {
            CHECK(append(topic, seq += 1 + check_random() % 3, 1 + check_random() % (1u << check_random() % 12)));
            CHECK(topic->next - topic->first <= topic->max_events);
            CHECK(topic->end - topic->start <= topic->max_bytes || topic->next - topic->first == 1);
            if (i % 10 == 0)
                check_contents(topic);
            if (check_random() % 50 == 0)
                sr_topic_ensure(fanout, id, 1 + check_random() % 60000, 1 + check_random() % 200);
        }
    }
    for (uint64_t id = 1; id <= 30; id++)
        sr_topic_free(sr_topic_find(fanout, id));
    CHECK_EQUAL(sr_fanout_get_stats(fanout).topic_bytes, 0);
    CHECK_EQUAL(sr_fanout_get_stats(fanout).topics, 0);
    sr_fanout_free(fanout);
    end_loop(loop);
}

TEST(many_topics_are_found) {
    sr_loop *loop = new_loop();
    sr_fanout *fanout = new_fanout(loop);
    for (uint64_t id = 0; id < 5000; id++)
        sr_topic_ensure(fanout, id << 20, 4096, 10);
    for (uint64_t id = 0; id < 5000; id += 2)
        sr_topic_free(sr_topic_find(fanout, id << 20));
    for (uint64_t id = 0; id < 5000; id++)
        CHECK_EQUAL(sr_topic_find(fanout, id << 20) != NULL, id % 2);
    sr_fanout_free(fanout);
    end_loop(loop);
}
