#include "pump.h"

#include <errno.h>
#include <fcntl.h>

// MARK: - Helpers

static int log_entries[64];
static int log_count = 0;
static void log_entry(void *context) {
    log_entries[log_count++] = (int)(intptr_t)context;
}
static void *entry(int number) {
    return (void *)(intptr_t)number;
}

static void stop_loop(void *context) {
    sr_loop_stop(context);
}
static void set_flag(void *context) {
    *(bool *)context = true;
}
static void count_up(void *context) {
    ++*(int *)context;
}

// MARK: - Posts and stop

TEST(posts_run_in_order) {
    sr_loop *loop = new_loop();
    for (int i = 0; i < 50; i++)
        CHECK(sr_loop_post(loop, log_entry, entry(i)));
    end_loop(loop);
    CHECK_EQUAL(log_count, 50);
    for (int i = 0; i < 50; i++)
        CHECK_EQUAL(log_entries[i], i);
}

TEST(a_burst_of_posts_wakes_the_loop_once) {
    sr_loop *loop = new_loop();
    int ran = 0;
    for (int i = 0; i < 5000; i++)
        sr_loop_post(loop, count_up, &ran);
    PUMP_UNTIL(loop, ran == 5000);
    sr_loop_stats stats = sr_loop_get_stats(loop);
    CHECK_EQUAL(stats.posts, 5000);
    CHECK_EQUAL(stats.wakeups, 1);
    CHECK_EQUAL(stats.deepest, 5000);
    end_loop(loop);
}

TEST(stop_runs_what_was_posted_before_and_refuses_later_posts) {
    sr_loop *loop = new_loop();
    bool ran = false;
    sr_loop_post(loop, set_flag, &ran);
    sr_loop_stop(loop);
    CHECK(!sr_loop_post(loop, set_flag, &ran));
    CHECK_EQUAL(sr_loop_run(loop), 0);
    CHECK(ran);
    sr_loop_free(loop);
}

static void expect_current(void *context) {
    CHECK(sr_loop_is_current(context));
}

TEST(a_loop_is_current_inside_of_its_run_only) {
    sr_loop *loop = new_loop();
    CHECK(!sr_loop_is_current(loop));
    sr_loop_post(loop, expect_current, loop);
    sr_loop_post(loop, stop_loop, loop);
    sr_loop_run(loop);
    CHECK(!sr_loop_is_current(loop));
    sr_loop_free(loop);
}

static void repost(void *context) {
    sr_loop_post(context, repost, context);
}

TEST(endless_posts_do_not_starve_timers_and_descriptors) {
    sr_loop *loop = new_loop();
    bool fired = false;
    sr_timer *timer = sr_timer_new(loop, set_flag, &fired);
    sr_timer_start(timer, 1, 0);
    sr_loop_post(loop, repost, loop);
    PUMP_UNTIL(loop, fired);
    sr_timer_free(timer);
    end_loop(loop);
}

TEST(writing_to_a_closed_pipe_does_not_kill) {
    sr_loop *loop = new_loop();
    end_loop(loop);
    int ends[2];
    CHECK_EQUAL(pipe(ends), 0);
    close(ends[0]);
    CHECK_EQUAL(write(ends[1], "x", 1), -1);
}

// MARK: - Deferred functions

typedef struct defer_scene {
    sr_loop *loop;
    uint64_t started_at, ran_at;
    int rounds;
    bool ran;
} defer_scene;

static void note_run(void *context) {
    defer_scene *scene = context;
    scene->ran = true;
    scene->ran_at = sr_monotonic_ns();
}

static void defer_then_log(void *context) {
    sr_loop_defer(context, log_entry, entry(100));
    log_entry(entry(1));
}

