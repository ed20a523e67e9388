// Connections on which nothing has arrived yet. One costs 3 KB with evhttp, so it stays here for a while.
#include "http.h"

#include <stdlib.h>

static void end(http_silent *silent) {
    http_door *door = &silent->http->door;
    event_del(&silent->readable);
    TAILQ_REMOVE(&door->silent, silent, entry);
    door->silent_count--;
    free(silent);
}

/// Also when it has been silent for too long.
static void on_word(evutil_socket_t fd, short events, void *context) {
    http_silent *silent = context;
    sr_http *http = silent->http;
    end(silent);
    http_door_hear(http, fd);
}

void http_silence_begin(sr_http *http, int fd) {
    http_silent *silent = sr_allocate(sizeof *silent);
    *silent = (http_silent){.http = http};
    TAILQ_INSERT_TAIL(&http->door.silent, silent, entry);
    http->door.silent_count++;
    struct timeval patience = {.tv_sec = http->config.silence_s};
    event_assign(&silent->readable, sr_loop_base(http->loop), fd, EV_READ, on_word, silent);
    event_priority_set(&silent->readable, SR_PRIORITY_URGENT);
    if (event_add(&silent->readable, &patience) != 0)
        abort();
}

int http_silence_end_oldest(sr_http *http) {
    http_silent *silent = TAILQ_FIRST(&http->door.silent);
    int fd = event_get_fd(&silent->readable);
    end(silent);
    return fd;
}
