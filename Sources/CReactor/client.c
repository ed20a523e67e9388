#include "fanout.h"

#include "http.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/// Read at once of what a client sends although it has nothing to say.
enum { DISCARD_BYTES = 16 * 1024 };

_Static_assert(sizeof(sr_client) <= 304 && sizeof(sr_attachment) <= 120, "the memory of an idle client");

// MARK: - Socket

static void set_option(int fd, int level, int option, uint32_t value) {
    setsockopt(fd, level, option, &value, sizeof value);
}

/// A client that vanished is found by what it does not acknowledge, or when nothing was sent, by keep-alive.
static void configure_socket(int fd, const sr_fanout_config *config) {
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (config->send_buffer > 0)
        set_option(fd, SOL_SOCKET, SO_SNDBUF, config->send_buffer);
    if (config->user_timeout_ms == 0)
        return;
    uint32_t interval = config->user_timeout_ms / 3000;
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, config->user_timeout_ms);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, interval > 0 ? interval : 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval > 0 ? interval : 1);
}

/// Reads and throws away, a bounded amount. Returns what recv does.
static ssize_t discard_input(sr_client *client) {
    return recv(client->fd, sr_loop_scratch(client->fanout->loop), DISCARD_BYTES, MSG_DONTWAIT);
}

/// Edge-triggered: when thousands close at once and the loop looks for what is urgent in between, the kernel would name
/// all of them again each time. For the same reason nothing is done here: they are looked at in passes, which are
/// short.
static void on_readable(evutil_socket_t fd, short events, void *context) {
    sr_client *client = context;
    client->heard = true;
    sr_fanout_queue(client);
}

void sr_client_listen(sr_client *client) {
    client->heard = false;
    ssize_t count = discard_input(client);
    int error = count < 0 ? errno : 0;
    if (count > 0 || error == EINTR) // perhaps there is more, and no edge will tell
        event_active(&client->readable, EV_READ, 0);
    else if (error != EAGAIN)
        sr_client_close(client, error == ETIMEDOUT && client->writable ? SR_CLIENT_STALLED : SR_CLIENT_CLOSED);
}

static void unblock(sr_client *client) {
    if (!client->writable)
        return;
    event_free(client->writable);
    client->writable = NULL;
}

static void on_writable(evutil_socket_t fd, short events, void *context) {
    sr_client *client = context;
    unblock(client);
    sr_client_flush(client, true);
}

/// The event is made only for the time it is needed: 128 bytes less for each of the many that never block.
void sr_client_block(sr_client *client) {
    if (client->writable)
        return;
    client->writable = event_new(sr_loop_base(client->fanout->loop), client->fd, EV_WRITE | EV_ET, on_writable, client);
    if (!client->writable || event_add(client->writable, NULL) != 0)
        abort();
    client->last_progress = client->fanout->tick;
    sr_heartbeat_schedule(client);
}

bool sr_client_is_blocked(const sr_client *client) {
    return client->writable != NULL;
}

// MARK: - Life

sr_client *sr_client_new(sr_fanout *fanout, uint64_t id, int fd, sr_seat *seat) {
    sr_client *client = sr_allocate(sizeof *client);
    *client = (sr_client){.named.id = id, .fanout = fanout, .fd = fd, .seat = seat};
    sr_fanout_add_client(fanout, client);
    client->last_sent = fanout->tick;
    sr_heartbeat_schedule(client);
    if (fd < 0) {
        sr_client_close(client, SR_CLIENT_CLOSED);
        return client;
    }
    configure_socket(fd, &fanout->config);
    event_assign(&client->readable, sr_loop_base(fanout->loop), fd, EV_READ | EV_PERSIST | EV_ET, on_readable, client);
    if (event_add(&client->readable, NULL) != 0)
        abort();
    return client;
}

sr_client *sr_request_stream(sr_request *request, sr_fanout *fanout, uint64_t client_id, const uint8_t *head,
                             size_t head_count) {
    sr_seat *seat = NULL;
    int fd = http_request_take_socket(request, &seat);
    sr_client *client = sr_client_new(fanout, client_id, fd, seat);
    sr_client_write(client, head, head_count);
    return client;
}

/// The close itself is expensive, and thousands may go at once: it comes with the report.
static void end_socket(sr_client *client, sr_client_gone reason) {
    if (client->fd < 0)
        return;
    event_del(&client->readable);
    unblock(client);
    if (reason == SR_CLIENT_FINISHED) {
        // Unread input would turn the close into a reset, which can overtake what is on its way.
        shutdown(client->fd, SHUT_WR);
        discard_input(client);
    }
}

void sr_client_close(sr_client *client, sr_client_gone reason) {
    if (client->gone)
        return;
    client->gone = true;
    client->gone_reason = (uint8_t)reason;
    end_socket(client, reason);
    while (client->attachments)
        sr_attachment_free(client->attachments);
    sr_client_free_privates(client);
    sr_client_free_positions(client);
    LIST_REMOVE(client, wheel_entry);
    if (!client->queued) // otherwise the pass that finds it in `dirty` moves it
        STAILQ_INSERT_TAIL(&client->fanout->gone, client, queue_entry);
    sr_fanout_schedule(client->fanout);
}

