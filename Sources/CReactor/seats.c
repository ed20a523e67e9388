#include "seats.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>

enum { SEAT_BUCKETS = 256 };

struct sr_seat {
    sr_hall *hall;
    sr_seat *next; ///< in its bucket
    uint64_t address;
    uint32_t taken;
    bool exempt; ///< loopback
};

/// The mutex protects everything but the two limits, and all fields of the seats but `hall` and `address`.
struct sr_hall {
    pthread_mutex_t mutex;
    uint32_t references;
    uint32_t count;
    uint32_t max_total;
    uint32_t max_per_ip;
    sr_seat *buckets[SEAT_BUCKETS];
};

sr_hall *sr_hall_new(uint32_t max_total, uint32_t max_per_ip) {
    sr_hall *hall = sr_allocate(sizeof *hall);
    *hall = (sr_hall){.references = 1, .max_total = max_total, .max_per_ip = max_per_ip};
    pthread_mutex_init(&hall->mutex, NULL);
    return hall;
}

sr_hall *sr_hall_retain(sr_hall *hall) {
    pthread_mutex_lock(&hall->mutex);
    hall->references++;
    pthread_mutex_unlock(&hall->mutex);
    return hall;
}

void sr_hall_release(sr_hall *hall) {
    pthread_mutex_lock(&hall->mutex);
    bool is_last = --hall->references == 0;
    pthread_mutex_unlock(&hall->mutex);
    if (!is_last)
        return;
    pthread_mutex_destroy(&hall->mutex);
    free(hall);
}

uint64_t sr_hall_count(sr_hall *hall) {
    pthread_mutex_lock(&hall->mutex);
    uint64_t count = hall->count;
    pthread_mutex_unlock(&hall->mutex);
    return count;
}

uint64_t sr_hall_excess(sr_hall *hall) {
    uint64_t count = sr_hall_count(hall);
    return count > hall->max_total ? count - hall->max_total : 0;
}

/// IPv4 (also as ::ffff:a.b.c.d) in the low half, the first 64 bits of IPv6 as they are: the two cannot meet, because
/// no IPv6 address in use begins with 32 zero bits.
static uint64_t address_key(const struct sockaddr *address, bool *loopback) {
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        if (!IN6_IS_ADDR_V4MAPPED(six)) {
            uint64_t prefix;
            memcpy(&prefix, six->s6_addr, sizeof prefix);
            *loopback = IN6_IS_ADDR_LOOPBACK(six);
            return prefix;
        }
        *loopback = six->s6_addr[12] == 127;
        uint32_t four;
        memcpy(&four, six->s6_addr + 12, sizeof four);
        return ntohl(four);
    }
    if (address->sa_family == AF_INET) {
        uint32_t four = ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr);
        *loopback = four >> 24 == 127;
        return four;
    }
    *loopback = false;
    return 0;
}

static sr_seat **bucket_of(sr_hall *hall, uint64_t address) {
    return &hall->buckets[(address * 0x9E3779B97F4A7C15u) >> 56];
}

static sr_seat *seat_for_locked(sr_hall *hall, uint64_t address, bool exempt) {
    sr_seat **bucket = bucket_of(hall, address);
    for (sr_seat *seat = *bucket; seat; seat = seat->next)
        if (seat->address == address && seat->exempt == exempt)
            return seat;
    sr_seat *seat = sr_allocate(sizeof *seat);
    *seat = (sr_seat){.hall = hall, .next = *bucket, .address = address, .exempt = exempt};
    *bucket = seat;
    hall->references++;
    return seat;
}

static sr_seating take_locked(sr_hall *hall, uint64_t address, bool loopback, sr_seat **result) {
    sr_seat *seat = seat_for_locked(hall, address, loopback);
    if (!seat->exempt && hall->max_per_ip != 0 && seat->taken >= hall->max_per_ip)
        return SR_NOT_SEATED;
    seat->taken++;
    hall->count++;
    *result = seat;
    return hall->count > hall->max_total ? SR_SEATED_OVER_TOTAL : SR_SEATED;
}

sr_seating sr_seat_take(sr_hall *hall, const struct sockaddr *address, sr_seat **result) {
    bool loopback = false;
    uint64_t key = address_key(address, &loopback);
    pthread_mutex_lock(&hall->mutex);
    sr_seating seating = take_locked(hall, key, loopback, result);
    pthread_mutex_unlock(&hall->mutex);
    return seating;
}

/// Takes it out of its bucket; the caller frees it.
static void unlist_locked(sr_seat *seat) {
    sr_seat **link = bucket_of(seat->hall, seat->address);
    while (*link != seat)
        link = &(*link)->next;
    *link = seat->next;
}

void sr_seat_leave(sr_seat *seat) {
    sr_hall *hall = seat->hall;
    pthread_mutex_lock(&hall->mutex);
    hall->count--;
    bool is_last = --seat->taken == 0;
    if (is_last)
        unlist_locked(seat);
    pthread_mutex_unlock(&hall->mutex);
    if (!is_last)
        return;
    free(seat);
    sr_hall_release(hall);
}
