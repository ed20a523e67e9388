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

/// Takes the error that a function of OpenSSL has left on this thread, with the session that it came from. Writes a
/// sentence; `host` is whom a client has dialled.
sr_tls_failure sr_tls_explain(const sr_tls *tls, SSL *session, const char *host, sr_error *error);
/// The sentence for a peer that has sent something else than TLS.
void sr_tls_explain_stranger(const sr_tls *tls, sr_error *error);

/// "the gateway": what it is called in sentences.
const char *sr_tls_peer(const sr_tls *tls);
bool sr_tls_is_client(const sr_tls *tls);
/// For sentences: the file of the authorities, or words for those of the system.
const char *sr_tls_authorities(const sr_tls *tls);

#endif
