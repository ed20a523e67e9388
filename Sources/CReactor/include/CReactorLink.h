// Part of CReactor.h: the TCP link of the agent protocol. Include CReactor.h, not this.
#ifndef CREACTOR_LINK_H
#define CREACTOR_LINK_H

#include "CReactorTLS.h"

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

// MARK: - Delimited frames (frame.c)

/// One frame found in a buffer, which it points into.
typedef struct sr_frame {
    const uint8_t *payload;
    size_t count;
} sr_frame;

typedef enum sr_frame_result {
    SR_FRAME_COMPLETE = 0,
    SR_FRAME_PARTIAL,   ///< more bytes are needed
    SR_FRAME_TOO_LARGE, ///< the announced length is over the limit; nothing was allocated
    SR_FRAME_MALFORMED, ///< the varint is longer than 5 bytes or over 32 bits
} sr_frame_result;

/// Looks at the start of `bytes`. Sets *size to prefix + payload, or to 0 while the prefix itself is incomplete; fills
/// `frame` on COMPLETE.
sr_frame_result sr_frame_parse(const uint8_t *bytes, size_t count, size_t max_payload, sr_frame *frame, size_t *size);
enum { SR_FRAME_MAX_PREFIX = 5 };
/// Writes the varint prefix for a payload of `count` bytes (below 4 GiB) to `prefix`, which has room for
/// SR_FRAME_MAX_PREFIX; returns its length.
size_t sr_frame_prefix(size_t count, uint8_t *prefix);

// MARK: - Link (link.c)

/// One TCP connection that carries delimited frames both ways. Reads with an own recv into a buffer that the loop's
/// links share; keeps a rest buffer only while a frame is incomplete.
typedef struct sr_link sr_link;

typedef enum sr_link_close {
    SR_LINK_CLOSED_BY_PEER = 0,
    SR_LINK_CLOSED_BY_US,
    SR_LINK_IO_ERROR,
    SR_LINK_CONNECT_FAILED,
    SR_LINK_FRAME_TOO_LARGE,
    SR_LINK_FRAME_MALFORMED,
    SR_LINK_TRUNCATED,    ///< the peer closed in the middle of a frame
    SR_LINK_TLS_FAILED,   ///< see sr_link_tls_failure
    SR_LINK_TLS_EXPECTED, ///< the link is plain, and the peer has answered it with an alert of TLS
} sr_link_close;

typedef struct sr_link_callbacks {
    /// Client links only: the connection is up, and secured where it is to be. May be NULL.
    void (*_Nullable on_connected)(void *_Nullable context);
    /// All frames of one readable event, in order (several calls when there are more than 256). Returning false closes
    /// the link with SR_LINK_CLOSED_BY_US once the call returns. After a pause or a close inside the call no further
    /// call follows, whatever has been read already.
    bool (*on_frames)(void *_Nullable context, const sr_frame *frames, size_t count);
    /// The peer has sent what is no frame (SR_LINK_FRAME_TOO_LARGE, SR_LINK_FRAME_MALFORMED). What is sent inside of
    /// this call still goes out, to tell the peer why; the link then closes as by sr_link_close_after_flush within a
    /// second, and on_closed gets this reason. NULL: it closes at once.
    void (*_Nullable on_bad_frame)(void *_Nullable context, sr_link_close reason);
    /// Output that was over `low_water` bytes has fallen to it or below. May be NULL.
    void (*_Nullable on_drained)(void *_Nullable context);
    /// Exactly once, last, from the loop and never from inside a call of the user's; the link is freed when it returns.
    /// `detail` is for a log line.
    void (*on_closed)(void *_Nullable context, sr_link_close reason, const char *detail);
} sr_link_callbacks;

/// Sizes are kept in 32 bits: larger ones count as 4 GiB - 1.
typedef struct sr_link_config {
    size_t max_frame;         ///< payload bytes of one incoming frame
    size_t max_output;        ///< bytes that may wait for the peer before sr_link_send refuses
    size_t low_water;         ///< see on_drained
    uint32_t user_timeout_ms; ///< TCP_USER_TIMEOUT and keep-alive; 0 leaves the kernel's defaults
    sr_tls *_Nullable tls;    ///< kept by the link; NULL: plain TCP
} sr_link_config;

typedef struct sr_listener sr_listener;
/// A new connection, valid during the call. What is not taken with sr_link_accept is closed.
typedef struct sr_incoming sr_incoming;
typedef void (*sr_incoming_function)(void *_Nullable context, sr_incoming *incoming);

/// Listens on host:port (port 0: any). Out of descriptors it stops accepting for a moment instead of spinning; the
/// kernel's backlog holds what comes meanwhile. Freed with sr_listener_free, also from inside its own function; links
/// live on.
sr_listener *_Nullable sr_listener_new(sr_loop *loop, const char *host, uint16_t port, sr_incoming_function function,
                                       void *_Nullable context, sr_error *error);
uint16_t sr_listener_port(const sr_listener *listener);
/// How often it had to stop for want of descriptors or memory.
uint64_t sr_listener_stalls(const sr_listener *listener);
void sr_listener_free(sr_listener *listener);

/// "192.0.2.7:40000"
const char *sr_incoming_peer(const sr_incoming *incoming);
/// At most once for each connection. With TLS the handshake follows, which nobody but the caller bounds in time; frames
/// that are sent meanwhile wait for it.
sr_link *sr_link_accept(sr_incoming *incoming, const sr_link_config *config, const sr_link_callbacks *callbacks,
                        void *_Nullable context);

/// Starts connecting to host:port. Names are resolved by a helper thread; their addresses are tried in turn, and each
/// gets its share of `timeout_ms`, which is for the handshake of TLS too. Never fails at once: trouble comes through
/// on_closed. Frames sent before on_connected wait for it.
sr_link *sr_link_connect(sr_loop *loop, const char *host, uint16_t port, uint32_t timeout_ms,
                         const sr_link_config *config, const sr_link_callbacks *callbacks, void *_Nullable context);

/// What has gone wrong with TLS; during on_closed with SR_LINK_TLS_FAILED.
sr_tls_failure sr_link_tls_failure(const sr_link *link);

/// Queues one frame (prefix added here) and writes at once what the socket takes. False when that would leave more than
/// max_output bytes waiting, or when the link is closing: then nothing of it was queued and the link is as before.
bool sr_link_send(sr_link *link, const uint8_t *payload, size_t count);
/// Bytes that wait for the peer.
size_t sr_link_pending(const sr_link *link);
/// While paused nothing is read, not even the peer's end, and TCP pushes back on the peer. Calls nest. Frames that had
/// been read are delivered after the resume, from the loop.
void sr_link_pause(sr_link *link);
void sr_link_resume(sr_link *link);
/// Closes after what is queued has been written and the peer has closed too, so that no reset overtakes the last
/// frames; but within `linger_ms` (0: now). Nothing is delivered or accepted any more.
void sr_link_close_after_flush(sr_link *link, uint32_t linger_ms);
/// "192.0.2.7:40000", valid while the link is.
const char *sr_link_peer(const sr_link *link);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
