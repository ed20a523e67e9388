// The inside of a link, shared by its parts: link.c (life), link_input.c, link_output.c and dial.c.
#ifndef CREACTOR_LINK_INTERNAL_H
#define CREACTOR_LINK_INTERNAL_H

#include "internal.h"

#include <event2/event.h>
#include <event2/event_struct.h>

typedef struct sr_dial sr_dial;

typedef enum sr_link_state {
    SR_LINK_DIALING, ///< no connection yet; `dial` works on it
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
    sr_timer *linger;
    const char *end_detail; ///< a constant
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
/// Gives a DIALING link its connected socket, which it owns from now on, and opens it.
void sr_link_open(sr_link *link, int fd);
/// Closes the socket and schedules on_closed; nothing when that has been done already. The reason counts unless
/// sr_link_depart has given one. `detail` must be a constant; buffers stay until the link is freed, since a callback
/// may be looking at them.
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

// MARK: - link_output.c

/// Writable: sends what waits.
void sr_link_write(sr_link *link);

// MARK: - dial.c

/// The link has ended or is connected: forgets it. A resolver that is under way finds nobody.
void sr_dial_drop(sr_dial *dial);

#endif
