// The bytes that a client does not share with others, in order of their stamps.
#include "fanout.h"

#include <string.h>

static sr_private *private_new(const uint8_t *bytes, size_t count, uint64_t stamp) {
    sr_private *result = sr_allocate(sizeof *result + count);
    *result = (sr_private){.stamp = stamp, .count = count};
    memcpy(result->bytes, bytes, count);
    return result;
}

void sr_client_write_rest(sr_client *client, const uint8_t *bytes, size_t count) {
    sr_private *rest = private_new(bytes, count, 0);
    rest->next = client->private_first;
    client->private_first = rest;
    if (!client->private_last)
        client->private_last = rest;
    client->private_bytes += count;
}

/// Behind all of the same or a lower stamp: usually at the end.
static void insert_private(sr_client *client, sr_private *added) {
    sr_private **link = &client->private_first;
    if (client->private_last && client->private_last->stamp <= added->stamp)
        link = &client->private_last->next;
    while (*link && (*link)->stamp <= added->stamp)
        link = &(*link)->next;
    added->next = *link;
    *link = added;
    if (!added->next)
        client->private_last = added;
}

static void write(sr_client *client, const sr_own_event *event, const uint8_t *bytes, size_t count) {
    bool inserting = client->insert_stamp != 0;
    if (client->gone || (client->finishing && !inserting) || count == 0)
        return;
    if (client->private_bytes + count > client->fanout->config.max_private_bytes) {
        sr_client_close(client, SR_CLIENT_STALLED);
        return;
    }
    uint64_t stamp = inserting ? client->insert_stamp : ++client->fanout->clock;
    sr_private *added = private_new(bytes, count, stamp);
    added->is_event = event != NULL;
    if (event)
        added->event = *event;
    insert_private(client, added);
    client->private_bytes += count;
    if (!client->writable)
        sr_fanout_queue(client);
}

void sr_client_write(sr_client *client, const uint8_t *bytes, size_t count) {
    write(client, NULL, bytes, count);
}

void sr_client_write_event(sr_client *client, const sr_own_event *event, const uint8_t *bytes, size_t count) {
    write(client, event, bytes, count);
}

void sr_client_take_back(sr_client *client, uint64_t topic_id, uint64_t from_seq) {
    sr_private **link = &client->private_first, *each;
    client->private_last = NULL;
    while ((each = *link)) {
        const sr_own_event *event = &each->event;
        if (each->is_event && event->topic_id == topic_id && event->seq >= from_seq && each->sent == 0) {
            *link = each->next;
            client->private_bytes -= each->count;
            free(each);
        } else {
            client->private_last = each;
            link = &each->next;
        }
    }
}

void sr_client_private_was_sent(sr_client *client, size_t count) {
    sr_private *bytes = client->private_first;
    client->private_bytes -= count;
    bytes->sent += count;
    bytes->stamp = 0;
    if (bytes->sent < bytes->count)
        return;
    client->private_first = bytes->next;
    if (!bytes->next)
        client->private_last = NULL;
    free(bytes);
}

void sr_client_free_privates(sr_client *client) {
    sr_private *next;
    for (sr_private *each = client->private_first; each; each = next) {
        next = each->next;
        free(each);
    }
    client->private_first = client->private_last = NULL;
    client->private_bytes = 0;
}
