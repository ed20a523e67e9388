// How many connections there may be, and how many from one address. A seat is taken at accept and left at close; it
// outlives the listener where a stream still sits on it.
#ifndef CREACTOR_SEATS_H
#define CREACTOR_SEATS_H

#include "internal.h"

#include <sys/socket.h>

/// All connections from one address (IPv6: from one /64). Freed with the last of them.
typedef struct sr_seat sr_seat;

/// Counted by references: those of sr_hall_new and of sr_hall_retain, and one per seat.
sr_hall *sr_hall_retain(sr_hall *hall);
uint64_t sr_hall_count(sr_hall *hall);
/// Connections beyond the limit of all.
uint64_t sr_hall_excess(sr_hall *hall);

typedef enum sr_seating {
    SR_SEATED,
    SR_SEATED_OVER_TOTAL, ///< counted, but beyond max_total
    SR_NOT_SEATED,        ///< too many from this address; not counted
} sr_seating;

/// Any thread. Fills `seat` unless the result is SR_NOT_SEATED.
sr_seating sr_seat_take(sr_hall *hall, const struct sockaddr *address, sr_seat **seat);
/// Any thread.
void sr_seat_leave(sr_seat *seat);

#endif
