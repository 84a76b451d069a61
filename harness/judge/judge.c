/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/judge/judge.h"

#include "harness/base/firmware_path.h"
#include "harness/base/workers.h"
#include "harness/judge/known.h"
#include "harness/judge/tries.h"
#include "mcu/image.h"
#include "sim/memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum job_kind { JOB_SESSION, JOB_REACH, JOB_TRY, JOB_FAULT };

struct job {
    enum job_kind kind;
    unsigned index; /* of j's sessions, tries, faults; the axis */
    uint64_t seed;  /* of a fault */
};

union result {
    struct session_result session;
    struct reach_result reach;
};

struct work {
    struct judgement *j;
    const struct judge_options *o;
    struct job *jobs;
    unsigned n;
    union result *results;
};

/* What a fault is in the way of. */
static const struct plan_row fault_sessions[2] = {
    { "fault", "erased and written", GROUP_FAULTS, "nexWl", TARGET_FACTORY, NULL, NULL, NULL, false, false },
    { "fault_verified", "erased, written and verified", GROUP_FAULTS, "nsexXWVl", TARGET_FACTORY, NULL, NULL, NULL,
      false, false },
};

/* ---- the plan of this subject ---- */

static void add_job(struct work *w, enum job_kind kind, unsigned index, uint64_t seed)
{
    if (w->n < JUDGE_MOST_JOBS) {
        w->jobs[w->n++] = (struct job){ kind, index, seed };
    }
}

static void plan_sessions(struct work *w)
{
    struct judgement *j = w->j;

    for (const struct plan_row *r = plan_rows; r->id; r++) {
        if (plan_row_fits(&j->subject, r) && (r->in_quick || !w->o->quick) &&
            w->o->parts & (r->group == GROUP_RULES ? JUDGE_RULES : JUDGE_FAILS)) {
            j->sessions = memory_grown(j->sessions, j->n_sessions + 1, sizeof *j->sessions);
            memset(&j->sessions[j->n_sessions], 0, sizeof *j->sessions);
            j->sessions[j->n_sessions].row = r;
            add_job(w, JOB_SESSION, j->n_sessions++, 0);
        }
    }
}

static void plan_faults(struct work *w)
{
    struct judgement *j = w->j;
    bool reads = j->subject.can & CAN_READ;

    for (unsigned verified = 0; verified <= (unsigned)reads; verified++) {
        for (const struct fault_row *r = fault_rows; r->id; r++) {
            if (w->o->quick && !r->in_quick) {
                continue;
            }
            j->faults[j->n_faults] = (struct fault_count){ .row = r, .verified = verified };
            for (unsigned k = 1; k <= w->o->campaigns; k++) {
                add_job(w, JOB_FAULT, j->n_faults, k);
            }
            j->n_faults++;
        }
    }
}

static void plan_all(struct work *w)
{
    plan_sessions(w);
    for (unsigned a = 0; a < REACH_AXES; a++) {
        if (w->o->parts & JUDGE_REACH && (!w->o->quick || a == REACH_CLOCK_SLOW)) {
            add_job(w, JOB_REACH, a, 0);
        }
    }
    if (w->o->parts & JUDGE_REACH && !w->o->quick) {
        w->j->n_tries = tries_make(&w->j->subject, &w->j->tries);
        for (unsigned i = 0; i < w->j->n_tries; i++) {
            add_job(w, JOB_TRY, i, 0);
        }
    }
    if (w->o->parts & JUDGE_FAULTS) {
        plan_faults(w);
    }
}

/* ---- running it ---- */

static void run_fault(struct work *w, const struct job *job, const struct session_options *o, struct session_result *r)
{
    const struct fault_count *f = &w->j->faults[job->index];
    struct plan_variation v = PLAN_NO_VARIATION;

    v.seed = job->seed;
    v.sets = f->row->sets;
    judge_session_run(&w->j->subject, &fault_sessions[f->verified], &v, o, r);
}

static void run_job(void *ctx, unsigned i, FILE *out)
{
    struct work *w = ctx;
    const struct job *job = &w->jobs[i];
    union result *r = memory_zeroed(1, sizeof *r);
    struct session_options o = { .budget_ps = w->o->budget_ps };
    struct plan_variation v = PLAN_NO_VARIATION;

    switch (job->kind) {
    case JOB_SESSION:
        o.conduct = job->index == 0;
        judge_session_run(&w->j->subject, w->j->sessions[job->index].row, &v, &o, &r->session);
        break;
    case JOB_REACH: reach_run(&w->j->subject, (enum reach_axis)job->index, &o, &r->reach); break;
    case JOB_TRY:
        judge_session_run(&w->j->subject, tries_row(&w->j->tries[job->index]), &w->j->tries[job->index].v, &o,
                          &r->session);
        break;
    case JOB_FAULT: run_fault(w, job, &o, &r->session); break;
    }
    fwrite(r, sizeof *r, 1, out);
    free(r);
}

