// TLS of a link: OpenSSL between the link's buffers and its socket.
#include "link.h"
#include "tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

/// What a peer gets to read an alert in, before the socket is closed.
static const uint32_t parting_ms = 1000;

/// Why nothing more can be read or written.
typedef enum tls_end {
    GOES_ON = 0,
    ENDED_BY_PEER, ///< in the way that TLS has for it
    CUT,           ///< the peer has closed the socket without that
    BROKEN,        ///< by an error of the socket
    FAILED,        ///< by TLS itself
} tls_end;

struct sr_secure {
    sr_tls *tls;
    SSL *session; ///< NULL before the connection
    char *host;   ///< whom a client has dialled
    char *detail; ///< why TLS has failed
    int code;     ///< errno of BROKEN
    uint8_t end;  ///< tls_end; told to the link when what came before it has been delivered
    uint8_t failure;
    bool has_heard;        ///< the first byte of the peer has come
    bool peer_is_stranger; ///< and was none of TLS
    bool peer_has_closed;  ///< the socket has brought the end
    bool read_wants_write; ///< reading goes on when the socket is writable
    bool write_wants_read; ///< writing goes on when it is readable
    bool holds_input;
};

// MARK: - The socket, as OpenSSL sees it

/// A record of the handshake or an alert (RFC 8446, section 5.1), which begin each conversation.
static bool begins_tls(uint8_t byte) {
    return byte == 22 || byte == 21;
}

static int read_socket(BIO *bio, char *bytes, int room) {
    sr_link *link = BIO_get_data(bio);
    sr_secure *secure = link->secure;
    BIO_clear_retry_flags(bio);
    ssize_t count = recv(link->fd, bytes, (size_t)room, 0);
    if (count > 0 && !secure->has_heard) {
        // Asked here because OpenSSL waits for more from a stranger whose length looks like a record's.
        secure->has_heard = true;
        secure->peer_is_stranger = !begins_tls((uint8_t)bytes[0]);
        return secure->peer_is_stranger ? -1 : (int)count;
    }
    if (count == 0)
        secure->peer_has_closed = true;
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    else if (count < 0)
        secure->code = errno;
    return (int)count;
}

static int write_socket(BIO *bio, const char *bytes, int count) {
    sr_link *link = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t sent = send(link->fd, bytes, (size_t)count, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(bio);
    else if (sent < 0)
        link->secure->code = errno;
    return (int)sent;
}

static long control_socket(BIO *bio, int command, long number, void *pointer) {
    return command == BIO_CTRL_FLUSH; // nothing is buffered, and nothing else has to be done
}

static BIO_METHOD *method;
static pthread_once_t method_once = PTHREAD_ONCE_INIT;

/// Kept for the life of the process.
static void make_method(void) {
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "link");
    if (!method)
        abort();
    BIO_meth_set_read(method, read_socket);
    BIO_meth_set_write(method, write_socket);
    BIO_meth_set_ctrl(method, control_socket);
}

static void attach_socket(sr_link *link, SSL *session) {
    pthread_once(&method_once, make_method);
    BIO *bio = BIO_new(method);
    if (!bio)
        abort();
    BIO_set_data(bio, link);
    BIO_set_init(bio, 1);
    SSL_set_bio(session, bio, bio); // which owns it
    // One recv for as many records as there are. What it reads too much of is asked for by SSL_has_pending.
    SSL_set_read_ahead(session, 1);
}

// MARK: - Life

sr_secure *sr_secure_new(sr_tls *tls, const char *host) {
    sr_secure *secure = sr_allocate(sizeof *secure);
    *secure = (sr_secure){.tls = sr_tls_retain(tls)};
    if (host)
        secure->host = strcpy(sr_allocate(strlen(host) + 1), host);
    return secure;
}

void sr_secure_free(sr_secure *secure) {
    SSL_free(secure->session);
    sr_tls_release(secure->tls);
    free(secure->host);
    free(secure->detail);
    free(secure);
}

sr_tls_failure sr_link_tls_failure(const sr_link *link) {
    return link->secure ? (sr_tls_failure)link->secure->failure : SR_TLS_NO_FAILURE;
}

// MARK: - Ends

/// Tells a peer that does not speak TLS what is spoken here, in the alert that OpenSSL answers old versions with.
static void answer_stranger(const sr_link *link) {
    static const uint8_t protocol_version[] = {21, 3, 3, 0, 2, 2, 70};
    send(link->fd, protocol_version, sizeof protocol_version, MSG_NOSIGNAL);
}

static void set_failure(sr_secure *secure, sr_tls_failure failure, const char *detail) {
    secure->failure = (uint8_t)failure;
    free(secure->detail);
    secure->detail = strcpy(sr_allocate(strlen(detail) + 1), detail);
}

