#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

struct sr_tls {
    atomic_uint references;
    sr_tls_role role;
    char *certificate, *key, *authorities, *peer; ///< paths, NULL where there is none
    pthread_mutex_t mutex;
    SSL_CTX *context; ///< what the files held last; under the mutex
};

// MARK: - What is wrong with a file

/// Fills in `file` and `error` and returns false.
typedef struct problem {
    sr_tls_file *file;
    sr_error *error;
} problem;

#define REFUSE(problem, which, ...) (*(problem).file = (which), sr_error_set((problem).error, __VA_ARGS__), false)

/// Whether there is something to read: OpenSSL's own errors do not tell a missing file from one without a certificate.
static bool check_readable(const char *path, sr_tls_file which, problem problem) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe without a writer would block the loop
    char byte;
    ssize_t count = fd < 0 ? -1 : read(fd, &byte, 1);
    int code = errno;
    if (fd >= 0)
        close(fd);
    if (count < 0)
        return REFUSE(problem, which, code, "cannot be read");
    return count > 0 ? true : REFUSE(problem, which, 0, "is empty");
}

/// Takes the errors that OpenSSL has left; the first is the cause of the others. `nothing`: where there was nothing of
/// the kind in the file.
static bool refuse_content(sr_tls_file which, const char *nothing, problem problem) {
    unsigned long first = ERR_peek_error(), code;
    while ((code = ERR_get_error()) != 0) {
        int library = ERR_GET_LIB(code), reason = ERR_GET_REASON(code);
        if ((library == ERR_LIB_PEM && reason == PEM_R_NO_START_LINE) ||
            (library == ERR_LIB_X509 && reason == X509_R_NO_CERTIFICATE_OR_CRL_FOUND) ||
            (library == ERR_LIB_OSSL_DECODER && reason == ERR_R_UNSUPPORTED))
            return REFUSE(problem, which, 0, "%s", nothing);
    }
    const char *words = ERR_reason_error_string(first);
    return REFUSE(problem, which, 0, "is not usable: %s", words ? words : "for a reason that OpenSSL does not tell");
}

/// Nobody sits at a terminal to type a passphrase: says that one was asked for, and gives none.
static int note_passphrase(char *buffer, int size, int writing, void *asked) {
    *(bool *)asked = true;
    return -1;
}

// MARK: - Files to context

static bool use_certificate(SSL_CTX *context, const sr_tls *tls, problem problem) {
    if (!check_readable(tls->certificate, SR_TLS_FILE_CERTIFICATE, problem))
        return false;
    if (SSL_CTX_use_certificate_chain_file(context, tls->certificate) != 1)
        return refuse_content(SR_TLS_FILE_CERTIFICATE, "holds no certificate in PEM", problem);
    if (!check_readable(tls->key, SR_TLS_FILE_KEY, problem))
        return false;
    bool asked = false;
    SSL_CTX_set_default_passwd_cb(context, note_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, &asked);
    bool used = SSL_CTX_use_PrivateKey_file(context, tls->key, SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
    // A key of another type than the certificate's is used without being compared.
    if (used && SSL_CTX_check_private_key(context) == 1)
        return true;
    if (used)
        return REFUSE(problem, SR_TLS_FILE_KEY, 0, "is not the key of the certificate in %s", tls->certificate);
    if (asked)
        return REFUSE(problem, SR_TLS_FILE_KEY, 0, "is encrypted; a key without a passphrase is needed");
    unsigned long code = ERR_peek_last_error();
    if (ERR_GET_LIB(code) == ERR_LIB_X509 &&
        (ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH || ERR_GET_REASON(code) == X509_R_KEY_TYPE_MISMATCH))
        return REFUSE(problem, SR_TLS_FILE_KEY, 0, "is not the key of the certificate in %s", tls->certificate);
    return refuse_content(SR_TLS_FILE_KEY, "holds no private key in PEM", problem);
}

/// Where other systems than OpenSSL's builder's have the authorities that they trust.
static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

static bool is_there(const char *variable, const char *otherwise) {
    const char *path = getenv(variable);
    return access(path ? path : otherwise, R_OK) == 0;
}

/// OpenSSL's directory is looked into when a certificate is verified, so it costs nothing before.
static bool trust_system(SSL_CTX *context, problem problem) {
    if (is_there(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()) ||
        is_there(X509_get_default_cert_file_env(), X509_get_default_cert_file())) {
        if (SSL_CTX_set_default_verify_paths(context) == 1)
            return true;
        return refuse_content(SR_TLS_FILE_AUTHORITIES, "has no certificates of authorities", problem);
    }
    for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++) {
        if (access(bundles[i], R_OK) == 0 && SSL_CTX_load_verify_file(context, bundles[i]) == 1)
            return true;
    }
    return REFUSE(problem, SR_TLS_FILE_AUTHORITIES, 0, "has no certificates of authorities; name a file with them");
}

