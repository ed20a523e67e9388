// The caller's side: shared memory, forking, totals.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"

struct cl_load {
    cl_plan plan;
    control *control;
    size_t control_bytes;
    char *text; ///< of the topics; its first byte is not used
    size_t text_count;
    shared_worker *shared; ///< one for each worker
    pid_t workers[CL_MAX_WORKERS];
    uint32_t worker_count;
    int goal_fd;
};

static uint32_t listener_count(const cl_plan *plan) {
    return plan->listeners[CL_PLAIN] + plan->listeners[CL_SLOW] + plan->listeners[CL_FROZEN];
}

// MARK: - Workers

/// The first listeners of all are slow, then come the frozen ones.
static cl_role role_of(const cl_plan *plan, uint32_t number) {
    if (number < plan->listeners[CL_SLOW]) {
        return CL_SLOW;
    }
    return number < plan->listeners[CL_SLOW] + plan->listeners[CL_FROZEN] ? CL_FROZEN : CL_PLAIN;
}

static bool make_listeners(worker *w) {
    const cl_plan *plan = w->plan;
    w->listeners = calloc(w->count, sizeof *w->listeners);
    w->queue = calloc(w->count + 1, sizeof *w->queue);
    w->buffer = malloc(MAX_EVENT_BYTES + RECEIVE_BYTES);
    if (!w->listeners || !w->queue || !w->buffer) {
        return false;
    }
    for (uint32_t i = 0; i < w->count; i++) {
        uint32_t number = w->first + i * plan->workers;
        w->listeners[i] =
            (listener){.fd = -1, .role = (uint8_t)role_of(plan, number), .topic = number % plan->topics, .next = 1};
        w->plain += w->listeners[i].role == CL_PLAIN;
    }
    return true;
}

/// In the new process. Listener i of worker k is number k + i * workers of all, so that roles and topics spread.
static _Noreturn void run_worker(cl_load *load, uint32_t number, pid_t parent) {
    // Ctrl-C goes to everybody in the terminal; it is the caller who ends the workers, also by dying.
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1);
    }
    worker *w = calloc(1, sizeof *w);
    if (!w) {
        _exit(1);
    }
    uint32_t all = listener_count(&load->plan), workers = load->plan.workers;
    w->plan = &load->plan;
    w->control = load->control;
    w->text = load->text;
    w->shared = &load->shared[number];
    w->totals = &w->shared->totals;
    w->goal_fd = load->goal_fd;
    w->first = number;
    w->count = all / workers + (number < all % workers);
    w->churn_share = (double)load->plan.churn * w->count / all;
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (uint32_t i = 0; i < CREATE_CONNECTIONS; i++) {
        w->creators[i] = (creator){.fd = -1, .listener = UINT32_MAX};
    }
    if (w->epoll < 0 || !make_listeners(w)) {
        _exit(1);
    }
    cl_worker_run(w);
}

static bool fork_workers(cl_load *load) {
    pid_t parent = getpid();
    for (uint32_t i = 0; i < load->plan.workers; i++) {
        pid_t child = fork();
        if (child == 0) {
            run_worker(load, i, parent);
        }
        if (child < 0) {
            return false;
        }
        load->workers[load->worker_count++] = child;
    }
    return true;
}

// MARK: - The load

