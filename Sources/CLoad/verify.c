// Every event is numbered from 1 in its topic, so each listener knows what must come next.
#include "engine.h"

static cl_role_totals *totals_of(worker *w, const listener *l) {
    return &w->totals->roles[l->role];
}

static void settle(worker *w, const listener *l, uint64_t events) {
    if (l->role == CL_PLAIN) {
        w->settled += events;
    }
}

/// Numbers from l->next to before `number` have not come.
static void note_hole(worker *w, listener *l, uint64_t number) {
    cl_role_totals *totals = totals_of(w, l);
    uint64_t hole = number - l->next;
    uint64_t explained = l->announced < hole ? l->announced : hole;
    if (l->holes_unsaid || w->plan->conflates) {
        explained = hole;
    }
    l->announced -= l->announced < explained ? l->announced : explained;
    l->holes_unsaid = false;
    totals->missed += explained;
    totals->lost += hole - explained;
    // What was announced has been settled when it was.
    settle(w, l, hole - explained);
    if (hole > explained) {
        l->hole_from = l->next;
        l->hole_to = number - 1;
    }
}

/// A number that is not above all that came before.
static void note_old(worker *w, listener *l, uint64_t number) {
    cl_role_totals *totals = totals_of(w, l);
    if (l->hole_from > 0 && number >= l->hole_from && number <= l->hole_to && totals->lost > 0) {
        totals->lost--;
        totals->reordered++;
    } else {
        totals->repeated++;
    }
}

static void note_time(worker *w, listener *l, uint64_t due) {
    cl_role_totals *totals = totals_of(w, l);
    uint64_t latency = w->now > due ? w->now - due : 0;
    if (l->came_back && due < l->opened_at) {
        cl_histogram_record(&totals->late, latency);
        if (l->catches_up) {
            w->totals->caught_up = w->now;
        }
    } else {
        cl_histogram_record(&totals->live, latency);
        l->catches_up = false;
    }
    w->totals->last_delivery = w->now;
}

void cl_verify_event(worker *w, listener *l, const char *text, size_t count) {
    uint64_t number = 0, due = 0;
    switch (cl_line_read(text, count, w->plan->line_size, &w->line_hint, &number, &due)) {
    case CL_LINE_ABSENT:
        w->totals->others++;
        return;
    case CL_LINE_DAMAGED:
        totals_of(w, l)->damaged++;
        return;
    case CL_LINE_GOOD:
        break;
    }
    if (number < l->next) {
        note_old(w, l, number);
        return;
    }
    if (number > l->next) {
        note_hole(w, l, number);
    }
    l->next = number + 1;
    totals_of(w, l)->delivered++;
    settle(w, l, 1);
    note_time(w, l, due);
}

void cl_verify_gap(worker *w, listener *l, bool is_known, uint64_t missed) {
    w->totals->gaps++;
    if (is_known) {
        l->announced += missed;
        settle(w, l, missed);
    } else {
        w->totals->gaps_unknown++;
        l->holes_unsaid = true;
    }
}

void cl_verify_end(worker *w, listener *l, uint64_t last) {
    if (last < l->next) {
        return;
    }
    cl_role_totals *totals = totals_of(w, l);
    uint64_t rest = last + 1 - l->next;
    uint64_t explained = l->announced < rest ? l->announced : rest;
    if (l->holes_unsaid || w->plan->conflates) {
        explained = rest;
    }
    totals->missed += explained;
    totals->behind += rest - explained;
    if (l->role == CL_PLAIN) {
        totals->lost += rest - explained;
    }
}
