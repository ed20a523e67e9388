// From the kernel to evhttp. evhttp accepts in the order of arrival and builds 3 KB for each connection at once: when
// ten thousand clients come back together, a health check would wait for them all, and they would hold 30 MB. Here they
// wait as descriptors, and are let in a few at a time; requests for streams come after all others.
//
// evhttp takes connections from a listener only. It is given one of a Unix socket: the door connects to it once for
// each connection that it lets in, and the accepted end is replaced by the real one before anything is read. Any
// program on the machine can connect to that socket; it makes no difference whose connection it is that is replaced,
// and one more than the door has asked for is closed.
#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    ACCEPT_BURST = 256, ///< accepted before other events get their turn
    LET_IN_BURST = 64,  ///< with evhttp before most of them have become streams or have been answered
    REOPEN_AFTER_MS = 100,
};

/// How long a busy loop may keep those waiting who do not want a stream, and what has come beyond a burst.
static const struct timeval let_in_bound = {.tv_sec = 0, .tv_usec = 3000};

/// Accepting counts as in order again when it has not failed for so long.
static const uint64_t failure_memory_ns = 60000000000;

// MARK: - Arrivals

static bool begins_with(const char *text, ssize_t count, const char *start) {
    return count >= (ssize_t)strlen(start) && memcmp(text, start, strlen(start)) == 0;
}

/// What a connection says first.
typedef struct http_word {
    char text[96];
    ssize_t count; ///< negative: nothing yet
} http_word;

static http_word word_of(int fd) {
    http_word word;
    word.count = recv(fd, word.text, sizeof word.text, MSG_PEEK | MSG_DONTWAIT);
    return word;
}

/// Whether it is for a stream, below whatever path. Only the beginning of a long path is looked at.
static bool wants_stream(const http_word *word) {
    if (!begins_with(word->text, word->count, "GET /"))
        return false;
    for (const char *at = word->text + 4, *end = word->text + word->count; at < end && *at != ' ' && *at != '?'; at++)
        if (begins_with(at, end - at, "/streams/") || begins_with(at, end - at, "/sessions/"))
            return true;
    return false;
}

/// By what has arrived. Thousands that want a stream come at once; whoever waits for one is not a person, and comes
/// back by itself.
static void enqueue(sr_http *http, int fd, const http_word *word) {
    http_queue_push(wants_stream(word) ? &http->door.streams : &http->door.others, fd);
}

// MARK: - Accepting

/// Started once, not put off by what happens meanwhile.
static void reopen_soon(sr_http *http) {
    if (http->door.reopening)
        return;
    http->door.reopening = true;
    sr_timer_start(http->reopen, REOPEN_AFTER_MS, 0);
}

/// The process is out of descriptors or memory. Trying again at once would spin, so what comes waits in the kernel, and
/// what is in the queue where it is.
static void pause_accepting(sr_http *http, int error) {
    uint64_t now = sr_monotonic_ns();
    bool is_new = http->failed_at == 0 || now - http->failed_at > failure_memory_ns;
    http->failed_at = now;
    http->stats.accept_failures++;
    http->door.paused = true;
    if (http->door.acceptable)
        event_del(http->door.acceptable);
    http->door.rests = false;
    reopen_soon(http);
    if (is_new && http->on_accept_failure)
        http->on_accept_failure(http->context, error);
}

static void accept_again(sr_http *http) {
    if (http->door.acceptable && !http->door.paused && !http->door.full)
        event_add(http->door.acceptable, NULL);
}

static size_t waiting_at(const http_door *door) {
    return door->streams.count + door->others.count + door->silent_count;
}

/// More than there is room for, and those that are let in to be told so, wait in the kernel.
static bool is_full(sr_http *http) {
    return waiting_at(&http->door) >= sr_hall_room(http->hall) + LET_IN_BURST;
}

