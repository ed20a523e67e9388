#include <sys/timerfd.h>
#include <time.h>

#include "CLoad.h"

uint64_t cl_process_cpu(int pid) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
        return 0;
    }
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

int cl_timer_new(void) {
    return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
}

void cl_timer_set(int timer, uint64_t time) {
    struct itimerspec value = {
        .it_value = {.tv_sec = (time_t)(time / 1000000000U), .tv_nsec = (long)(time % 1000000000U)}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &value, NULL);
}
