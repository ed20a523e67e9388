// CAudience: a fan-out and its clients over real TCP connections, all in one process and on one thread.
#ifndef CAUDIENCE_H
#define CAUDIENCE_H

#include <stddef.h>
#include <stdint.h>

typedef struct ca_audience ca_audience;

/// `clients` (at most 5 000, two descriptors each) that read one topic, connected and past their response head. Ends
/// the process when that is not possible. Freed with ca_audience_free.
ca_audience *ca_audience_new(size_t clients);
void ca_audience_free(ca_audience *audience);

/// Publishes `events` events of 200 bytes together and turns the loop until every client has been sent all of them.
/// At most 100 before the next ca_audience_read, or the sockets are full.
void ca_audience_publish(ca_audience *audience, size_t events);

/// The clients read and throw away what has arrived.
void ca_audience_read(ca_audience *audience);

#endif
