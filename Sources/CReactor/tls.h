// TLS inside of CReactor: sessions for what reads and writes sockets.
#ifndef CREACTOR_TLS_INTERNAL_H
#define CREACTOR_TLS_INTERNAL_H

#include "internal.h"

#include <openssl/ssl.h>

/// Any thread. One more that has to call sr_tls_release.
sr_tls *sr_tls_retain(sr_tls *tls);

/// Any thread. A session with the files as they were read last, in its role, without a socket; freed with SSL_free. It
/// does not keep the sr_tls. A client's session verifies that the certificate is for `host`, a name or an address, and
/// tells the server the name (RFC 6066); NULL is returned when that is no name. A server's has no `host`.
SSL *sr_tls_session(sr_tls *tls, const char *host);

/// "the gateway": what it is called in sentences.
const char *sr_tls_peer(const sr_tls *tls);
/// For sentences: the file of the authorities, or words for those of the system.
const char *sr_tls_authorities(const sr_tls *tls);

#endif
