// Several threads against one loop: for the thread sanitizer above all.
#include "pump.h"

#include <pthread.h>
#include <stdatomic.h>

enum { POSTERS = 4, POSTS = 20000 };

typedef struct poster {
    sr_loop *loop;
    pthread_t thread;
    size_t accepted;
    // The loop's thread only.
    size_t ran;
    bool in_order;
} poster;

typedef struct letter {
    poster *from;
    size_t number;
} letter;

static void receive_letter(void *context) {
    letter *letter = context;
    if (letter->number != letter->from->ran)
        letter->from->in_order = false;
    letter->from->ran++;
    free(letter);
}

/// Posts numbered letters until it has posted enough or is refused.
static void *post_letters(void *context) {
    poster *self = context;
    for (size_t i = 0; i < POSTS; i++) {
        letter *next = malloc(sizeof *next);
        *next = (letter){self, i};
        if (!sr_loop_post(self->loop, receive_letter, next)) {
            free(next);
            break;
        }
        self->accepted++;
    }
    return NULL;
}

static void *run_loop(void *context) {
    CHECK_EQUAL(sr_loop_run(context), 0);
    return NULL;
}

static pthread_t start(void *(*function)(void *), void *context) {
    pthread_t thread;
    CHECK_EQUAL(pthread_create(&thread, NULL, function, context), 0);
    return thread;
}

static void start_posters(poster *posters, sr_loop *loop) {
    for (int i = 0; i < POSTERS; i++) {
        posters[i] = (poster){.loop = loop, .in_order = true};
        posters[i].thread = start(post_letters, &posters[i]);
    }
}

static void join_posters(poster *posters) {
    for (int i = 0; i < POSTERS; i++)
        pthread_join(posters[i].thread, NULL);
}

TEST(posts_of_each_thread_run_in_its_order) {
    sr_loop *loop = new_loop();
    pthread_t thread = start(run_loop, loop);
    poster posters[POSTERS];
    start_posters(posters, loop);
    join_posters(posters);
    sr_loop_stop(loop);
    pthread_join(thread, NULL);
    sr_loop_stats stats = sr_loop_get_stats(loop);
    CHECK_EQUAL(stats.posts, POSTERS * POSTS);
    CHECK(stats.wakeups <= stats.posts);
    fprintf(stderr, "  %" PRIu64 " posts, %" PRIu64 " wakeups\n", stats.posts, stats.wakeups);
    for (int i = 0; i < POSTERS; i++) {
        CHECK(posters[i].in_order);
        CHECK_EQUAL(posters[i].ran, POSTS);
    }
    sr_loop_free(loop);
}

TEST(what_is_accepted_while_stopping_runs_and_the_rest_is_refused) {
    for (int round = 0; round < 30; round++) {
        sr_loop *loop = new_loop();
        pthread_t thread = start(run_loop, loop);
        poster posters[POSTERS];
        start_posters(posters, loop);
        usleep(check_random() % 3000);
        sr_loop_stop(loop);
        join_posters(posters);
        pthread_join(thread, NULL);
        for (int i = 0; i < POSTERS; i++) {
            CHECK(posters[i].in_order);
            CHECK_EQUAL(posters[i].ran, posters[i].accepted);
        }
        sr_loop_free(loop);
    }
}

// MARK: - Two loops

typedef struct ping_pong {
    sr_loop *loops[2];
    size_t left;
} ping_pong;

static void bounce(void *context) {
    ping_pong *game = context;
    if (game->left-- == 0) {
        sr_loop_stop(game->loops[0]);
        sr_loop_stop(game->loops[1]);
        return;
    }
    sr_loop *here = game->loops[sr_loop_is_current(game->loops[1])];
    CHECK(sr_loop_is_current(here));
    sr_loop_post(game->loops[here == game->loops[0]], bounce, game);
}

TEST(two_loops_play_ping_pong) {
    ping_pong game = {{new_loop(), new_loop()}, 20000};
    sr_loop_post(game.loops[0], bounce, &game);
    pthread_t threads[] = {start(run_loop, game.loops[0]), start(run_loop, game.loops[1])};
    uint64_t begin = sr_monotonic_ns();
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    fprintf(stderr, "  %.1f us each way\n", (double)(sr_monotonic_ns() - begin) / 1000 / 20000);
    for (int i = 0; i < 2; i++)
        sr_loop_free(game.loops[i]);
}

// MARK: - A helper thread that outlives its loop

static void note_closed(void *context, sr_link_close reason, const char *detail) {
    CHECK_EQUAL(reason, SR_LINK_CLOSED_BY_US);
    ++*(int *)context;
}

static bool ignore_frames(void *context, const sr_frame *frames, size_t count) {
    return true;
}

TEST(a_loop_may_be_freed_while_a_name_is_being_resolved) {
    const sr_link_callbacks callbacks = {.on_frames = ignore_frames, .on_closed = note_closed};
    const sr_link_config config = {.max_frame = 100, .max_output = 100};
    for (int round = 0; round < 30; round++) {
        sr_loop *loop = new_loop();
        int closed = 0;
        sr_link_connect(loop, "localhost", 1, 5000, &config, &callbacks, &closed);
        if (round % 2)
            usleep(check_random() % 1000);
        end_loop(loop);
        CHECK_EQUAL(closed, 1);
    }
    usleep(200000); // only for the leak checker: lets the last resolvers end
}