/// Silence is granted while there is room. Beyond that, whoever opens connections and says nothing would keep all
/// others out: so those that have been silent longest go to evhttp, where the limit of their address counts.
static void end_long_silences(sr_http *http) {
    http_door *door = &http->door;
    while (door->silent_count > 0 && door->others.count < LET_IN_BURST && is_full(http))
        http_queue_push(&door->others, http_silence_end_oldest(http));
}

static void schedule(sr_http *http) {
    const http_door *door = &http->door;
    end_long_silences(http);
    bool has_stream = door->streams.count > 0 && door->plain_count < LET_IN_BURST;
    bool has_other = door->others.count > door->knocked && door->knocked < LET_IN_BURST && !door->paused;
    if (has_stream || has_other || door->rests)
        event_active(http->let_in, EV_TIMEOUT, 0);
    if ((has_other || door->rests) && !event_pending(http->let_in_late, EV_TIMEOUT, NULL))
        event_add(http->let_in_late, &let_in_bound);
}

/// Some have been let in.
static void go_on(sr_http *http) {
    if (http->door.full && !is_full(http)) {
        http->door.full = false;
        accept_again(http);
    }
    schedule(http);
}

void http_door_hear(sr_http *http, int fd) {
    http_word word = word_of(fd);
    enqueue(http, fd, &word);
    schedule(http);
}

static void receive(sr_http *http, int fd) {
    http_word word = word_of(fd);
    if (word.count < 0 && errno == EAGAIN && http->config.silence_s > 0)
        http_silence_begin(http, fd);
    else
        enqueue(http, fd, &word);
    http->door.full = is_full(http);
}

void http_door_arrived(sr_http *http, int fd) {
    receive(http, fd);
    schedule(http);
}

static void arrived(sr_http *http, int fd) {
    if (http->tls.context)
        http_tls_begin(http, fd);
    else
        receive(http, fd);
}

/// Urgent: behind thousands of other events the kernel's queue would overflow, and who does not find room in it tries
/// again after a second only. After a burst the others get their turn.
static void on_acceptable(evutil_socket_t listener, short events, void *context) {
    sr_http *http = context;
    int count = 0;
    for (; count < ACCEPT_BURST && !http->door.full; count++) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            arrived(http, fd);
            continue;
        }
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            pause_accepting(http, errno);
        break;
    }
    http->door.rests = count == ACCEPT_BURST && !http->door.full && !http->door.paused;
    if (http->door.full || http->door.rests)
        event_del(http->door.acceptable);
    schedule(http);
}

// MARK: - Letting in

/// One more connection for evhttp to accept.
static bool knock(sr_http *http) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool knocked = connect(fd, (struct sockaddr *)&http->door.address, http->door.address_length) == 0;
    int error = errno;
    close(fd);
    errno = error;
    return knocked;
}

/// The first of those that want a stream; behind the others when it is not a plain request. Those that there is no seat
/// for are answered too, since EventSource gives up for ever on a 503.
static void serve_stream(sr_http *http) {
    int fd = http_queue_pop(&http->door.streams);
    http_plain *plain = http->overload ? http_plain_read(fd) : NULL;
    if (!plain) {
        http_queue_push(&http->door.others, fd);
        return;
    }
    plain->http = http;
    LIST_INSERT_HEAD(&http->door.plains, plain, entry);
    http->door.plain_count++;
    http->stats.accepted++;
    plain->over_limit = http_take_seat(http, fd, &plain->seat) != SR_SEATED;
    http->stats.over_limit += plain->over_limit;
    http_request_plain(http, plain);
}

void http_door_plain_gone(http_plain *plain) {
    LIST_REMOVE(plain, entry);
    plain->http->door.plain_count--;
    go_on(plain->http);
}

/// Those that have been knocked for come first: evhttp has not accepted them yet.
static bool let_others_in(sr_http *http) {
    while (http->door.knocked < http->door.others.count && http->door.knocked < LET_IN_BURST) {
        if (!knock(http))
            return false;
        http->door.knocked++;
    }
    return true;
}

static void end_rest(sr_http *http) {
    if (!http->door.rests)
        return;
    http->door.rests = false;
    accept_again(http);
}