static void *shared_memory(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

cl_load *cl_load_new(const cl_plan *plan) {
    cl_load *load = calloc(1, sizeof *load);
    if (!load) {
        return NULL;
    }
    load->plan = *plan;
    load->control_bytes = sizeof(control) + plan->topics * sizeof(topic);
    load->control = shared_memory(load->control_bytes);
    load->shared = shared_memory(plan->workers * sizeof *load->shared);
    load->goal_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    load->text = shared_memory(CL_TEXT_BYTES);
    load->text_count = 1;
    if (!load->control || !load->shared || !load->text || load->goal_fd < 0 || !fork_workers(load)) {
        int error = errno;
        cl_load_free(load);
        errno = error;
        return NULL;
    }
    return load;
}

void cl_load_free(cl_load *load) {
    for (uint32_t i = 0; i < load->worker_count; i++) {
        kill(load->workers[i], SIGKILL);
        waitpid(load->workers[i], NULL, 0);
    }
    if (load->control) {
        munmap(load->control, load->control_bytes);
    }
    if (load->text) {
        munmap(load->text, CL_TEXT_BYTES);
    }
    if (load->shared) {
        munmap(load->shared, load->plan.workers * sizeof *load->shared);
    }
    if (load->goal_fd >= 0) {
        close(load->goal_fd);
    }
    free(load);
}

/// Where the copy lies; 0 when there is no room.
static size_t add_text(cl_load *load, const char *string) {
    size_t count = strlen(string) + 1, at = load->text_count;
    if (count > CL_TEXT_BYTES - at) {
        return 0;
    }
    memcpy(load->text + at, string, count);
    load->text_count += count;
    return at;
}

bool cl_load_set_topic(cl_load *load, uint32_t number, const char *create, const char *path) {
    topic *topic = &load->control->topics[number];
    topic->create = create ? add_text(load, create) : 0;
    topic->path = path ? add_text(load, path) : 0;
    return (!create || topic->create > 0) && (!path || topic->path > 0);
}

void cl_load_set_phase(cl_load *load, cl_phase phase) {
    atomic_store(&load->control->phase, phase);
}

void cl_load_set_storm(cl_load *load, uint64_t time) {
    atomic_store(&load->control->storm_at, time);
}

void cl_load_set_last(cl_load *load, uint32_t topic, uint64_t number) {
    atomic_store(&load->control->topics[topic].last, number);
}

void cl_load_set_goal(cl_load *load, uint64_t events_each) {
    atomic_store(&load->control->goal, events_each);
}

int cl_load_goal_fd(const cl_load *load) {
    return load->goal_fd;
}

/// Has this worker ended by itself? Its process stays a zombie until cl_load_free.
static bool has_died(const cl_load *load, uint32_t worker) {
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)load->workers[worker], &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

bool cl_load_finished(cl_load *load) {
    for (uint32_t i = 0; i < load->worker_count; i++) {
        if (!atomic_load(&load->shared[i].finished) && !has_died(load, i)) {
            return false;
        }
    }
    return true;
}

uint32_t cl_load_dead_workers(cl_load *load) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < load->worker_count; i++) {
        count += has_died(load, i);
    }
    return count;
}

// MARK: - Totals

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a == 0 || (b != 0 && b < a) ? b : a;
}
static uint64_t later(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static void add_role(cl_role_totals *sum, const cl_role_totals *part) {
    sum->delivered += part->delivered;
    sum->lost += part->lost;
    sum->missed += part->missed;
    sum->repeated += part->repeated;
    sum->reordered += part->reordered;
    sum->damaged += part->damaged;
    sum->behind += part->behind;
    cl_histogram_add(&sum->live, &part->live);
    cl_histogram_add(&sum->late, &part->late);
}

static void add_totals(cl_totals *sum, const cl_totals *part) {
    sum->created += part->created;
    sum->create_began = earlier(sum->create_began, part->create_began);
    sum->create_ended = later(sum->create_ended, part->create_ended);
    sum->opened += part->opened;
    sum->open += part->open;
    sum->connect_began = earlier(sum->connect_began, part->connect_began);
    sum->connect_ended = later(sum->connect_ended, part->connect_ended);
    sum->failures += part->failures;
    sum->closed_by_server += part->closed_by_server;
    sum->reconnects += part->reconnects;
    sum->bytes += part->bytes;
    sum->reads += part->reads;
    sum->gaps += part->gaps;
    sum->gaps_unknown += part->gaps_unknown;
    sum->others += part->others;
    sum->storm_back = later(sum->storm_back, part->storm_back);
    sum->storm_away += part->storm_away;
    sum->caught_up = later(sum->caught_up, part->caught_up);
    sum->last_delivery = later(sum->last_delivery, part->last_delivery);
    sum->sent_bytes_head += part->sent_bytes_head;
    for (unsigned role = 0; role < CL_ROLES; role++) {
        add_role(&sum->roles[role], &part->roles[role]);
    }
    if (!sum->failure[0]) {
        memcpy(sum->failure, part->failure, sizeof sum->failure);
    }
}

void cl_load_totals(cl_load *load, cl_totals *totals) {
    memset(totals, 0, sizeof *totals);
    for (uint32_t i = 0; i < load->worker_count; i++) {
        add_totals(totals, &load->shared[i].totals);
    }
}
