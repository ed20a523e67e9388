// Connecting: resolve the name (on a helper thread unless it is a literal), then try the addresses in turn.
#include "link.h"
#include "mailbox.h"
#include "socket.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/// getaddrinfo keeps its buffers on the stack.
static const size_t resolver_stack = 524288;
static const uint64_t ns_per_ms = 1000000;

/// Referred to by its link and, while it resolves, by the helper thread. The helper reads `host`, `service` and
/// `mailbox`, and sets `code`, `last_error` and `addresses` before its post; everything else is the loop thread's.
struct sr_dial {
    atomic_uint references;
    sr_mailbox *mailbox;
    char *host;
    char service[6];
    int code; ///< of getaddrinfo
    struct addrinfo *addresses;

    sr_link *link;         ///< NULL when it is not interested any more
    struct addrinfo *next; ///< to be tried next
    int fd;                ///< of the attempt that is under way, or -1
    int last_error;
    uint64_t deadline_ns;
    sr_timer *timer;
};

// MARK: - Life

static void release(sr_dial *dial) {
    if (atomic_fetch_sub_explicit(&dial->references, 1, memory_order_acq_rel) > 1)
        return;
    if (dial->addresses)
        freeaddrinfo(dial->addresses);
    sr_mailbox_release(dial->mailbox);
    free(dial->host);
    free(dial);
}

void sr_dial_drop(sr_dial *dial) {
    event_del(&dial->link->event);
    dial->link->dial = NULL;
    dial->link = NULL;
    sr_timer_free(dial->timer);
    if (dial->fd >= 0)
        close(dial->fd);
    release(dial);
}

// MARK: - Attempts

static void try_next(sr_dial *dial);

static void give_up(sr_dial *dial, int code, const char *detail) {
    sr_link_end(dial->link, SR_LINK_CONNECT_FAILED, code, detail);
}

static void end_attempt(sr_dial *dial, int error) {
    event_del(&dial->link->event);
    close(dial->fd);
    dial->fd = -1;
    dial->last_error = error;
}

static void on_timeout(void *context) {
    sr_dial *dial = context;
    if (dial->fd < 0) {
        give_up(dial, ETIMEDOUT, "cannot resolve the name");
        return;
    }
    end_attempt(dial, ETIMEDOUT);
    try_next(dial);
}

static uint64_t time_left_ms(const sr_dial *dial) {
    uint64_t now = sr_monotonic_ns();
    return dial->deadline_ns > now ? (dial->deadline_ns - now) / ns_per_ms : 0;
}

static void on_writable(evutil_socket_t fd, short events, void *context) {
    sr_dial *dial = context;
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) {
        end_attempt(dial, error);
        try_next(dial);
        return;
    }
    sr_link *link = dial->link;
    uint32_t left_ms = (uint32_t)time_left_ms(dial);
    dial->fd = -1; // the link's from here on
    sr_dial_drop(dial);
    sr_link_open(link, fd);
    if (link->secure)
        sr_secure_limit(link, left_ms);
    else if (link->callbacks.on_connected)
        link->callbacks.on_connected(link->context);
}

/// Starts connecting to one address; false with errno when that fails at once.
static bool attempt(sr_dial *dial, const struct addrinfo *address) {
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    dial->fd = fd;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS)
        return false;
    // A connection that is there at once is reported as writable too: one path for both.
    event_assign(&dial->link->event, sr_loop_base(dial->link->loop), fd, EV_WRITE | EV_PERSIST, on_writable, dial);
    return event_add(&dial->link->event, NULL) == 0;
}

static uint64_t share_of_time_ms(const sr_dial *dial) {
    uint64_t addresses = 1;
    for (const struct addrinfo *address = dial->next; address; address = address->ai_next)
        addresses++;
    return time_left_ms(dial) / addresses;
}

static void try_next(sr_dial *dial) {
    while (dial->next) {
        const struct addrinfo *address = dial->next;
        dial->next = address->ai_next;
        if (attempt(dial, address)) {
            sr_timer_start(dial->timer, share_of_time_ms(dial), 0);
            return;
        }
        dial->last_error = errno;
        if (dial->fd >= 0)
            end_attempt(dial, dial->last_error);
    }
    give_up(dial, dial->last_error, "cannot connect");
}

// MARK: - Resolving

static int look_up(sr_dial *dial, int flags) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | flags};
    return getaddrinfo(dial->host, dial->service, &hints, &dial->addresses);
}

static void connect_to_addresses(sr_dial *dial) {
    if (dial->code != 0) {
        bool is_errno = dial->code == EAI_SYSTEM;
        give_up(dial, is_errno ? dial->last_error : dial->code, "cannot resolve the name");
        return;
    }
    dial->next = dial->addresses;
    try_next(dial);
}

/// On the loop, posted by the helper thread; ends the helper's reference.
static void on_resolved(void *context) {
    sr_dial *dial = context;
    if (dial->link)
        connect_to_addresses(dial);
    release(dial);
}

static void *resolve(void *context) {
    sr_dial *dial = context;
    sr_set_thread_name("resolver");
    dial->code = look_up(dial, 0);
    if (dial->code == EAI_SYSTEM)
        dial->last_error = errno;
    if (!sr_mailbox_post(dial->mailbox, on_resolved, dial))
        release(dial);
    return NULL;
}

/// Detached: getaddrinfo cannot be interrupted, so nobody waits for it. Returns an errno value.
static int start_resolver(sr_dial *dial) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, resolver_stack);
    atomic_fetch_add_explicit(&dial->references, 1, memory_order_relaxed);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int code = pthread_create(&thread, &attributes, resolve, dial);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (code != 0) // the helper's reference; the link still has its own
        atomic_fetch_sub_explicit(&dial->references, 1, memory_order_relaxed);
    return code;
}

// MARK: - Connect

static sr_dial *new_dial(sr_link *link, const char *host, uint16_t port, uint32_t timeout_ms) {
    sr_dial *dial = sr_allocate(sizeof *dial);
    *dial = (sr_dial){.references = 1, .link = link, .fd = -1};
    dial->mailbox = sr_mailbox_retain(sr_loop_mailbox(link->loop));
    size_t host_size = strlen(host) + 1;
    dial->host = memcpy(sr_allocate(host_size), host, host_size);
    snprintf(dial->service, sizeof dial->service, "%u", port);
    dial->deadline_ns = sr_monotonic_ns() + timeout_ms * ns_per_ms;
    dial->timer = sr_timer_new(link->loop, on_timeout, dial);
    sr_timer_start(dial->timer, timeout_ms, 0);
    return dial;
}

sr_link *sr_link_connect(sr_loop *loop, const char *host, uint16_t port, uint32_t timeout_ms,
                         const sr_link_config *config, const sr_link_callbacks *callbacks, void *context) {
    char peer[300];
    snprintf(peer, sizeof peer, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
    sr_link *link = sr_link_new(loop, peer, config, callbacks, context);
    if (config->tls)
        link->secure = sr_secure_new(config->tls, host);
    sr_dial *dial = link->dial = new_dial(link, host, port, timeout_ms);
    if (look_up(dial, AI_NUMERICHOST) == 0) {
        connect_to_addresses(dial);
        return link;
    }
    int code = start_resolver(dial);
    if (code != 0)
        give_up(dial, code, "cannot start a thread to resolve the name");
    return link;
}
