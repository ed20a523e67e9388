#include "internal.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void *sr_allocate(size_t count) {
    return sr_reallocate(NULL, count);
}

void *sr_reallocate(void *memory, size_t count) {
    void *result = realloc(memory, count ? count : 1);
    if (!result)
        abort();
    return result;
}

void sr_error_set(sr_error *error, int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    error->code = code;
    if (code != 0 && length >= 0 && (size_t)length < sizeof error->text) {
        char reason[128];
        snprintf(error->text + length, sizeof error->text - (size_t)length, ": %s",
                 strerror_r(code, reason, sizeof reason));
    }
}

uint64_t sr_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t sr_wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

void sr_set_thread_name(const char *name) {
    char text[16];
    snprintf(text, sizeof text, "%s", name);
    pthread_setname_np(pthread_self(), text);
}