/// Lets the link linger: were the socket closed at once, with input that nobody has read, its reset could overtake the
/// alert that tells the peer why.
static void fail(sr_link *link) {
    sr_secure *secure = link->secure;
    if (link->state > SR_LINK_OPEN) {
        sr_link_end(link, SR_LINK_TLS_FAILED, 0, "TLS has failed");
        return;
    }
    if (secure->peer_is_stranger && !secure->host)
        answer_stranger(link);
    sr_link_depart(link, SR_LINK_TLS_FAILED, secure->detail, parting_ms);
    link->state = SR_LINK_LINGERING;
    shutdown(link->fd, SHUT_WR);
    sr_link_update(link);
}

static void tell_end(sr_link *link, const char *broken) {
    sr_secure *secure = link->secure;
    switch ((tls_end)secure->end) {
    case GOES_ON:
        break;
    case ENDED_BY_PEER:
        sr_link_peer_ended(link, "closed by the peer");
        break;
    case CUT:
        if (link->state == SR_LINK_SECURING)
            sr_link_end(link, SR_LINK_CLOSED_BY_PEER, 0, "closed by the peer during the handshake of TLS");
        else if (link->state == SR_LINK_OPEN && SSL_has_pending(secure->session))
            sr_link_end(link, SR_LINK_TRUNCATED, 0, "the peer closed in the middle of a record of TLS");
        else
            sr_link_peer_ended(link, "closed by the peer, without the end that TLS has");
        break;
    case BROKEN:
        sr_link_end(link, SR_LINK_IO_ERROR, secure->code, broken);
        break;
    case FAILED:
        fail(link);
        break;
    }
}

/// Takes what a function of OpenSSL has returned instead of success. True when it is to be called again, with the event
/// to wait for in `wanted`; otherwise `end` has been set.
static bool is_to_wait(sr_secure *secure, int result, uint8_t *wanted) {
    int error = SSL_get_error(secure->session, result);
    *wanted = error == SSL_ERROR_WANT_READ ? EV_READ : error == SSL_ERROR_WANT_WRITE ? EV_WRITE : 0;
    if (*wanted)
        return true;
    sr_error text;
    if (error == SSL_ERROR_ZERO_RETURN) {
        secure->end = ENDED_BY_PEER;
    } else if (secure->peer_is_stranger) {
        secure->end = FAILED;
        sr_tls_explain_stranger(secure->tls, &text);
        set_failure(secure, SR_TLS_NOT_SPOKEN, text.text);
    } else if (ERR_peek_error() == 0 && secure->code != 0) {
        secure->end = BROKEN;
    } else if (ERR_peek_error() == 0 && secure->peer_has_closed) {
        secure->end = CUT;
    } else {
        secure->end = FAILED;
        sr_tls_failure failure = sr_tls_explain(secure->tls, secure->session, secure->host, &text);
        set_failure(secure, failure, text.text);
    }
    ERR_clear_error();
    return false;
}

// MARK: - The handshake

static void on_late(void *context) {
    sr_link *link = context;
    sr_error text;
    sr_error_set(&text, 0, "%s has not finished the handshake of TLS in time", sr_tls_peer(link->secure->tls));
    set_failure(link->secure, SR_TLS_OTHER_FAILURE, text.text);
    sr_link_end(link, SR_LINK_TLS_FAILED, 0, link->secure->detail);
}

void sr_secure_limit(sr_link *link, uint32_t timeout_ms) {
    if (link->state != SR_LINK_SECURING)
        return;
    link->timer = sr_timer_new(link->loop, on_late, link);
    sr_timer_start(link->timer, timeout_ms, 0);
}

/// Opens the link; the last thing that is done with it, since the user may do anything to it.
static void finish_handshake(sr_link *link) {
    sr_secure *secure = link->secure;
    if (link->timer)
        sr_timer_free(link->timer);
    link->timer = NULL;
    link->state = SR_LINK_OPEN;
    secure->read_wants_write = false;
    // The first records may have come together with the end of the handshake.
    secure->holds_input = SSL_has_pending(secure->session);
    sr_link_update(link);
    if (secure->host && link->callbacks.on_connected)
        link->callbacks.on_connected(link->context);
}

static void shake_hands(sr_link *link) {
    sr_secure *secure = link->secure;
    ERR_clear_error();
    int result = SSL_do_handshake(secure->session);
    uint8_t wanted;
    if (result == 1) {
        finish_handshake(link);
    } else if (is_to_wait(secure, result, &wanted)) {
        secure->read_wants_write = wanted == EV_WRITE;
        sr_link_update(link);
    } else {
        tell_end(link, "the handshake of TLS failed");
    }
}

