#include "http.h"

#include <fcntl.h>
#include <unistd.h>

static int take_plain(sr_request *request, sr_seat **seat) {
    http_plain *plain = request->plain;
    int fd = plain->fd;
    *seat = plain->seat;
    plain->fd = -1;
    plain->seat = NULL;
    http_request_free(request);
    return fd;
}

/// evhttp and its stream cost 3 KB and two epoll_ctl per write. A stream of events needs neither, only the socket. The
/// connection insists on shutting down and closing the descriptor it knows, so it is left with another one.
int http_request_take_socket(sr_request *request, sr_seat **seat) {
    if (request->plain)
        return take_plain(request, seat);
    http_connection *connection = request->connection;
    *seat = NULL;
    int fd = -1;
    if (connection) {
        // Out of epoll first: its registration is of the socket and would survive the descriptor.
        bufferevent_disable(connection->stream, EV_READ | EV_WRITE);
        fd = fcntl(connection->fd, F_DUPFD_CLOEXEC, 0);
        if (fd >= 0) {
            dup3(connection->http->dummy, connection->fd, O_CLOEXEC);
            *seat = connection->seat;
            connection->seat = NULL;
        }
        evhttp_connection_free(connection->peer);
    }
    http_request_free(request);
    return fd;
}
