#include "socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/// The kernel takes the smaller of this and net.core.somaxconn.
enum { LISTEN_BACKLOG = 4096 };

void sr_address_format(const struct sockaddr *address, char text[SR_ADDRESS_TEXT]) {
    char host[INET6_ADDRSTRLEN] = "?";
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
        snprintf(text, SR_ADDRESS_TEXT, "[%s]:%u", host, ntohs(in6->sin6_port));
    } else {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        snprintf(text, SR_ADDRESS_TEXT, "%s:%u", host, ntohs(in->sin_port));
    }
}

static void set_option(int fd, int level, int option, unsigned value) {
    // A refused option costs speed or promptness, never correctness.
    int number = (int)value;
    setsockopt(fd, level, option, &number, sizeof number);
}

static unsigned at_least_one(unsigned value) {
    return value > 0 ? value : 1;
}

void sr_socket_configure(int fd, uint32_t user_timeout_ms) {
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (user_timeout_ms == 0)
        return;
    // Unacknowledged data ends the connection by the user timeout, silence by probes: half the time idle, then three.
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout_ms);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, at_least_one(user_timeout_ms / 2000));
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, at_least_one(user_timeout_ms / 6000));
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

/// A listening socket on one address, or -1 with errno.
static int listen_on(const struct addrinfo *address, bool share_port) {
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (share_port)
        set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
        return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

int sr_socket_listen(const char *host, uint16_t port, bool share_port, sr_error *error) {
    char service[6];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *addresses = NULL;
    int code = getaddrinfo(host, service, &hints, &addresses);
    if (code != 0) {
        sr_error_set(error, 0, "cannot listen on %s:%u: %s", host, port, gai_strerror(code));
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *address = addresses; address && fd < 0; address = address->ai_next)
        fd = listen_on(address, share_port);
    if (fd < 0)
        sr_error_set(error, errno, "cannot listen on %s:%u", host, port);
    freeaddrinfo(addresses);
    return fd;
}

uint16_t sr_socket_port(int fd) {
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &length);
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}