void http_door_let_in_late(evutil_socket_t fd, short events, void *context) {
    sr_http *http = context;
    end_rest(http);
    if (!http->door.paused && !let_others_in(http))
        pause_accepting(http, errno);
    if (http->door.knocked > 0)
        reopen_soon(http);
    schedule(http);
}

void http_door_let_in(evutil_socket_t fd, short events, void *context) {
    sr_http *http = context;
    event_del(http->let_in_late);
    end_rest(http);
    if (!http->door.paused && !let_others_in(http))
        pause_accepting(http, errno);
    for (int i = 0; i < LET_IN_BURST && http->door.streams.count > 0 && http->door.plain_count < LET_IN_BURST; i++)
        serve_stream(http);
    if (http->door.knocked > 0) // evhttp may fail to accept, and tells nobody
        reopen_soon(http);
    go_on(http);
}

bool http_door_pass(sr_http *http, struct bufferevent *stream) {
    if (http->door.knocked == 0)
        return false;
    http->door.knocked--;
    int fd = http_queue_pop(&http->door.others);
    if (stream) {
        // Out of epoll, whose registration is of the socket, while the descriptor changes.
        bufferevent_disable(stream, EV_READ);
        dup3(fd, bufferevent_getfd(stream), O_CLOEXEC);
        http_tls_renumber(http, fd, bufferevent_getfd(stream));
        bufferevent_enable(stream, EV_READ);
    }
    close(fd);
    go_on(http);
    return true;
}

void http_door_reopen(void *context) {
    sr_http *http = context;
    http->door.reopening = http->door.paused = false;
    accept_again(http);
    evconnlistener_enable(http->door.inside);
    if (http->door.knocked > 0)
        reopen_soon(http);
    schedule(http);
}

// MARK: - Life

/// No descriptor for one that has knocked: `http_door_reopen` comes, since one that has knocked is not in yet.
static void on_inside_error(struct evconnlistener *listener, void *evhttp) {
    evconnlistener_disable(listener);
}

bool http_door_init(sr_http *http) {
    http_door *door = &http->door;
    TAILQ_INIT(&door->silent);
    door->address = (struct sockaddr_un){.sun_family = AF_UNIX}; // the kernel chooses an abstract name
    door->inside =
        evconnlistener_new_bind(sr_loop_base(http->loop), NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
                                LET_IN_BURST * 2, (struct sockaddr *)&door->address, sizeof(sa_family_t));
    if (!door->inside)
        return false;
    door->address_length = sizeof door->address;
    getsockname(evconnlistener_get_fd(door->inside), (struct sockaddr *)&door->address, &door->address_length);
    if (!evhttp_bind_listener(http->server, door->inside))
        abort();
    evconnlistener_set_error_cb(door->inside, on_inside_error);
    return true;
}

void http_door_open(sr_http *http, int listener) {
    http->door.acceptable = event_new(sr_loop_base(http->loop), listener, EV_READ | EV_PERSIST, on_acceptable, http);
    if (!http->door.acceptable || event_priority_set(http->door.acceptable, SR_PRIORITY_URGENT) != 0 ||
        event_add(http->door.acceptable, NULL) != 0)
        abort();
}

void http_door_close(sr_http *http) {
    if (!http->door.acceptable)
        return;
    int listener = event_get_fd(http->door.acceptable);
    event_free(http->door.acceptable); // first: it has to be known to epoll when it goes
    close(listener);
    http->door.acceptable = NULL;
}

void http_door_free(sr_http *http) {
    http_queue_close(&http->door.streams);
    http_queue_close(&http->door.others);
    while (http->door.silent_count > 0)
        close(http_silence_end_oldest(http));
    http_plain *plain;
    while ((plain = LIST_FIRST(&http->door.plains))) { // whoever answers it frees it
        LIST_REMOVE(plain, entry);
        plain->http = NULL;
        close(plain->fd);
        plain->fd = -1;
    }
}
