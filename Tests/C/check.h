// A test program in one header: each TEST is registered by itself and runs in a process of its own, so that a crash, a
// hang or a leaked descriptor is the trouble of one test only. `./loop_test` runs all, `./loop_test name` one without a
// fork, for the debugger.
#ifndef CHECK_H
#define CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// A test that takes longer is ended.
enum { CHECK_SECONDS = 120, CHECK_MAX_TESTS = 100 };

typedef void (*check_function)(void);
static struct {
    const char *name;
    check_function function;
} check_tests[CHECK_MAX_TESTS];
static int check_test_count = 0;

static void check_register(const char *name, check_function function) {
    if (check_test_count == CHECK_MAX_TESTS)
        abort();
    check_tests[check_test_count].name = name;
    check_tests[check_test_count++].function = function;
}

/// The name states the behaviour: TEST(stop_refuses_later_posts) { ... }
#define TEST(name)                                                                                                     \
    static void name(void);                                                                                            \
    __attribute__((constructor)) static void check_register_##name(void) {                                             \
        check_register(#name, name);                                                                                   \
    }                                                                                                                  \
    static void name(void)

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            check_failed(__FILE__, __LINE__, #condition);                                                              \
    } while (0)

/// For whole numbers; shows both.
#define CHECK_EQUAL(actual, expected)                                                                                  \
    do {                                                                                                               \
        intmax_t check_actual = (intmax_t)(actual), check_expected = (intmax_t)(expected);                             \
        if (check_actual != check_expected) {                                                                          \
            fprintf(stderr, "  %s is %" PRIdMAX ", expected %" PRIdMAX "\n", #actual, check_actual, check_expected);   \
            check_failed(__FILE__, __LINE__, #actual " == " #expected);                                                \
        }                                                                                                              \
    } while (0)

#define CHECK_TEXT(actual, expected)                                                                                   \
    do {                                                                                                               \
        const char *check_text = (actual);                                                                             \
        if (strcmp(check_text, (expected)) != 0) {                                                                     \
            fprintf(stderr, "  %s is \"%s\"\n", #actual, check_text);                                                  \
            check_failed(__FILE__, __LINE__, #actual " == " #expected);                                                \
        }                                                                                                              \
    } while (0)

__attribute__((noreturn)) static inline void check_failed(const char *file, int line, const char *what) {
    fprintf(stderr, "  %s:%d: %s\n", file, line, what);
    exit(1);
}

/// A different number at each call; the seed is printed, and taken from CHECK_SEED when that is set.
static inline uint32_t check_random(void) {
    static uint64_t state = 0;
    if (state == 0) {
        const char *given = getenv("CHECK_SEED");
        state = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 2654435761u + (uint64_t)getpid();
        fprintf(stderr, "  CHECK_SEED=%" PRIu64 "\n", state);
        state |= 1;
    }
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static int check_run_in_child(int index) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(CHECK_SECONDS);
        check_tests[index].function();
        exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    bool passed = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    printf("%s %s", passed ? "ok    " : "FAILED", check_tests[index].name);
    if (WIFSIGNALED(status))
        printf(" (%s)", strsignal(WTERMSIG(status)));
    printf("\n");
    return passed ? 0 : 1;
}

int main(int argc, char **argv) {
    int failures = 0, run = 0;
    for (int i = 0; i < check_test_count; i++) {
        if (argc > 1 && strcmp(argv[1], check_tests[i].name) != 0)
            continue;
        run++;
        if (argc > 1)
            check_tests[i].function();
        else
            failures += check_run_in_child(i);
    }
    printf("%d tests, %d failed\n", run, failures);
    return failures > 0 || run == 0;
}

#endif
