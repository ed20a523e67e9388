#include "link.h"
#include "socket.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(struct sr_link) <= 312, "the memory of an idle link");

// MARK: - Events

static void on_event(evutil_socket_t fd, short events, void *context) {
    sr_link *link = context;
    if (link->secure) {
        sr_secure_event(link, events);
        return;
    }
    if (events & EV_WRITE)
        sr_link_write(link);
    if (!(events & EV_READ))
        return;
    if (link->state == SR_LINK_OPEN)
        sr_link_read(link);
    else if (link->state != SR_LINK_ENDED)
        sr_link_discard(link);
}

static uint8_t wanted_events(const sr_link *link) {
    if (link->secure)
        return sr_secure_interest(link);
    switch ((sr_link_state)link->state) {
    case SR_LINK_OPEN:
        return (link->pauses == 0 ? EV_READ : 0) | (link->output.count > 0 ? EV_WRITE : 0);
    case SR_LINK_FLUSHING:
        return EV_READ | EV_WRITE;
    case SR_LINK_LINGERING:
        return EV_READ;
    case SR_LINK_DIALING:  // dial.c uses the event in its own way
    case SR_LINK_SECURING: // not without TLS
    case SR_LINK_ENDED:
        break;
    }
    return 0;
}

void sr_link_update(sr_link *link) {
    uint8_t wanted = wanted_events(link);
    if (wanted != link->interest) {
        event_del(&link->event);
        link->interest = wanted;
        if (wanted != 0) {
            event_assign(&link->event, sr_loop_base(link->loop), link->fd, (short)(wanted | EV_PERSIST), on_event,
                         link);
            event_add(&link->event, NULL);
        }
    }
    // The kernel does not know of what waits here; and event_del has forgotten an earlier activation.
    bool holds_input = link->frames_waiting || (link->secure && sr_secure_holds_input(link->secure));
    if (holds_input && (wanted & EV_READ))
        event_active(&link->event, EV_READ, 0);
}

// MARK: - Life

static uint32_t clamp(size_t size) {
    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

static void on_loop_stop(sr_resident *resident) {
    // The resident is the link's first member.
    sr_link_end((sr_link *)resident, SR_LINK_CLOSED_BY_US, 0, "the loop has stopped");
}

sr_link *sr_link_new(sr_loop *loop, const char *peer, const sr_link_config *config, const sr_link_callbacks *callbacks,
                     void *context) {
    size_t peer_size = strlen(peer) + 1;
    sr_link *link = sr_allocate(sizeof *link + peer_size);
    memset(link, 0, sizeof *link);
    memcpy(link->peer, peer, peer_size);
    link->loop = loop;
    link->callbacks = *callbacks;
    link->context = context;
    link->max_frame = clamp(config->max_frame);
    link->max_output = clamp(config->max_output);
    link->low_water = clamp(config->low_water);
    link->user_timeout_ms = config->user_timeout_ms;
    link->fd = -1;
    link->state = SR_LINK_DIALING;
    event_assign(&link->event, sr_loop_base(loop), -1, 0, on_event, link);
    sr_resident_add(loop, &link->resident, on_loop_stop);
    return link;
}

void sr_link_open(sr_link *link, int fd) {
    sr_socket_configure(fd, link->user_timeout_ms);
    link->fd = fd;
    if (link->secure) {
        link->state = SR_LINK_SECURING;
        sr_secure_start(link);
    } else {
        link->state = SR_LINK_OPEN;
        sr_link_update(link);
    }
}

/// Deferred by sr_link_end: tells the user and frees.
static void finish(void *context) {
    sr_link *link = context;
    sr_error text;
    if (link->end_code < 0)
        sr_error_set(&text, 0, "%s: %s", link->end_detail, gai_strerror(link->end_code));
    else
        sr_error_set(&text, link->end_code, "%s", link->end_detail);
    link->callbacks.on_closed(link->context, (sr_link_close)link->end_reason, text.text);
    free(link->input.bytes);
    free(link->output.bytes);
    if (link->secure)
        sr_secure_free(link->secure);
    free(link);
}

void sr_link_end(sr_link *link, sr_link_close reason, int code, const char *detail) {
    if (link->state == SR_LINK_ENDED)
        return;
    if (link->state <= SR_LINK_OPEN) {
        link->end_reason = (uint8_t)reason;
        link->end_code = code;
        link->end_detail = detail;
    }
    if (link->secure && link->output.count == 0 && link->state < SR_LINK_LINGERING)
        sr_secure_part(link);
    link->state = SR_LINK_ENDED;
    event_del(&link->event);
    if (link->fd >= 0)
        close(link->fd);
    if (link->dial)
        sr_dial_drop(link->dial);
    if (link->timer)
        sr_timer_free(link->timer);
    sr_resident_remove(&link->resident);
    sr_loop_defer(link->loop, finish, link);
}

static void on_linger_over(void *context) {
    sr_link *link = context;
    sr_link_end(link, (sr_link_close)link->end_reason, 0, link->end_detail);
}

void sr_link_depart(sr_link *link, sr_link_close reason, const char *detail, uint32_t linger_ms) {
    if (link->state == SR_LINK_ENDED)
        return;
    if (link->state == SR_LINK_SECURING || link->state == SR_LINK_OPEN) {
        link->state = SR_LINK_FLUSHING;
        if (link->timer)
            sr_timer_free(link->timer);
        link->timer = sr_timer_new(link->loop, on_linger_over, link);
        sr_timer_start(link->timer, linger_ms, 0);
        // Also with nothing to write: the event that it is writable goes on from there.
        sr_link_update(link);
    }
    link->end_reason = (uint8_t)reason;
    link->end_detail = detail;
}

// MARK: - Asked by the user

void sr_link_close_after_flush(sr_link *link, uint32_t linger_ms) {
    bool says_nothing = link->state == SR_LINK_SECURING && link->output.count == 0;
    if (linger_ms == 0 || link->state == SR_LINK_DIALING || says_nothing)
        sr_link_end(link, SR_LINK_CLOSED_BY_US, 0, "closed here");
    else if (link->state == SR_LINK_SECURING || link->state == SR_LINK_OPEN)
        sr_link_depart(link, SR_LINK_CLOSED_BY_US, "closed here", linger_ms);
}

void sr_link_pause(sr_link *link) {
    link->pauses++;
    sr_link_update(link);
}

void sr_link_resume(sr_link *link) {
    if (link->pauses > 0 && --link->pauses == 0)
        sr_link_update(link);
}

const char *sr_link_peer(const sr_link *link) {
    return link->peer;
}
