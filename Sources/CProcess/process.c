#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_pair(int pair[2]) {
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0)
            close(pair[i]);
        pair[i] = -1;
    }
}

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int rc = posix_spawnattr_setsigmask(attributes, &none);
    if (rc == 0)
        rc = posix_spawnattr_setsigdefault(attributes, &all);
    if (rc == 0)
        rc = posix_spawnattr_setpgroup(attributes, 0);
    if (rc == 0)
        rc = posix_spawnattr_setflags(attributes,
                                      POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    return rc;
}

static int set_actions(posix_spawn_file_actions_t *actions, int out, int err, const char *directory) {
    int rc = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, err, STDERR_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    if (rc == 0 && directory != NULL)
        rc = posix_spawn_file_actions_addchdir_np(actions, directory);
    return rc;
}

static int spawn_with_pipes(char *const *arguments, char *const *environment, const char *directory, int out, int err,
                            pid_t *pid) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int rc = posix_spawnattr_init(&attributes);
    if (rc != 0)
        return rc;
    rc = posix_spawn_file_actions_init(&actions);
    if (rc == 0) {
        rc = set_attributes(&attributes);
        if (rc == 0)
            rc = set_actions(&actions, out, err, directory);
        if (rc == 0)
            rc = posix_spawnp(pid, arguments[0], &actions, &attributes, arguments, environment);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return rc;
}

// A pipe whose read end does not block. Both ends are numbered above stderr, so that the dup2 calls in the child
// cannot overwrite one that is still needed (the agent may have been started with descriptors 0 to 2 closed).
static int make_pipe(int pair[2]) {
    if (pipe2(pair, O_CLOEXEC) != 0) {
        pair[0] = pair[1] = -1;
        return errno;
    }
    for (int i = 0; i < 2; i++) {
        if (pair[i] > STDERR_FILENO)
            continue;
        int moved = fcntl(pair[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (moved < 0)
            return errno;
        close(pair[i]);
        pair[i] = moved;
    }
    return fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

int cp_spawn(char *const *arguments, char *const *environment, const char *directory, cp_child *child) {
    int out[2] = {-1, -1}, err[2] = {-1, -1};
    pid_t pid = -1;
    int rc = make_pipe(out);
    if (rc == 0)
        rc = make_pipe(err);
    if (rc == 0)
        rc = spawn_with_pipes(arguments, environment, directory, out[1], err[1], &pid);
    if (rc == 0) {
        // The child has not been waited for, so the number cannot belong to anybody else.
        int pidfd = pidfd_open(pid, 0);
        if (pidfd < 0) {
            rc = errno;
            kill(-pid, SIGKILL);
            waitpid(pid, NULL, 0);
        } else {
            *child = (cp_child){.pid = pid, .pidfd = pidfd, .stdout_fd = out[0], .stderr_fd = err[0]};
            out[0] = err[0] = -1;
        }
    }
    close_pair(out);
    close_pair(err);
    return rc;
}

cp_exit cp_exit_status(int pidfd) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return (cp_exit){.ended = false};
    return (cp_exit){.ended = true, .by_signal = info.si_code != CLD_EXITED, .code = info.si_status};
}

void cp_reap(int pidfd) {
    siginfo_t info;
    waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
}

void cp_signal_group(pid_t pid, int signal) {
    if (pid > 1)
        kill(-pid, signal);
}

static int release_segments(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size;
    (void)context;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (ElfW(Half) i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0)
            continue;
        const uintptr_t start = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        const uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz + page - 1) & ~(page - 1);
        madvise((void *)start, end - start, MADV_DONTNEED); // a failure changes nothing
    }
    return 0;
}

void cp_release_code(void) {
    dl_iterate_phdr(release_segments, NULL);
}

void cp_return_memory(void) {
    malloc_trim(0);
}

int cp_stand_back(bool idle) {
    if (setpriority(PRIO_PROCESS, 0, 10) != 0)
        return errno;
    if (!idle)
        return 0;
    struct sched_param none = {.sched_priority = 0};
    if (sched_setscheduler(0, SCHED_IDLE, &none) != 0)
        return errno;
    // glibc has no wrapper; IOPRIO_WHO_PROCESS, and IOPRIO_CLASS_IDLE in the upper bits.
    return syscall(SYS_ioprio_set, 1, 0, 3 << 13) == 0 ? 0 : errno;
}
