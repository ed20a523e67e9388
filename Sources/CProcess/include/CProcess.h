// CProcess: starting a command in its own process group and learning how it ended. These are the system calls that
// Swift's Glibc module does not have (pidfd_open, the _np file actions). Linux 5.3, glibc 2.34 or newer.
//
// Any thread. Descriptors that come out of here are close-on-exec and belong to the caller.
#ifndef CPROCESS_H
#define CPROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#else
#define _Nullable
#endif

/// A child that runs. `pid` is also the number of its process group. It stays a zombie, and both numbers stay taken,
/// until cp_reap.
typedef struct cp_child {
    pid_t pid;
    int pidfd;     ///< readable once the process has ended
    int stdout_fd; ///< read end, non-blocking
    int stderr_fd; ///< read end, non-blocking
} cp_child;

typedef struct cp_exit {
    bool ended; ///< false: it still runs
    bool by_signal;
    int code; ///< exit code, or the number of the signal
} cp_exit;

/// Runs arguments[0] (searched in PATH) with stdin from /dev/null, stdout and stderr into pipes, every signal at its
/// default and unblocked, no other descriptor open, in a process group of its own. `directory` NULL: the current one.
/// Both arrays end with NULL. Returns 0, or an errno value; then nothing was started and nothing is open.
int cp_spawn(char *_Nullable const *_Nonnull arguments, char *_Nullable const *_Nonnull environment,
             const char *_Nullable directory, cp_child *child);

/// How the process ended, without reaping it.
cp_exit cp_exit_status(int pidfd);

/// Reaps an ended process. From here on its pid may be given to another one, so its group must not be signalled.
void cp_reap(int pidfd);

/// Sends a signal to the process group of a child that has not been reaped.
void cp_signal_group(pid_t pid, int signal);

/// Lowers the priority of the calling thread, and of the threads and processes that it starts from then on: nice 10, or
/// with `idle` the classes of processor and disk that run when no other does. Returns 0 or an errno value.
int cp_stand_back(bool idle);

/// Unmaps every page of code and constants, of the program and of its libraries, without forgetting them: those that
/// are needed again are mapped again from the page cache, in a microsecond each. For after a start, most of whose pages
/// are not needed again. Pages that anybody may write are left alone: those hold what the dynamic linker has put there.
void cp_release_code(void);

/// Gives freed memory of this process back to the system, which malloc alone does late or never. Takes milliseconds
/// when there is much of it: for after something large has gone.
void cp_return_memory(void);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
