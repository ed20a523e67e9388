// The inside of a link, shared by its parts: link.c (life), link_input.c, link_output.c, link_tls.c
// and dial.c.
#ifndef CREACTOR_LINK_INTERNAL_H
#define CREACTOR_LINK_INTERNAL_H

#include "internal.h"

#include <event2/event.h>
#include <event2/event_struct.h>

typedef struct sr_dial sr_dial;
typedef struct sr_secure sr_secure;

typedef enum sr_link_state {
    SR_LINK_DIALING,  ///< no connection yet; `dial` works on it
    SR_LINK_SECURING, ///< connected; the handshake of TLS is under way
    SR_LINK_OPEN,
    SR_LINK_FLUSHING,  ///< asked to close; output is left
    SR_LINK_LINGERING, ///< everything is written and our side is shut; waiting for the peer's end
    SR_LINK_ENDED,     ///< the socket is closed; on_closed is about to be called
} sr_link_state;

/// There may be tens of thousands of these, idle most of the time: no buffers then, and no more than link.c asserts.
struct sr_link {
    sr_resident resident;
    sr_loop *loop;
    struct event event; ///< the socket, for `interest`
    sr_link_callbacks callbacks;
    void *context;
    uint32_t max_frame, max_output, low_water;
    int fd; ///< -1 while there is none
    struct {
        uint8_t *bytes; ///< what has been read and not delivered: part of a frame, or more after a pause
        uint32_t count, capacity;
    } input;
    struct {
        uint8_t *bytes;
        uint32_t start, count, capacity; ///< count bytes from `start` wait for the socket
    } output;
    sr_dial *dial;
    sr_secure *secure;      ///< NULL: plain TCP
    sr_timer *timer;        ///< of a client's handshake, later of the farewell
    const char *end_detail; ///< a constant, or kept by `secure`
    int end_code;           ///< errno, or negative: of getaddrinfo
    uint32_t user_timeout_ms;
    uint16_t pauses;
    uint8_t state;        ///< sr_link_state
    uint8_t end_reason;   ///< sr_link_close; decided from SR_LINK_FLUSHING on
    uint8_t interest;     ///< EV_READ | EV_WRITE
    bool frames_waiting;  ///< input may hold whole frames, because of a pause
    bool above_low_water; ///< on_drained is due when the output falls to low_water
    char peer[];
};

// MARK: - link.c

/// A link in state DIALING without a socket.
sr_link *sr_link_new(sr_loop *loop, const char *peer, const sr_link_config *config, const sr_link_callbacks *callbacks,
                     void *context);
/// Gives a DIALING link its connected socket, which it owns from now on, and opens or secures it.
void sr_link_open(sr_link *link, int fd);
/// Closes the socket and schedules on_closed; nothing when that has been done already. The reason counts unless
/// sr_link_depart has given one. `detail` must live as long as the link; buffers stay until the link is freed, since a
/// callback may be looking at them.
void sr_link_end(sr_link *link, sr_link_close reason, int code, const char *detail);
/// Closes for this reason as sr_link_close_after_flush does. Does not change the reason of a link that has ended.
void sr_link_depart(sr_link *link, sr_link_close reason, const char *detail, uint32_t linger_ms);
/// Makes the watched events follow the state.
void sr_link_update(sr_link *link);

// MARK: - link_input.c

/// Readable, in state OPEN: reads once and delivers frames.
void sr_link_read(sr_link *link);
/// Readable, in a state that wants no frames: waits for the peer's end.
void sr_link_discard(sr_link *link);
/// The peer has closed its side: ends the link with the reason for that. `clean` is said where nothing is missing.
void sr_link_peer_ended(sr_link *link, const char *clean);

// MARK: - link_output.c

/// Writable: sends what waits.
void sr_link_write(sr_link *link);

// MARK: - link_tls.c

/// What a link with TLS has beside; `host` is whom a client dials, NULL for a server.
sr_secure *sr_secure_new(sr_tls *tls, const char *host);
void sr_secure_free(sr_secure *secure);
/// The link has its socket: the handshake begins. A client's on_connected follows when it is over.
void sr_secure_start(sr_link *link);
/// So long the handshake of a client may take.
void sr_secure_limit(sr_link *link, uint32_t timeout_ms);
/// In place of link.c's own: an event of the socket, and the events that are wanted.
void sr_secure_event(sr_link *link, short events);
uint8_t sr_secure_interest(const sr_link *link);
/// Whether there may be input that the kernel does not know of any more.
bool sr_secure_holds_input(const sr_secure *secure);
/// Like recv: the number of bytes; 0 when there is nothing for now or the link has ended for it.
size_t sr_secure_receive(sr_link *link, uint8_t *bytes, size_t room);
/// Like send: the number of bytes, also 0; a failure ends the link or lets it linger.
size_t sr_secure_transmit(sr_link *link, const uint8_t *bytes, size_t count);
/// Everything has been written: tells the peer so. False when that has to wait for the socket.
bool sr_secure_part(sr_link *link);

// MARK: - dial.c

/// The link has ended or is connected: forgets it. A resolver that is under way finds nobody.
void sr_dial_drop(sr_dial *dial);

#endif