void sr_client_give_up_socket(sr_client *client) {
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    if (client->seat)
        sr_seat_leave(client->seat);
    client->seat = NULL;
}

void sr_client_free(sr_client *client) {
    sr_fanout_remove_client(client->fanout, client);
    free(client);
}

// MARK: - Topics

static sr_attachment *open_attachment(const sr_client *client, const sr_topic *topic) {
    for (sr_attachment *each = client->attachments; each; each = each->next_of_client)
        if (each->topic == topic && each->end == UINT64_MAX)
            return each;
    return NULL;
}

static sr_attachment *attachment_new(sr_client *client, sr_topic *topic, uint64_t next) {
    sr_attachment *attachment = sr_allocate(sizeof *attachment);
    *attachment = (sr_attachment){.client = client,
                                  .topic = topic,
                                  .next_of_client = client->attachments,
                                  .next = next,
                                  .end = UINT64_MAX,
                                  .floor = client->fanout->clock};
    client->attachments = attachment;
    LIST_INSERT_HEAD(&topic->attachments, attachment, topic_entry);
    topic->client_count++;
    return attachment;
}

void sr_client_attach(sr_client *client, sr_topic *topic, const sr_attach *attach) {
    if (client->gone || client->finishing)
        return;
    sr_attachment *attachment = open_attachment(client, topic);
    bool added = !attachment;
    if (added) {
        sr_topic_settle(topic);
        attachment = attachment_new(client, topic, sr_topic_after(topic, attach->after_seq));
    }
    attachment->label = attach->label;
    attachment->policy = (uint8_t)attach->policy;
    attachment->conflate_until = 0;
    attachment->max_events = attach->max_events > 0 ? attach->max_events : 1;
    attachment->max_bytes = attach->max_bytes;
    if (added && attachment->next < topic->next)
        sr_attachment_make_pending(attachment, sr_topic_event_seq(topic, attachment->next));
}

void sr_client_detach(sr_client *client, sr_topic *topic) {
    sr_attachment *attachment = open_attachment(client, topic);
    if (attachment)
        sr_attachment_detach(attachment);
}

void sr_client_leave(sr_client *client, sr_topic *topic, uint64_t from_seq) {
    sr_client_take_back(client, topic->named.id, from_seq);
    sr_attachment *attachment = open_attachment(client, topic);
    if (attachment)
        sr_attachment_free(attachment);
}

// MARK: - Commands

void sr_client_notify_drained(sr_client *client) {
    if (client->gone)
        return;
    client->notify_drained = true;
    if (!client->writable)
        sr_fanout_queue(client);
}

void sr_client_finish(sr_client *client) {
    if (client->gone || client->finishing)
        return;
    client->finishing = true;
    sr_attachment *next;
    for (sr_attachment *each = client->attachments; each; each = next) {
        next = each->next_of_client;
        if (each->end == UINT64_MAX)
            sr_attachment_detach(each);
    }
    if (!client->writable)
        sr_fanout_queue(client);
}

void sr_client_abort(sr_client *client) {
    sr_client_close(client, SR_CLIENT_ABORTED);
}

static void add_queued(const sr_attachment *attachment, bool slow, sr_client_stats *stats) {
    uint64_t target = sr_attachment_target(attachment, slow);
    uint64_t limit = sr_attachment_limit(attachment);
    uint64_t missed = target > attachment->next ? sr_attachment_lost(attachment, target).missed : 0;
    if (attachment->policy == SR_SLOW_CONFLATE)
        stats->conflated += target - attachment->next - missed;
    if (attachment->policy != SR_SLOW_GIVE_BACK)
        stats->dropped += missed;
    if (target == limit)
        return;
    uint64_t replaced_bytes, replaced = sr_attachment_replaced(attachment, target, slow, &replaced_bytes);
    stats->conflated += replaced;
    stats->queued_events += limit - target - replaced;
    stats->queued_bytes += sr_topic_event_start(attachment->topic, limit) -
                           sr_topic_event_start(attachment->topic, target) - replaced_bytes;
}

sr_client_stats sr_client_get_stats(const sr_client *client) {
    sr_client_stats stats = {.delivered = client->delivered,
                             .dropped = client->dropped,
                             .conflated = client->conflated,
                             .bytes_sent = client->bytes_sent,
                             .queued_bytes = client->private_bytes};
    for (const sr_attachment *each = client->attachments; each; each = each->next_of_client)
        add_queued(each, client->writable != NULL, &stats);
    if (client->writable)
        stats.waiting_ms = (client->fanout->tick - client->last_progress) * (client->fanout->tick_ns / 1000000);
    return stats;
}
