// How many connections there may be, and how many from one address. A seat is taken at accept and left at close; it
// outlives the listener where a stream still sits on it.
#ifndef CREACTOR_SEATS_H
#define CREACTOR_SEATS_H

#include "internal.h"

#include <sys/socket.h>

/// The counters of one listener. Counted by references: one of the listener, one per seat.
typedef struct sr_hall sr_hall;
/// All connections from one address (IPv6: from one /64). Freed with the last of them.
typedef struct sr_seat sr_seat;

sr_hall *sr_hall_new(uint32_t max_total, uint32_t max_per_ip);
void sr_hall_release(sr_hall *hall);
uint64_t sr_hall_count(const sr_hall *hall);

typedef enum sr_seating {
    SR_SEATED,
    SR_SEATED_OVER_TOTAL, ///< counted, but beyond max_total
    SR_NOT_SEATED,        ///< too many from this address; not counted
} sr_seating;

/// Fills `seat` unless the result is SR_NOT_SEATED.
sr_seating sr_seat_take(sr_hall *hall, const struct sockaddr *address, sr_seat **seat);
void sr_seat_leave(sr_seat *seat);

#endif