TEST(deferred_functions_run_after_the_input_that_is_ready) {
    sr_loop *loop = new_loop();
    sr_loop_post(loop, defer_then_log, loop);
    for (int i = 2; i < 10; i++)
        sr_loop_post(loop, log_entry, entry(i));
    PUMP_UNTIL(loop, log_count == 10);
    CHECK_EQUAL(log_entries[8], 9);
    CHECK_EQUAL(log_entries[9], 100);
    end_loop(loop);
}

static void defer_again(void *context) {
    sr_loop_defer(context, log_entry, entry(3));
}

TEST(deferred_functions_run_in_order_and_nested_ones_in_the_next_round) {
    sr_loop *loop = new_loop();
    sr_loop_defer(loop, defer_again, loop);
    sr_loop_defer(loop, log_entry, entry(1));
    sr_loop_defer(loop, log_entry, entry(2));
    PUMP_UNTIL(loop, log_count == 3);
    for (int i = 0; i < 3; i++)
        CHECK_EQUAL(log_entries[i], i + 1);
    end_loop(loop);
}

/// Input that never ends: each piece takes 0.2 ms and is followed by the next.
static void keep_busy(void *context) {
    defer_scene *scene = context;
    scene->rounds++;
    uint64_t until = sr_monotonic_ns() + 200000;
    while (sr_monotonic_ns() < until)
        continue;
    if (!scene->ran)
        sr_loop_post(scene->loop, keep_busy, scene);
    else
        sr_loop_stop(scene->loop);
}

static void start_busy_scene(void *context) {
    defer_scene *scene = context;
    sr_loop_defer(scene->loop, note_run, scene);
    keep_busy(scene);
}

TEST(steady_input_holds_deferred_functions_back_for_milliseconds_only) {
    defer_scene scene = {.loop = new_loop()};
    sr_loop_post(scene.loop, start_busy_scene, &scene);
    sr_loop_run(scene.loop);
    sr_loop_free(scene.loop);
    CHECK(scene.ran);
    // Counted in work and not in time, which also passes while other programs have the processor.
    CHECK(scene.rounds >= 2);
    CHECK(scene.rounds <= 10 * 5);
}

TEST(deferred_functions_run_before_a_stopped_loop_returns) {
    sr_loop *loop = new_loop();
    bool ran = false;
    sr_loop_defer(loop, set_flag, &ran);
    end_loop(loop);
    CHECK(ran);
}

// MARK: - Timers

TEST(a_timer_is_never_early) {
    for (int ms = 0; ms < 12; ms++) {
        defer_scene scene = {.loop = new_loop(), .started_at = sr_monotonic_ns()};
        sr_timer *timer = sr_timer_new(scene.loop, note_run, &scene);
        sr_timer_start(timer, (uint64_t)ms, 0);
        PUMP_UNTIL(scene.loop, scene.ran);
        CHECK(scene.ran_at - scene.started_at >= (uint64_t)ms * 1000000);
        sr_timer_free(timer);
        end_loop(scene.loop);
    }
}

TEST(a_repeating_timer_keeps_its_rhythm_and_leaves_out_what_it_missed) {
    sr_loop *loop = new_loop();
    int fired = 0;
    sr_timer *timer = sr_timer_new(loop, count_up, &fired);
    uint64_t start = sr_monotonic_ns();
    sr_timer_start(timer, 10, 10);
    usleep(55000);
    PUMP_UNTIL(loop, fired >= 3);
    uint64_t periods = (sr_monotonic_ns() - start) / 10000000;
    CHECK(periods >= 7);
    CHECK(fired <= (int)periods - 3);
    sr_timer_free(timer);
    end_loop(loop);
}

TEST(a_stopped_timer_does_not_fire) {
    sr_loop *loop = new_loop();
    bool stopped = false, other = false;
    sr_timer *timer = sr_timer_new(loop, set_flag, &stopped);
    sr_timer_start(timer, 1, 0);
    sr_timer_stop(timer);
    sr_timer *witness = sr_timer_new(loop, set_flag, &other);
    sr_timer_start(witness, 10, 0);
    PUMP_UNTIL(loop, other);
    CHECK(!stopped);
    sr_timer_free(timer);
    sr_timer_free(witness);
    end_loop(loop);
}

