// Options and addresses of TCP sockets.
#ifndef CREACTOR_SOCKET_H
#define CREACTOR_SOCKET_H

#include "internal.h"

#include <netdb.h>
#include <sys/socket.h>

/// Room for "[address]:port" of IPv6 with a scope.
enum { SR_ADDRESS_TEXT = 80 };

/// "192.0.2.7:40000" or "[2001:db8::1]:40000".
void sr_address_format(const struct sockaddr *address, char text[SR_ADDRESS_TEXT]);

/// TCP_NODELAY, and when `user_timeout_ms` is not 0 a bound on how long a silent death of the peer goes unnoticed.
void sr_socket_configure(int fd, uint32_t user_timeout_ms);

/// A non-blocking listening socket on the first address of host:port that can be bound, or -1. `share_port`: others
/// that say so too may listen there.
int sr_socket_listen(const char *host, uint16_t port, bool share_port, sr_error *error);
/// The port a socket is bound to.
uint16_t sr_socket_port(int fd);

#endif
