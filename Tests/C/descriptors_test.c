// A server in a process that has run out of descriptors.
#include "http_server.h"

#include <errno.h>
#include <sys/resource.h>

/// Returns what it was.
static rlim_t set_descriptor_limit(rlim_t limit) {
    struct rlimit limits;
    getrlimit(RLIMIT_NOFILE, &limits);
    rlim_t before = limits.rlim_cur;
    limits.rlim_cur = limit;
    CHECK(setrlimit(RLIMIT_NOFILE, &limits) == 0);
    return before;
}

static rlim_t lowest_free_descriptor(void) {
    int fd = dup(STDERR_FILENO);
    close(fd);
    return (rlim_t)fd;
}

static void on_accept_failure(void *context, int error) {
    server *server = context;
    server->failures++;
    CHECK_EQUAL(error, EMFILE);
}

TEST(out_of_descriptors_it_says_so_once_and_accepts_what_has_waited) {
    server server;
    server_start(&server, defaults);
    sr_http_set_accept_failure(server.http, on_accept_failure);
    peer waiting[8];
    for (int i = 0; i < 8; i++)
        waiting[i] = peer_connect(server.port, 0);
    rlim_t before = set_descriptor_limit(1);
    PUMP_UNTIL(server.loop, sr_http_get_stats(server.http).accept_failures == 2);
    set_descriptor_limit(before);
    for (int i = 0; i < 8; i++) {
        peer_send(&waiting[i], simple);
        PUMP_UNTIL(server.loop, peer_has(&waiting[i], "hello"));
        peer_close(&waiting[i]);
    }
    CHECK_EQUAL(server.failures, 1);
    server_stop(&server);
}

enum { CROWD = 200 };

/// More requests than are let in at a time have been accepted, all in one pass of the loop.
static void fill_door(server *server, peer crowd[CROWD]) {
    struct event *acceptable = server->http->door.acceptable;
    event_del(acceptable);
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = peer_connect(server->port, 0);
        peer_send(&crowd[i], simple);
        int fd = accept4(event_get_fd(acceptable), NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        CHECK(fd >= 0);
        http_queue_push(&server->http->door.others, fd);
    }
    event_active(server->http->let_in, EV_TIMEOUT, 0);
}

static void expect_answers(server *server, peer crowd[CROWD]) {
    for (int i = 0; i < CROWD; i++) {
        PUMP_UNTIL(server->loop, peer_has(&crowd[i], "hello"));
        peer_close(&crowd[i]);
    }
}

TEST(a_crowd_at_the_door_is_let_in_after_evhttp_had_no_descriptor_for_it) {
    server server;
    peer crowd[CROWD];
    server_start(&server, defaults);
    fill_door(&server, crowd);
    rlim_t before =
        set_descriptor_limit(lowest_free_descriptor() + 1); // enough to knock, and for the first to be accepted
    for (int i = 0; i < 20; i++)
        event_base_loop(sr_loop_base(server.loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    fprintf(stderr, "  %d answered meanwhile\n", server.requests);
    CHECK(server.requests < CROWD);
    set_descriptor_limit(before);
    expect_answers(&server, crowd);
    server_stop(&server);
}

TEST(a_crowd_at_the_door_does_not_make_it_spin_while_there_are_no_descriptors) {
    server server;
    peer crowd[CROWD];
    server_start(&server, defaults);
    fill_door(&server, crowd);
    rlim_t before = set_descriptor_limit(1);
    for (int i = 0; i < 100; i++)
        event_base_loop(sr_loop_base(server.loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    CHECK(sr_http_get_stats(server.http).accept_failures < 10);
    set_descriptor_limit(before);
    expect_answers(&server, crowd);
    server_stop(&server);
}
