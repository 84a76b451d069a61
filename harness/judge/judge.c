/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/judge/judge.h"

#include "harness/base/firmware_path.h"
#include "harness/base/workers.h"
#include "harness/judge/known.h"
#include "harness/judge/shard.h"
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

/* Seeds that share a chip, and a beginning: one item of work. Each chip is drawn from the first of its seeds. */
#define SEEDS_A_CHIP 8

struct item { /* jobs that one process does */
    unsigned n, job[SEEDS_A_CHIP];
};

struct work {
    struct judgement *j;
    const struct judge_options *o;
    struct job *jobs;
    unsigned n;
    struct item *items; /* of the jobs those that are run here */
    unsigned n_items;
    union result *results;
    bool *have;          /* which there are */
    struct problem lost; /* a run that broke off: no page is drawn without it */
};

/* What a fault is in the way of. */
static const struct plan_row fault_sessions[2] = {
    { "fault", "erased and written", GROUP_FAULTS, "nexWl", TARGET_FACTORY, .xtal = NULL },
    { "fault_verified", "erased, written and verified", GROUP_FAULTS, "nsexXWVl", TARGET_FACTORY, .xtal = NULL },
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
            w->o->parts & (r->group == GROUP_FAILS ? JUDGE_FAILS : JUDGE_RULES)) {
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
    bool reads = j->subject.can & CAN_READ && !j->subject.own_steps; /* those verify or not as they like */

    for (unsigned verified = 0; verified <= (unsigned)reads; verified++) {
        for (const struct fault_row *r = fault_rows; r->id; r++) {
            if ((w->o->quick && !r->in_quick) || (j->subject.own_steps && r->actions)) {
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

static uint64_t chip_of(uint64_t seed)
{
    return seed - (seed - 1) % SEEDS_A_CHIP;
}

static bool run_faults(struct work *w, const struct item *item, const struct session_options *o, union result *to)
{
    const struct job *jobs = w->jobs, *job = &jobs[item->job[0]];
    const struct fault_count *f = &w->j->faults[job->index];
    struct plan_variation v = PLAN_NO_VARIATION;
    struct session_result *results = memory_zeroed(item->n, sizeof *results);
    uint64_t seed[SEEDS_A_CHIP];
    struct problem err;

    v.seed = chip_of(job->seed);
    v.sets = f->row->sets;
    v.first = f->row->actions;
    for (unsigned i = 0; i < item->n; i++) {
        seed[i] = jobs[item->job[i]].seed;
    }
    bool ok = judge_session_run_seeds(&w->j->subject, &fault_sessions[f->verified], &v, o, seed, item->n, results,
                                      &err);
    for (unsigned i = 0; i < item->n; i++) {
        to[i].session = results[i];
    }
    free(results);
    return ok;
}

static void run_item(void *ctx, unsigned number, FILE *out)
{
    struct work *w = ctx;
    const struct item *item = &w->items[number];
    const struct job *job = &w->jobs[item->job[0]];
    union result *r = memory_zeroed(item->n, sizeof *r);
    bool ok = true;
    struct session_options o = { .budget_ps = w->o->budget_ps, .budget_ck = w->o->budget_ck };
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
    case JOB_FAULT: ok = run_faults(w, item, &o, r); break;
    }
    if (ok) { /* else one died, and so does the judgement */
        fwrite(r, sizeof *r, item->n, out);
    }
    free(r);
}

static bool item_done(void *ctx, unsigned number, const char *bytes, size_t n, const char *died)
{
    struct work *w = ctx;
    const struct item *item = &w->items[number];

    if (died || n != item->n * sizeof *w->results) {
        return problem_set(&w->lost, "run %u of %u %s", item->job[0] + 1, w->n, died ? died : "was lost");
    }
    for (unsigned i = 0; i < item->n; i++) {
        w->have[item->job[i]] = true;
        memcpy(&w->results[item->job[i]], bytes + i * sizeof *w->results, sizeof *w->results);
    }
    return true;
}

static bool share_a_beginning(const struct job *a, const struct job *b)
{
    return a->kind == JOB_FAULT && b->kind == JOB_FAULT && a->index == b->index && chip_of(a->seed) == chip_of(b->seed);
}

/* Of the jobs first, first + step, ... */
static void make_items(struct work *w, unsigned first, unsigned step)
{
    w->items = memory_zeroed(w->n + 1, sizeof *w->items);
    for (unsigned i = first; i < w->n; i += step) {
        struct item *last = w->n_items ? &w->items[w->n_items - 1] : NULL;

        if (!last || !share_a_beginning(&w->jobs[last->job[0]], &w->jobs[i])) {
            last = &w->items[w->n_items++];
        }
        last->job[last->n++] = i;
    }
}

static void progress(void *ctx, unsigned ended, unsigned running)
{
    struct work *w = ctx;

    (void)running;
    w->o->progress(w->o->ctx, ended, w->n_items);
}

static void count_fault(struct fault_count *f, const struct session_result *r, uint64_t seed)
{
    f->n++;
    f->right += r->outcome == OUTCOME_RIGHT;
    f->noticed += r->outcome == OUTCOME_NOTICED;
    f->silent += r->outcome == OUTCOME_SILENT;
    f->bad += r->outcome == OUTCOME_NOT_RUN;
    if (r->outcome == OUTCOME_NOT_RUN) {
        const char *why = r->message; /* behind the place in a file that nobody wrote, the part and its key */

        for (const char *colon = strstr(why, ": "); colon; colon = strstr(why, ": ")) {
            why = colon + 2;
        }
        snprintf(f->not_here, sizeof f->not_here, "%.119s", why);
    }
    bool first_silent = r->outcome == OUTCOME_SILENT && !f->first_silent_seed;
    if (first_silent) {
        f->first_silent_seed = seed;
    }
    if (first_silent || (r->outcome == OUTCOME_NOTICED && !f->cause_seed)) {
        f->cause_seed = seed;
        snprintf(f->cause, sizeof f->cause, "%s", r->cause);
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

/* ---- on several machines ---- */

static void plan_file(char *plan, size_t n, const char *name, const char *digest)
{
    const char *slash = strrchr(name, '/');
    size_t at = strlen(plan);

    snprintf(plan + at, n - at, "file %s %s\n", slash ? slash + 1 : name, digest);
}

/* What results must have in common to stand on one page, a line each. */
static void plan_text(const struct work *w, char *plan, size_t n)
{
    const struct judge_options *o = w->o;
    const struct subject *s = &w->j->subject;

    snprintf(plan, n,
             "version " LIMPET_VERSION "\nprogrammer %s\npart %s\nhost %s, %u baud\nsessions %u\nquick %d\n"
             "parts %u\ncampaigns %u\nbudget %llu ps, %llu cycles\nresult %zu bytes\n",
             s->name, s->part->name, s->host ? s->host : "none", s->baud, w->n, o->quick, o->parts, o->campaigns,
             (unsigned long long)o->budget_ps, (unsigned long long)o->budget_ck, sizeof(union result));
    for (unsigned i = 0; i < s->inputs.n; i++) {
        plan_file(plan, n, s->inputs.file[i]->path, input_file_digest(s->inputs.file[i]));
    }
}

/* Texts end, indices are in their tables: a file may say anything. */
static bool sound(const struct work *w, unsigned i)
{
    union result *r = &w->results[i];

    if (w->jobs[i].kind == JOB_REACH) {
        r->reach.message[sizeof r->reach.message - 1] = '\0';
        return r->reach.limit <= CHECKER_RULES;
    }
    r->session.message[sizeof r->session.message - 1] = '\0';
    r->session.cause[sizeof r->session.cause - 1] = '\0';
    r->session.cells[sizeof r->session.cells - 1] = '\0';
    for (unsigned k = 0; k < CHECKER_RULES; k++) {
        struct session_rule *rule = &r->session.rules[k];

        rule->text[sizeof rule->text - 1] = '\0';
        if (rule->where.n_stack > CHECKER_STACK_BYTES || rule->where.n_bits > 32) {
            return false;
        }
    }
    return r->session.outcome <= OUTCOME_UNKNOWN && conduct_is_sound(&r->session.conduct);
}

static bool merge(struct work *w, struct problem *err)
{
    char plan[4096];
    struct shard_results all = { plan, w->n, sizeof *w->results, (char *)w->results, w->have };
    bool ok = true;

    plan_text(w, plan, sizeof plan);
    for (unsigned i = 0; ok && i < w->o->n_merge; i++) {
        ok = shard_read(w->o->merge[i], &all, err);
    }
    ok = ok && shard_complete(&all, err);
    for (unsigned i = 0; ok && i < w->n; i++) {
        ok = sound(w, i) || problem_set(err, "result %u of the shards is none that a judgement writes", i);
    }
    return ok;
}

static bool write_shard(struct work *w, struct problem *err)
{
    char plan[4096];
    const struct shard_results all = { plan, w->n, sizeof *w->results, (char *)w->results, w->have };

    plan_text(w, plan, sizeof plan);
    w->j->shard = shard_text(&all, w->o->shard, w->o->shards);
    return w->j->shard || problem_set(err, "out of memory");
}

static bool run_jobs(struct work *w, struct problem *err)
{
    const struct workers workers = {
        .n = w->n_items,
        .jobs = w->o->jobs,
        .run = run_item,
        .done = item_done,
        .progress = w->o->progress ? progress : NULL,
        .ctx = w,
    };

    if (!workers.n) {
        return problem_set(err, "--shard %u/%u: the plan has only %u jobs", w->o->shard, w->o->shards, w->n);
    }
    bool ok = workers_run(&workers, err);
    return w->lost.text[0] ? problem_set(err, "%s", w->lost.text) : ok;
}

static bool run_plan(struct judgement *j, const struct judge_options *o, struct problem *err)
{
    struct work w = { .j = j, .o = o, .jobs = memory_zeroed(JUDGE_MOST_JOBS, sizeof *w.jobs) };

    plan_all(&w);
    make_items(&w, o->shards ? o->shard - 1 : 0, o->shards ? o->shards : 1);
    w.results = memory_zeroed(w.n, sizeof *w.results);
    w.have = memory_zeroed(w.n, sizeof *w.have);
    bool ok = o->n_merge ? merge(&w, err) : run_jobs(&w, err);
    ok = ok && (!o->shards || write_shard(&w, err));
    for (unsigned i = 0; ok && !o->shards && i < w.n; i++) {
        take_result(&w, i, &w.results[i]);
    }
    free(w.items);
    free(w.have);
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
    bool functions = false, has_lines = false;

    for (unsigned i = 0; lines && i < CHECKER_RULES; i++) {
        struct judge_rule *r = &j->rules[i];
        unsigned n = r->measured_once ? source_lines_find(lines, &r->where, places, 24) : 0;
        unsigned from = n ? source_lines_own(places, n) : 0;

        for (r->n_source = 0; r->n_source < JUDGE_SOURCES && from + r->n_source < n; r->n_source++) {
            r->source[r->n_source] = places[from + r->n_source];
            functions = true;
            has_lines |= places[from + r->n_source].line > 0;
        }
    }
    if (functions && !has_lines) {
        snprintf(j->no_lines, sizeof j->no_lines, "the ELF names functions only; build it with -gdwarf-4");
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
    if (ok && !j->shard) {
        judge_conclude(j);
        find_sources(j, lines);
    }
    source_lines_free(lines);
    return ok;
}

void judgement_free(struct judgement *j)
{
    free(j->shard);
    free(j->sessions);
    free(j->tries);
    limits_free(&j->limits);
    subject_free(&j->subject);
}