static bool job_done(void *ctx, unsigned i, const char *bytes, size_t n, const char *died)
{
    struct work *w = ctx;
    union result *r = &w->results[i];

    if (!died && n == sizeof *r) {
        memcpy(r, bytes, n);
    } else if (w->jobs[i].kind == JOB_REACH) {
        r->reach.limit = CHECKER_RULES;
        snprintf(r->reach.message, sizeof r->reach.message, "the run %s", died ? died : "was lost");
    } else {
        r->session.outcome = SESSION_BAD;
        snprintf(r->session.message, sizeof r->session.message, "the run %s", died ? died : "was lost");
    }
    return true;
}

static void progress(void *ctx, unsigned ended, unsigned running)
{
    struct work *w = ctx;

    (void)running;
    w->o->progress(w->o->ctx, ended, w->n);
}

static void count_fault(struct fault_count *f, const struct session_result *r, uint64_t seed)
{
    f->n++;
    f->right += r->outcome == SESSION_RIGHT;
    f->noticed += r->outcome == SESSION_NOTICED;
    f->silent += r->outcome == SESSION_SILENT;
    f->bad += r->outcome == SESSION_BAD;
    if (r->outcome == SESSION_SILENT && !f->first_silent_seed) {
        f->first_silent_seed = seed;
    }
}

static void take_result(struct work *w, unsigned i, const union result *r)
{
    struct judgement *j = w->j;
    const struct job *job = &w->jobs[i];

    switch (job->kind) {
    case JOB_SESSION: j->sessions[job->index].result = r->session; break;
    case JOB_REACH:
        j->reach[job->index] = r->reach;
        j->runs += (unsigned)r->reach.tried;
        return;
    case JOB_TRY:
        j->tries[job->index].outcome = r->session.outcome;
        j->tries[job->index].violations = r->session.violations;
        snprintf(j->tries[job->index].message, sizeof j->tries[job->index].message, "%.119s", r->session.message);
        break;
    case JOB_FAULT: count_fault(&j->faults[job->index], &r->session, job->seed); break;
    }
    j->runs++;
}

static bool run_plan(struct judgement *j, const struct judge_options *o, struct problem *err)
{
    struct work w = { .j = j, .o = o, .jobs = memory_zeroed(JUDGE_MOST_JOBS, sizeof *w.jobs) };

    plan_all(&w);
    w.results = memory_zeroed(w.n, sizeof *w.results);
    const struct workers workers = {
        .n = w.n,
        .jobs = o->jobs,
        .run = run_job,
        .done = job_done,
        .progress = o->progress ? progress : NULL,
        .ctx = &w,
    };
    bool ok = workers_run(&workers, err);
    for (unsigned i = 0; ok && i < w.n; i++) {
        take_result(&w, i, &w.results[i]);
    }
    free(w.results);
    free(w.jobs);
    return ok;
}

/* ---- lines ---- */

static struct source_lines *lines_of(struct judgement *j)
{
    struct problem why = { "" };
    char path[PATH_MAX];
    struct source_lines *lines = NULL;
    struct subject *s = &j->subject;

    if (!s->firmware) {
        return NULL;
    }
    const struct input_file *f = firmware_resolve(s->firmware, NULL, path, sizeof path, &why)
                                     ? input_files_get(&s->inputs, path, IMAGE_MAX_FILE_BYTES, NULL, &why)
                                     : NULL;
    if (f) {
        lines = source_lines_new(s->name, f->bytes, f->n, &why);
    }
    if (!lines) {
        snprintf(j->no_lines, sizeof j->no_lines, "%.*s", (int)sizeof j->no_lines - 1, why.text);
    }
    return lines;
}

static void find_sources(struct judgement *j, struct source_lines *lines)
{
    struct source_place places[24];

    for (unsigned i = 0; lines && i < CHECKER_RULES; i++) {
        struct judge_rule *r = &j->rules[i];
        unsigned n = r->measured_once ? source_lines_find(lines, &r->where, places, 24) : 0;
        unsigned from = n ? source_lines_own(places, n) : 0;

        for (r->n_source = 0; r->n_source < JUDGE_SOURCES && from + r->n_source < n; r->n_source++) {
            r->source[r->n_source] = places[from + r->n_source];
        }
    }
}

bool judge(const struct judge_options *o, struct judgement *j, struct problem *err)
{
    struct problem why = { "" };

    memset(j, 0, sizeof *j);
    limits_init(&j->limits);
    j->parts = o->parts;
    if (!subject_init(&j->subject, &o->subject, err)) {
        return false;
    }
    j->answers = subject_find_host(&j->subject, &why);
    if (!j->answers) {
        snprintf(j->problem, sizeof j->problem, "%.*s", (int)sizeof j->problem - 1, why.text);
    }
    struct source_lines *lines = lines_of(j);
    const struct known_family *family = known_family_of(&j->subject, lines);
    j->family = family ? family->name : NULL;
    j->known = family;
    bool ok = !j->answers || run_plan(j, o, err);
    if (ok) {
        judge_conclude(j);
        find_sources(j, lines);
    }
    source_lines_free(lines);
    return ok;
}

void judgement_free(struct judgement *j)
{
    free(j->sessions);
    free(j->tries);
    limits_free(&j->limits);
    subject_free(&j->subject);
}
