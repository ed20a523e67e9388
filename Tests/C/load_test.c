#include "check.h"

#include <sys/socket.h>

#include "CLoad.h"
#include "engine.h"

enum { LINE = 100 };

/// A worker with one open listener, whose connection's other end is `peer`.
typedef struct setup {
    cl_plan plan;
    cl_totals totals;
    worker worker;
    listener listener;
    int peer;
} setup;

static setup *make_setup(cl_role role) {
    setup *s = calloc(1, sizeof *s);
    int ends[2];
    CHECK(s && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    s->plan.line_size = LINE;
    s->plan.host = "test";
    s->worker.plan = &s->plan;
    s->worker.totals = &s->totals;
    s->worker.listeners = &s->listener;
    s->worker.count = 1;
    s->worker.epoll = -1;
    s->worker.buffer = malloc(MAX_EVENT_BYTES + RECEIVE_BYTES);
    s->worker.under_way = 1;
    s->listener = (listener){.fd = ends[0], .state = LISTENER_HEAD, .role = (uint8_t)role, .next = 1};
    s->listener.path = strdup("/stream");
    s->peer = ends[1];
    return s;
}

static void free_setup(setup *s) {
    close(s->peer);
    if (s->listener.fd >= 0) {
        close(s->listener.fd);
    }
    free(s->listener.carry);
    free(s->listener.path);
    free(s->worker.buffer);
    free(s);
}

static void put(setup *s, const char *bytes, size_t count) {
    CHECK_EQUAL(write(s->peer, bytes, count), (ssize_t)count);
    cl_receive(&s->worker, &s->listener, RECEIVE_BYTES);
}

/// Appends one event; the text ends with a zero.
static void add_event(char *text, uint64_t number) {
    char line[LINE + 1] = {0};
    cl_line_write(line, LINE, number, 5);
    sprintf(text + strlen(text), "id: x%d\nevent: container_logs\ndata: {\"line\":\"%s\",\"seq\":1}\n\n", (int)number,
            line);
}

static void scan(setup *s, const char *text) {
    CHECK_EQUAL(cl_sse_scan(&s->worker, &s->listener, text, strlen(text)), strlen(text));
}

static void scan_event(setup *s, uint64_t number) {
    char text[400] = "";
    add_event(text, number);
    scan(s, text);
}

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
static const char chunked_head[] = "HTTP/1.1 200 OK\r\ntransfer-Encoding: chunked\r\n\r\n";

// MARK: Verification

TEST(what_comes_in_order_is_delivered) {
    setup *s = make_setup(CL_PLAIN);
    for (uint64_t i = 1; i <= 20; i++) {
        scan_event(s, i);
    }
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].delivered, 20);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].live.count, 20);
    CHECK_TEXT(s->listener.id, "x20");
    cl_verify_end(&s->worker, &s->listener, 20);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].lost, 0);
    CHECK_EQUAL(s->worker.settled, 20);
    free_setup(s);
}

TEST(a_hole_is_a_loss_and_what_fills_it_later_is_out_of_order) {
    setup *s = make_setup(CL_PLAIN);
    scan_event(s, 1);
    scan_event(s, 4);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].lost, 2);
    scan_event(s, 2);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].lost, 1);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].reordered, 1);
    scan_event(s, 4);
    scan_event(s, 1);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].repeated, 2);
    free_setup(s);
}

TEST(the_end_of_a_topic_that_has_not_come_is_behind_and_lost) {
    setup *s = make_setup(CL_PLAIN);
    scan_event(s, 1);
    cl_verify_end(&s->worker, &s->listener, 3);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].behind, 2);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].lost, 2);
    free_setup(s);
    s = make_setup(CL_SLOW);
    cl_verify_end(&s->worker, &s->listener, 3);
    CHECK_EQUAL(s->totals.roles[CL_SLOW].behind, 3);
    CHECK_EQUAL(s->totals.roles[CL_SLOW].lost, 0);
    free_setup(s);
}

TEST(a_gap_accounts_for_as_many_as_it_says) {
    setup *s = make_setup(CL_PLAIN);
    scan_event(s, 1);
    scan(s, "event: gap\ndata: {\"missed\":3,\"from\":2,\"to\":4}\n\n");
    scan_event(s, 6);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].missed, 3);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].lost, 1);
    scan(s, "event: gap\ndata: {\"missed\":null}\n\n");
    scan_event(s, 100);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].missed, 3 + 93);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].lost, 1);
    scan(s, "event: gap\ndata: {\"missed\":5}\n\n");
    cl_verify_end(&s->worker, &s->listener, 105);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].missed, 3 + 93 + 5);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].lost, 1);
    CHECK_EQUAL(s->totals.gaps, 3);
    CHECK_EQUAL(s->totals.gaps_unknown, 1);
    free_setup(s);
}

TEST(holes_of_what_is_conflated_are_no_losses) {
    setup *s = make_setup(CL_PLAIN);
    s->plan.conflates = true;
    scan_event(s, 5);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].missed, 4);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].lost, 0);
    free_setup(s);
}

