// The other end of a socket, seen by a test that also runs the loop: nothing here blocks.
#ifndef PEER_H
#define PEER_H

#include "pump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>

typedef struct peer {
    int fd;
    char *text; ///< everything received, zero terminated
    size_t count, capacity;
    bool ended; ///< the other side has closed
    bool reset;
} peer;

/// `receive_buffer`: SO_RCVBUF, 0 for the default.
static inline peer peer_connect(int port, int receive_buffer) {
    signal(SIGPIPE, SIG_IGN);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
    return (peer){.fd = fd, .text = calloc(1, 1), .capacity = 1};
}

static inline void peer_send_bytes(peer *peer, const void *bytes, size_t count) {
    CHECK_EQUAL(send(peer->fd, bytes, count, MSG_NOSIGNAL), count);
}

static inline void peer_send(peer *peer, const char *text) {
    peer_send_bytes(peer, text, strlen(text));
}

/// Takes up to `limit` bytes of what is there.
static inline void peer_receive_some(peer *peer, size_t limit) {
    while (limit > 0 && !peer->ended) {
        if (peer->capacity - peer->count < 65536) {
            peer->capacity = peer->capacity * 2 + 65536;
            peer->text = sr_reallocate(peer->text, peer->capacity);
        }
        size_t room = peer->capacity - peer->count - 1;
        ssize_t count = recv(peer->fd, peer->text + peer->count, room < limit ? room : limit, 0);
        if (count < 0 && errno == EAGAIN)
            return;
        peer->ended = count <= 0;
        peer->reset = count < 0;
        if (count > 0) {
            peer->count += (size_t)count;
            limit -= (size_t)count;
        }
        peer->text[peer->count] = 0;
    }
}

static inline void peer_receive(peer *peer) {
    peer_receive_some(peer, SIZE_MAX);
}

static inline bool peer_has(peer *peer, const char *text) {
    peer_receive(peer);
    return strstr(peer->text, text) != NULL;
}

static inline bool peer_has_ended(peer *peer) {
    peer_receive(peer);
    return peer->ended;
}

static inline void peer_forget(peer *peer) {
    peer->count = 0;
    peer->text[0] = 0;
}

static inline void peer_close(peer *peer) {
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    free(peer->text);
    peer->text = NULL;
}

/// How often `text` stands in what was received.
static inline int peer_count(peer *peer, const char *text) {
    peer_receive(peer);
    int count = 0;
    for (const char *at = peer->text; (at = strstr(at, text)); at += strlen(text))
        count++;
    return count;
}

#endif