void sr_secure_start(sr_link *link) {
    sr_secure *secure = link->secure;
    secure->session = sr_tls_session(secure->tls, secure->host);
    if (!secure->session) {
        set_failure(secure, SR_TLS_OTHER_FAILURE, "there is no name that a certificate could be for");
        sr_link_end(link, SR_LINK_TLS_FAILED, 0, secure->detail);
        return;
    }
    attach_socket(link, secure->session);
    // Not now: the user has not got the link yet. A client has something to say as soon as the socket is writable.
    secure->read_wants_write = secure->host != NULL;
    sr_link_update(link);
}

// MARK: - Events

/// Also to a peer that has ended its own side.
static bool can_write(const sr_secure *secure) {
    return secure->end == GOES_ON || secure->end == ENDED_BY_PEER;
}

uint8_t sr_secure_interest(const sr_link *link) {
    const sr_secure *secure = link->secure;
    uint8_t write_event = !can_write(secure) ? 0 : secure->write_wants_read ? EV_READ : EV_WRITE;
    switch ((sr_link_state)link->state) {
    case SR_LINK_SECURING:
        return secure->read_wants_write ? EV_WRITE : EV_READ;
    case SR_LINK_OPEN: {
        uint8_t wanted = link->output.count > 0 ? write_event : 0;
        if (link->pauses == 0)
            wanted |= EV_READ | (secure->read_wants_write ? EV_WRITE : 0);
        return wanted;
    }
    case SR_LINK_FLUSHING:
        return EV_READ | write_event;
    case SR_LINK_LINGERING:
        return EV_READ;
    case SR_LINK_DIALING:
    case SR_LINK_ENDED:
        break;
    }
    return 0;
}

void sr_secure_event(sr_link *link, short events) {
    const sr_secure *secure = link->secure; // lives as long as the link, which is freed later than here
    if (link->state == SR_LINK_SECURING) {
        shake_hands(link);
        return;
    }
    bool reads = (events & EV_READ) || ((events & EV_WRITE) && secure->read_wants_write);
    if ((events & EV_WRITE) || ((events & EV_READ) && secure->write_wants_read))
        sr_link_write(link);
    if (!reads)
        return;
    if (link->state == SR_LINK_OPEN && link->pauses == 0)
        sr_link_read(link);
    else if (link->state == SR_LINK_FLUSHING || link->state == SR_LINK_LINGERING)
        sr_link_discard(link);
    // A part of a large frame was read, and the rest may have come with it.
    if (link->state == SR_LINK_OPEN && secure->holds_input)
        sr_link_update(link);
}

bool sr_secure_holds_input(const sr_secure *secure) {
    return secure->holds_input;
}

// MARK: - Bytes

size_t sr_secure_receive(sr_link *link, uint8_t *bytes, size_t room) {
    sr_secure *secure = link->secure;
    size_t count = 0;
    secure->holds_input = secure->read_wants_write = false;
    while (count < room && secure->end == GOES_ON) {
        size_t got = 0;
        ERR_clear_error();
        int result = SSL_read_ex(secure->session, bytes + count, room - count, &got);
        uint8_t wanted;
        count += got;
        if (result != 1 && is_to_wait(secure, result, &wanted)) {
            secure->read_wants_write = wanted == EV_WRITE;
            return count;
        }
    }
    if (count == 0)
        tell_end(link, "reading failed");
    else // what was read comes first, and the end or the rest after it
        secure->holds_input = secure->end != GOES_ON || SSL_has_pending(secure->session);
    return count;
}

size_t sr_secure_transmit(sr_link *link, const uint8_t *bytes, size_t count) {
    sr_secure *secure = link->secure;
    size_t sent = 0;
    // After an end that reading has found nothing is written; reading tells it, behind what came before it.
    bool could_write = can_write(secure);
    secure->write_wants_read = false;
    while (sent < count && can_write(secure)) {
        size_t taken = 0;
        ERR_clear_error();
        int result = SSL_write_ex(secure->session, bytes + sent, count - sent, &taken);
        uint8_t wanted;
        sent += taken;
        if (result != 1 && is_to_wait(secure, result, &wanted)) {
            secure->write_wants_read = wanted == EV_READ;
            return sent;
        }
    }
    if (could_write && sent < count)
        tell_end(link, "writing failed");
    return sent;
}

bool sr_secure_part(sr_link *link) {
    sr_secure *secure = link->secure;
    bool can_tell = secure->session && SSL_is_init_finished(secure->session);
    if (!can_tell || !can_write(secure))
        return true;
    ERR_clear_error();
    int result = SSL_shutdown(secure->session);
    bool waits = result < 0 && SSL_get_error(secure->session, result) == SSL_ERROR_WANT_WRITE;
    ERR_clear_error();
    return !waits;
}