TEST(events_due_before_a_listener_was_back_are_counted_apart) {
    setup *s = make_setup(CL_PLAIN);
    s->listener.came_back = true;
    s->listener.opened_at = 6; // the events are due at 5
    s->worker.now = 9;
    scan_event(s, 1);
    s->listener.opened_at = 5;
    scan_event(s, 2);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].late.count, 1);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].live.count, 1);
    CHECK_EQUAL(s->totals.roles[CL_PLAIN].live.max, 4);
    free_setup(s);
}

// MARK: Bytes

TEST(fields_without_events_and_comments_are_understood) {
    setup *s = make_setup(CL_PLAIN);
    scan(s, ": a comment\nretry: 2500\nid: first\n\nid:second\r\ndata:{\"state\":\"active\"}\r\n\r\n");
    CHECK_EQUAL(s->listener.retry_ms, 2500);
    CHECK_TEXT(s->listener.id, "second");
    CHECK_EQUAL(s->totals.others, 1);
    free_setup(s);
}

TEST(a_stream_is_the_same_at_every_split_point) {
    char text[2000] = "";
    strcat(text, head);
    strcat(text, "retry: 2000\nid: begin\n\n");
    for (uint64_t i = 1; i <= 4; i++) {
        add_event(text, i);
    }
    for (size_t split = 1; split < strlen(text); split++) {
        setup *s = make_setup(CL_PLAIN);
        put(s, text, split);
        put(s, text + split, strlen(text) - split);
        CHECK_EQUAL(s->totals.roles[CL_PLAIN].delivered, 4);
        CHECK_EQUAL(s->totals.roles[CL_PLAIN].damaged, 0);
        CHECK_EQUAL(s->totals.opened, 1);
        CHECK_TEXT(s->listener.id, "x4");
        free_setup(s);
    }
}

/// Takes the text apart into chunks of this size.
static size_t make_chunks(const char *text, size_t size, char *out) {
    size_t count = 0;
    for (size_t at = 0; at < strlen(text); at += size) {
        int rest = (int)(strlen(text) - at < size ? strlen(text) - at : size);
        count += (size_t)sprintf(out + count, "%X;extension\r\n%.*s\r\n", (unsigned)rest, rest, text + at);
    }
    return count;
}

TEST(chunks_are_taken_out_wherever_they_and_the_reads_end) {
    char text[1000] = "", body[8000];
    for (uint64_t i = 1; i <= 3; i++) {
        add_event(text, i);
    }
    for (size_t chunk = 1; chunk < 200; chunk += 13) {
        size_t count = make_chunks(text, chunk, body);
        for (size_t read = 1; read < 100; read += 7) {
            setup *s = make_setup(CL_PLAIN);
            put(s, chunked_head, strlen(chunked_head));
            for (size_t at = 0; at < count; at += read) {
                put(s, body + at, count - at < read ? count - at : read);
            }
            CHECK_EQUAL(s->totals.roles[CL_PLAIN].delivered, 3);
            CHECK_EQUAL(s->totals.roles[CL_PLAIN].damaged, 0);
            free_setup(s);
        }
    }
}

TEST(an_answer_other_than_200_is_a_failure_with_its_reason) {
    setup *s = make_setup(CL_PLAIN);
    static const char answer[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    put(s, answer, strlen(answer));
    CHECK_EQUAL(s->totals.failures, 1);
    CHECK_TEXT(s->totals.failure, "GET /stream: HTTP/1.1 404 Not Found");
    CHECK_EQUAL(s->listener.state, LISTENER_WAITING);
    free_setup(s);
}

TEST(a_stream_that_the_server_ends_is_taken_up_again_after_its_retry) {
    setup *s = make_setup(CL_PLAIN);
    put(s, head, strlen(head));
    put(s, "retry: 1000\n\n", 13);
    uint64_t before = cl_monotonic_ns();
    shutdown(s->peer, SHUT_RDWR);
    cl_receive(&s->worker, &s->listener, RECEIVE_BYTES);
    CHECK_EQUAL(s->totals.closed_by_server, 1);
    CHECK_EQUAL(s->totals.open, 0);
    CHECK_EQUAL(s->listener.state, LISTENER_WAITING);
    CHECK(s->listener.due >= before + 1000000000U);
    free_setup(s);
}

TEST(no_bytes_of_a_server_are_too_strange) {
    uint64_t state = 20260101;
    for (int round = 0; round < 2000; round++) {
        setup *s = make_setup(CL_PLAIN);
        put(s, round % 2 ? head : chunked_head, strlen(round % 2 ? head : chunked_head));
        char bytes[600];
        static const char alphabet[] = "\r\n:;0Ffa @n=t id data event retry \"missed\":gap\n\n";
        for (size_t i = 0; i < sizeof bytes; i++) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            bytes[i] = (state >> 60) == 0 ? (char)(state >> 40) : alphabet[(state >> 33) % (sizeof alphabet - 1)];
        }
        put(s, bytes, 300);
        put(s, bytes + 300, 300);
        CHECK(s->totals.roles[CL_PLAIN].delivered == 0);
        free_setup(s);
    }
}