static bool trust_file(SSL_CTX *context, const sr_tls *tls, problem problem) {
    if (!check_readable(tls->authorities, SR_TLS_FILE_AUTHORITIES, problem))
        return false;
    if (SSL_CTX_load_verify_file(context, tls->authorities) != 1)
        return refuse_content(SR_TLS_FILE_AUTHORITIES, "holds no certificate in PEM", problem);
    if (tls->role == SR_TLS_SERVER) // tells clients which of their certificates to show
        SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(tls->authorities));
    return true;
}

static bool fill(SSL_CTX *context, const sr_tls *tls, problem problem) {
    if (tls->certificate && !use_certificate(context, tls, problem))
        return false;
    if (tls->authorities)
        return trust_file(context, tls, problem);
    return tls->role == SR_TLS_SERVER || trust_system(context, problem);
}

static void set_rules(SSL_CTX *context, const sr_tls *tls) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // Connections last for days and are made anew rarely: nothing to resume, and nothing to keep for it.
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (tls->role == SR_TLS_CLIENT || tls->authorities)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    // Whatever stands in the file is trusted, also an authority that another one has signed.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
}

/// A context with what the files hold now, or NULL.
static SSL_CTX *read_files(const sr_tls *tls, problem problem) {
    *problem.file = SR_TLS_FILE_NONE;
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(tls->role == SR_TLS_SERVER ? TLS_server_method() : TLS_client_method());
    if (!context) {
        refuse_content(SR_TLS_FILE_NONE, "", problem);
        return NULL;
    }
    set_rules(context, tls);
    bool filled = fill(context, tls, problem);
    ERR_clear_error();
    if (filled)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

// MARK: - Life

static char *copy(const char *text) {
    return text ? strcpy(sr_allocate(strlen(text) + 1), text) : NULL;
}

sr_tls *sr_tls_new(const sr_tls_config *config, sr_tls_file *file, sr_error *error) {
    sr_tls *tls = sr_allocate(sizeof *tls);
    *tls = (sr_tls){.references = 1, .role = config->role};
    tls->certificate = copy(config->certificate);
    tls->key = copy(config->key);
    tls->authorities = copy(config->authorities);
    tls->peer = copy(config->peer);
    pthread_mutex_init(&tls->mutex, NULL);
    tls->context = read_files(tls, (problem){file, error});
    if (tls->context)
        return tls;
    sr_tls_release(tls);
    return NULL;
}

bool sr_tls_reload(sr_tls *tls, sr_tls_file *file, sr_error *error) {
    SSL_CTX *context = read_files(tls, (problem){file, error});
    if (!context)
        return false;
    pthread_mutex_lock(&tls->mutex);
    SSL_CTX *before = tls->context;
    tls->context = context;
    pthread_mutex_unlock(&tls->mutex);
    SSL_CTX_free(before); // sessions have references of their own
    return true;
}

sr_tls *sr_tls_retain(sr_tls *tls) {
    atomic_fetch_add_explicit(&tls->references, 1, memory_order_relaxed);
    return tls;
}

void sr_tls_release(sr_tls *tls) {
    if (atomic_fetch_sub_explicit(&tls->references, 1, memory_order_acq_rel) > 1)
        return;
    SSL_CTX_free(tls->context);
    pthread_mutex_destroy(&tls->mutex);
    free(tls->certificate);
    free(tls->key);
    free(tls->authorities);
    free(tls->peer);
    free(tls);
}

const char *sr_tls_peer(const sr_tls *tls) {
    return tls->peer;
}

bool sr_tls_is_client(const sr_tls *tls) {
    return tls->role == SR_TLS_CLIENT;
}

const char *sr_tls_authorities(const sr_tls *tls) {
    return tls->authorities ? tls->authorities : "the system's certificates";
}

// MARK: - Sessions

static bool is_address(const char *host) {
    struct in6_addr address;
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

/// Without what certificates do not have: the scope of an address, the dot behind a full name.
static void trim_host(char *host) {
    host[strcspn(host, "%")] = 0;
    size_t count = strlen(host);
    if (count > 1 && host[count - 1] == '.')
        host[count - 1] = 0;
}

/// False when that is no host, or memory has run out.
static bool expect_host(SSL *session, const char *given) {
    char *host = copy(given);
    trim_host(host);
    X509_VERIFY_PARAM *rules = SSL_get0_param(session);
    bool set = host[0] != 0; // OpenSSL verifies no name then
    if (is_address(host)) {
        set = X509_VERIFY_PARAM_set1_ip_asc(rules, host) == 1;
    } else if (set) {
        X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        set = SSL_set1_host(session, host) == 1 && SSL_set_tlsext_host_name(session, host) == 1;
    }
    free(host);
    return set;
}

SSL *sr_tls_session(sr_tls *tls, const char *host) {
    pthread_mutex_lock(&tls->mutex);
    SSL *session = SSL_new(tls->context);
    pthread_mutex_unlock(&tls->mutex);
    if (!session)
        abort();
    if (tls->role == SR_TLS_SERVER) {
        SSL_set_accept_state(session);
    } else {
        SSL_set_connect_state(session);
        if (!expect_host(session, host)) {
            // A session that verifies no name would be worse than none.
            SSL_free(session);
            return NULL;
        }
    }
    return session;
}
