// CMeter: what a piece of code costs, counted exactly, on any machine. Linked into a program it takes the place of
// malloc and of the system calls that move bytes, counts, and passes on. Any thread.
#ifndef CMETER_H
#define CMETER_H

#include <stdint.h>

/// Counted since the start of the process.
typedef struct cm_counts {
    uint64_t allocations;     ///< malloc, calloc, realloc and the aligned ones
    uint64_t allocated_bytes; ///< as asked for
    uint64_t system_calls;    ///< read, write, writev, recv, send, sendmsg, epoll_wait, epoll_ctl, timerfd_settime
} cm_counts;

cm_counts cm_read(void);

/// Under callgrind started with --collect-atstart=no: forgets what was counted; counts instructions while it is on;
/// writes them to a file of callgrind's that carries the name. Otherwise nothing happens.
void cm_instructions_reset(void);
void cm_instructions_toggle(void);
void cm_instructions_write(const char *name);

#endif
