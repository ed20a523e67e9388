#include "check.h"
#include "seats.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>

static struct sockaddr_storage address(const char *text) {
    struct sockaddr_storage result = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&result;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&result;
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1)
        four->sin_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1)
        six->sin6_family = AF_INET6;
    return result;
}

static sr_seating take(sr_hall *hall, const char *text, sr_seat **seat) {
    struct sockaddr_storage from = address(text);
    return sr_seat_take(hall, (struct sockaddr *)&from, seat);
}

TEST(each_address_has_its_share) {
    sr_hall *hall = sr_hall_new(100, 2);
    sr_seat *seats[4];
    CHECK_EQUAL(take(hall, "192.0.2.1", &seats[0]), SR_SEATED);
    CHECK_EQUAL(take(hall, "192.0.2.1", &seats[1]), SR_SEATED);
    CHECK_EQUAL(take(hall, "192.0.2.1", &seats[2]), SR_NOT_SEATED);
    CHECK_EQUAL(take(hall, "::ffff:192.0.2.1", &seats[2]), SR_NOT_SEATED);
    CHECK_EQUAL(take(hall, "192.0.2.2", &seats[2]), SR_SEATED);
    CHECK_EQUAL(sr_hall_count(hall), 3);
    sr_seat_leave(seats[0]);
    CHECK_EQUAL(take(hall, "192.0.2.1", &seats[0]), SR_SEATED);
    for (int i = 0; i < 3; i++)
        sr_seat_leave(seats[i]);
    sr_hall_release(hall);
}

TEST(ipv6_counts_by_the_first_64_bits) {
    sr_hall *hall = sr_hall_new(100, 1);
    sr_seat *seats[2], *other;
    CHECK_EQUAL(take(hall, "2001:db8:1:2::1", &seats[0]), SR_SEATED);
    CHECK_EQUAL(take(hall, "2001:db8:1:2:ffff::9", &other), SR_NOT_SEATED);
    CHECK_EQUAL(take(hall, "2001:db8:1:3::1", &seats[1]), SR_SEATED);
    sr_seat_leave(seats[0]);
    sr_seat_leave(seats[1]);
    sr_hall_release(hall);
}

TEST(loopback_is_exempt_from_the_share_but_not_from_the_total) {
    const char *loopback[] = {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"};
    sr_hall *hall = sr_hall_new(6, 1);
    sr_seat *seats[8];
    for (int i = 0; i < 8; i++)
        CHECK_EQUAL(take(hall, loopback[i % 4], &seats[i]), i < 6 ? SR_SEATED : SR_SEATED_OVER_TOTAL);
    for (int i = 0; i < 8; i++)
        sr_seat_leave(seats[i]);
    CHECK_EQUAL(sr_hall_count(hall), 0);
    sr_hall_release(hall);
}

TEST(seats_outlive_the_listener) {
    sr_hall *hall = sr_hall_new(10, 10);
    sr_seat *seat;
    take(hall, "192.0.2.1", &seat);
    sr_hall_release(hall);
    sr_seat_leave(seat);
}

static void *come_and_go(void *hall) {
    for (int i = 0; i < 2000; i++) {
        sr_seat *seat;
        take(hall, i % 2 ? "192.0.2.1" : "192.0.2.2", &seat);
        sr_seat_leave(seat);
    }
    return NULL;
}

TEST(threads_may_share_a_hall) {
    sr_hall *hall = sr_hall_new(100, 100);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, come_and_go, hall);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQUAL(sr_hall_count(hall), 0);
    CHECK_EQUAL(sr_hall_excess(hall), 0);
    sr_hall_release(hall);
}
