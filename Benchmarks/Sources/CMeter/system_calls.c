// The system calls that the way of an event to its clients is made of, counted.
#include "counts.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

/// A system call by its number, with errno as the C library's own function leaves it.
#define COUNTED(...) (atomic_fetch_add_explicit(&cm_system_calls, 1, memory_order_relaxed), syscall(__VA_ARGS__))

ssize_t read(int fd, void *bytes, size_t count) {
    return COUNTED(SYS_read, fd, bytes, count);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    return COUNTED(SYS_write, fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *vectors, int count) {
    return COUNTED(SYS_writev, fd, vectors, count);
}

ssize_t recv(int fd, void *bytes, size_t count, int flags) {
    return COUNTED(SYS_recvfrom, fd, bytes, count, flags, NULL, NULL);
}

ssize_t send(int fd, const void *bytes, size_t count, int flags) {
    return COUNTED(SYS_sendto, fd, bytes, count, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    return COUNTED(SYS_sendmsg, fd, message, flags);
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
    return (int)COUNTED(SYS_epoll_ctl, epoll, operation, fd, event);
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout) {
    return (int)COUNTED(SYS_epoll_pwait, epoll, events, most, timeout, NULL, 8);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old) {
    return (int)COUNTED(SYS_timerfd_settime, fd, flags, value, old);
}
