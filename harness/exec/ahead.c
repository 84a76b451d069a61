/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/ahead.h"

#include <poll.h>
#include <string.h>

/* A poll that may end sooner is left alone. */
#define LEAST_LIMIT_PS (2 * AHEAD_PS)

struct step { /* what a thread asks between two pieces */
    struct exec_record take, poll;
    struct exec_poll asked;
};

_Static_assert(sizeof(struct step) == 2 * sizeof(struct exec_record) + 8, "records lie one after another");

void ahead_note(struct ahead *a, const struct exec_record *r)
{
    bool is_short = r->op == EXEC_TAKE && r->arg[1] > r->arg[0];

    a->left = is_short ? (size_t)(r->arg[1] - r->arg[0]) : 0;
    a->handle = r->handle;
}

/* One device, to read, of that handle, and time enough. */
static bool waits_for_bytes(const struct exec_record *r, const void *data, int handle)
{
    struct exec_poll asked;

    if (r->op != EXEC_POLL || r->n_data != sizeof asked || r->arg[0] < LEAST_LIMIT_PS || r->arg[1]) {
        return false;
    }
    memcpy(&asked, data, sizeof asked);
    return r->handle == handle && asked.handle == handle && asked.events == POLLIN;
}

static size_t write_step(const struct ahead *a, size_t n, uint8_t *request)
{
    const struct step s = {
        .take = { .op = EXEC_TAKE, .handle = a->handle, .arg = { n, a->left } },
        .poll = { .op = EXEC_POLL, .n_data = sizeof(struct exec_poll), .handle = a->handle, .arg = { EXEC_NEVER, 0 } },
        .asked = { .handle = a->handle, .events = POLLIN },
    };

    memcpy(request, &s, sizeof s);
    return sizeof s;
}

/* Is there room and time for one more after this? The next will take as long to come as this one did. */
static bool has_room(const struct ahead *a, size_t n, sim_time now_ps)
{
    sim_time since = a->n ? now_ps - a->made[0].now_ps : 0, gap = a->n ? now_ps - a->made[a->n - 1].now_ps : 0;

    return a->n < EXEC_AHEAD && a->n_bytes + n <= sizeof a->bytes && since + gap <= AHEAD_PS;
}

size_t ahead_make(struct ahead *a, const struct exec_record *r, const struct reply *reply, bool may, sim_time now_ps,
                  uint8_t *request)
{
    size_t n = reply->n_peek;

    a->shown = 0;
    if (!a->left || !waits_for_bytes(r, r + 1, a->handle) || reply->result != 1 || reply->peek_handle != a->handle ||
        !n || n >= a->left) {
        return 0;
    }
    if (!may || a->broken || a->kept < AHEAD_KEPT || !has_room(a, n, now_ps)) {
        a->shown = n;
        a->wanted = a->left;
        return 0;
    }
    a->made[a->n++] = (struct exec_ahead){ .now_ps = now_ps, .n = (uint32_t)n, .wanted = (uint32_t)a->left };
    memcpy(a->bytes + a->n_bytes, reply->peek, n);
    a->n_bytes += n;
    return write_step(a, n, request);
}

sim_time ahead_end_ps(const struct ahead *a)
{
    return a->n ? a->made[0].now_ps + AHEAD_PS : SIM_NEVER;
}

void ahead_stop(struct ahead *a, sim_time waits_from_ps, struct exec_ahead *last)
{
    *last = a->made[--a->n];
    a->begun = true;
    a->waits_from_ps = waits_from_ps;
    a->shown = last->n;
    a->wanted = last->wanted;
}

static bool is_expected(const struct ahead *a, const uint8_t *request, size_t n_request)
{
    struct step s;

    if (!a->shown || n_request != sizeof s) {
        return false;
    }
    memcpy(&s, request, sizeof s);
    return s.take.op == EXEC_TAKE && s.take.handle == a->handle && !s.take.n_data && !s.take.after_ps &&
           s.take.arg[0] == a->shown && s.take.arg[1] == a->wanted && !s.poll.after_ps &&
           waits_for_bytes(&s.poll, &s.asked, a->handle);
}

enum ahead_asked ahead_asked(struct ahead *a, const uint8_t *request, size_t n_request, unsigned followed,
                             const uint8_t **bytes, size_t *n)
{
    bool all = followed >= a->n, expected = all && is_expected(a, request, n_request);
    enum ahead_asked how = expected && a->begun ? AHEAD_GOES_ON : !all || a->begun ? AHEAD_GIVE_BACK : AHEAD_NOT;
    size_t had = 0;

    for (unsigned i = 0; i < followed && i < a->n; i++) {
        had += a->made[i].n;
    }
    *bytes = a->bytes + had;
    *n = a->n_bytes - had;
    a->kept = expected ? a->kept + (a->kept < AHEAD_KEPT) : a->shown ? 0 : a->kept;
    a->broken |= how == AHEAD_GIVE_BACK;
    a->n = 0;
    a->n_bytes = 0;
    a->shown = 0;
    a->begun = false;
    return how;
}