typedef struct self_freeing {
    sr_timer *timer;
    sr_watch *watch;
    bool ran;
} self_freeing;

static void free_own_timer(void *context) {
    self_freeing *scene = context;
    sr_timer_free(scene->timer);
    scene->ran = true;
}

TEST(a_repeating_timer_may_be_freed_by_its_own_function) {
    sr_loop *loop = new_loop();
    self_freeing scene = {0};
    scene.timer = sr_timer_new(loop, free_own_timer, &scene);
    sr_timer_start(scene.timer, 1, 1);
    PUMP_UNTIL(loop, scene.ran);
    end_loop(loop);
}

// MARK: - Descriptors

typedef struct watch_scene {
    int events, calls;
} watch_scene;

static void note_events(void *context, int events) {
    watch_scene *scene = context;
    scene->events |= events;
    scene->calls++;
}

TEST(a_watch_reports_what_it_is_set_to) {
    sr_loop *loop = new_loop();
    int ends[2];
    CHECK_EQUAL(pipe(ends), 0);
    CHECK_EQUAL(write(ends[1], "x", 1), 1);
    watch_scene reader = {0}, writer = {0};
    sr_error error;
    sr_watch *read_end = sr_watch_new(loop, ends[0], note_events, &reader, &error);
    sr_watch *write_end = sr_watch_new(loop, ends[1], note_events, &writer, &error);
    CHECK(read_end && write_end);
    sr_watch_set(write_end, SR_WRITE);
    PUMP_UNTIL(loop, writer.calls > 0);
    CHECK_EQUAL(writer.events, SR_WRITE);
    CHECK_EQUAL(reader.calls, 0);
    sr_watch_set(write_end, 0);
    sr_watch_set(read_end, SR_READ);
    writer.calls = 0;
    PUMP_UNTIL(loop, reader.calls > 1); // level-triggered: nobody has read
    CHECK_EQUAL(reader.events, SR_READ);
    CHECK_EQUAL(writer.calls, 0);
    sr_watch_free(read_end);
    sr_watch_free(write_end);
    end_loop(loop);
}

static void free_own_watch(void *context, int events) {
    self_freeing *scene = context;
    sr_watch_free(scene->watch);
    scene->ran = true;
}

TEST(a_watch_may_be_freed_by_its_own_function) {
    sr_loop *loop = new_loop();
    int ends[2];
    CHECK_EQUAL(pipe(ends), 0);
    self_freeing scene = {0};
    sr_error error;
    scene.watch = sr_watch_new(loop, ends[1], free_own_watch, &scene, &error);
    sr_watch_set(scene.watch, SR_WRITE);
    PUMP_UNTIL(loop, scene.ran);
    end_loop(loop);
}

TEST(a_regular_file_cannot_be_watched) {
    sr_loop *loop = new_loop();
    int fd = open("/proc/self/exe", O_RDONLY);
    sr_error error;
    CHECK(sr_watch_new(loop, fd, note_events, NULL, &error) == NULL);
    CHECK(error.code == EPERM);
    CHECK(strstr(error.text, "cannot watch descriptor") != NULL);
    end_loop(loop);
}

// MARK: - Digests

TEST(sha256_of_abc_is_the_known_one) {
    uint8_t digest[32];
    sr_sha256((const uint8_t *)"abc", 3, digest);
    const uint8_t start[] = {0xba, 0x78, 0x16, 0xbf};
    CHECK(sr_equal_constant_time(digest, start, sizeof start));
    CHECK(!sr_equal_constant_time(digest + 1, start, sizeof start));
}

TEST(random_bytes_differ) {
    uint8_t a[16], b[16];
    sr_random(a, sizeof a);
    sr_random(b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) != 0);
}
