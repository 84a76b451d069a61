/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/net.h"

#include <assert.h>
#include <string.h>

#include "sim/notes.h"
#include "sim/trace.h"

/* ---- resolution ---- */

static void wave_edge(void *ctx, sim_time at_ps);

void net_init(struct net *net, struct sim *sim, const char *name)
{
    memset(net, 0, sizeof *net);
    net->name = name;
    net->sim = sim;
    net->level = net->old_level = net->before = NET_Z;
    net->trace_id = -1;
    sim_event_init(&net->edge, "wave edge", wave_edge, net);
}

static bool update(struct net *net);
static void notify(struct net *net);

/* A bit for the level of an output, none for anything weaker. */
static inline unsigned output_bit(const struct net_driver *d)
{
    return (unsigned)(d->strength >= NET_STRONG) << d->level;
}

static inline bool is_contention(unsigned output_bits)
{
    return (output_bits & (output_bits - 1)) || output_bits & 1u << NET_X;
}

/* The level that the drivers make, or -1 if one of them drives a wave. */
static int plain_level(const struct net *net, bool *contended)
{
    unsigned best = NET_OPEN, outputs = 0;
    int level = NET_Z;

    for (const struct net_driver *d = net->drivers; d; d = d->next) {
        if (d->has_wave) {
            return -1;
        }
        outputs |= output_bit(d);
        if (d->strength > best) {
            best = d->strength;
            level = d->level;
        } else if (d->strength == best && best != NET_OPEN && level != d->level) {
            level = NET_X;
        }
    }
    *contended = is_contention(outputs);
    return level;
}

static inline void take_contention(struct net *net, bool contended)
{
    net->contention_began = contended && !net->contended;
    net->contentions += net->contention_began;
    net->contended = contended;
}

static void tell_contention(struct net *net)
{
    net->contention_began = false;
    net_tell_fight(net, net->sim->now_ps);
}

static inline void take_level(struct net *net, uint8_t level)
{
    struct sim *sim = net->sim;

    net->old_level = net->level;
    if (level == net->level) {
        return;
    }
    if (net->changed_ps != sim->now_ps) {
        net->before = net->level;
        net->changed_ps = sim->now_ps;
    }
    net->level = level;
    if (net->trace_id >= 0) {
        trace_level(sim->trace, net->trace_id, sim->now_ps, level);
    }
}

/* sim_shuffle(): the watchers of a net in a random order */
static void shuffle_watches(struct net *net)
{
    struct net_watch *left = net->watches, *done = NULL;
    uint64_t n = 0;

    for (const struct net_watch *w = left; w; w = w->next) {
        n++;
    }
    for (; n; n--) {
        struct net_watch **p = &left, *w;
        for (uint64_t i = sim_rng_below(&net->sim->shuffle, n); i; i--) {
            p = &(*p)->next;
        }
        w = *p;
        *p = w->next;
        w->next = done;
        done = w;
    }
    net->watches = done;
}

void net_note_strength(struct net *net)
{
    unsigned best = NET_OPEN;

    for (const struct net_driver *d = net->drivers; d; d = d->next) {
        best = d->strength > best ? d->strength : best;
    }
    bool weak = best != NET_OPEN && best < NET_STRONG;
    if (net->trace_id >= 0 && weak != net->noted_weak) {
        net->noted_weak = weak;
        notes_weak(net->sim->notes, (unsigned)net->trace_id, net->sim->now_ps, weak);
    }
}

static inline void tell_watches(struct net *net)
{
    for (struct net_watch *w = net->watches, *next; w; w = next) {
        next = w->next;
        w->changed(w->ctx, net, net->sim->now_ps);
    }
}

/* The only one that drives the net says 0 or 1: nothing to resolve. */
static inline bool has_plain_word(const struct net *net)
{
    const struct net_driver *d = net->last;

    return d && net->n_active == 1 && d->strength != NET_OPEN && d->level < NET_Z && !d->has_wave &&
           !net->wave_changed && !net->contended;
}

static inline void tell_level(struct net *net, uint8_t level)
{
    take_level(net, level);
    if (net->sim->shuffles) {
        shuffle_watches(net);
    }
    tell_watches(net);
}

/* A round of one net: without waves there is no more to it than this. */
__attribute__((noinline)) static void resolve_one(struct net *net)
{
    struct sim *sim = net->sim;
    bool contended = false;
    int level = net->wave || net->wave_changed ? -1 : plain_level(net, &contended);

    if (sim->notes) {
        net_note_strength(net);
    }
    if (level == net->level && contended == net->contended) {
        return;
    }
    if (level < 0) {
        if (update(net)) {
            notify(net);
        }
        return;
    }
    take_contention(net, contended);
    if (level != net->level) {
        tell_level(net, (uint8_t)level);
    }
    if (net->contention_began) {
        tell_contention(net);
    }
}

static inline void settle_one(struct net *net)
{
    if (net->sim->notes || !has_plain_word(net)) {
        resolve_one(net);
    } else if (net->last->level != net->level) {
        tell_level(net, net->last->level);
    }
}

static void mark_dirty(struct net *net)
{
    struct sim *sim = net->sim;
    if (!sim->hold && !sim->settling) { /* an instant of one drive: no list needed */
        assert(!sim->dirty);            /* who lets go of the last hold settles, and settling ends with an empty list */
        sim->settling = true;
        settle_one(net);
        sim->settling = false;
        if (sim->dirty) {
            net_settle(sim);
        }
    } else if (!net->is_dirty) {
        net->is_dirty = true;
        net->next_dirty = NULL;
        *sim->dirty_tail = net;
        sim->dirty_tail = &net->next_dirty;
    }
}

/* What the drivers make of the net, and which wave it carries. */
static uint8_t resolve(const struct net *net, const struct net_driver **wave, bool *contended)
{
    unsigned best = NET_OPEN, level = NET_Z, outputs = 0, n_outputs = 0;
    bool waves = false; /* an output that drives both levels, in turns */
    *wave = NULL;
    for (const struct net_driver *d = net->drivers; d; d = d->next) {
        if (d->strength >= NET_STRONG) {
            n_outputs++;
            waves |= d->has_wave;
            outputs |= output_bit(d);
        }
        if (d->strength > best) {
            best = d->strength;
            level = d->level;
            *wave = d->has_wave ? d : NULL;
        } else if (d->strength == best && best != NET_OPEN && (d->has_wave || *wave || level != d->level)) {
            level = NET_X;
            *wave = NULL;
        }
    }
    *contended = waves ? n_outputs > 1 : is_contention(outputs);
    return (uint8_t)level;
}

static void follow_wave(struct net *net)
{
    if (net->wave && net->edge_users && !net_nobody_hears(net, net->wave)) {
        sim_schedule(net->sim, &net->edge, net_wave_next_change(&net->wave->wave, net->sim->now_ps));
    } else if (sim_event_pending(&net->edge)) {
        sim_cancel(net->sim, &net->edge);
    }
}

static void wave_edge(void *ctx, sim_time at_ps)
{
    struct net *net = ctx;
    for (const struct sim_event *e = net->sim->events; e && e->at_ps == at_ps; e = e->next) {
        if (e->fire != wave_edge) { /* who ends the wave in this instant comes first, in whatever order they fire */
            sim_schedule(net->sim, &net->edge, at_ps);
            return;
        }
    }
    mark_dirty(net); /* the kernel settles after this event */
}

/* Re-resolves one net. True if watchers must hear of it. */
static bool update(struct net *net)
{
    struct sim *sim = net->sim;
    const struct net_driver *was = net->wave;
    bool contended;
    uint8_t level = resolve(net, &net->wave, &contended);
    if (sim->notes) {
        net_note_strength(net);
    }
    if (net->wave || was) {
        net->wave_changed |= net->wave != was;
        if (net->wave) {
            level = net_wave_level(&net->wave->wave, sim->now_ps) ? NET_1 : NET_0;
        }
        follow_wave(net);
    }
    if (level == net->level && !net->wave_changed && contended == net->contended) {
        return false;
    }
    take_contention(net, contended);
    take_level(net, level);
    return true;
}

static void notify(struct net *net)
{
    bool level_changed = net->level != net->old_level, wave_changed = net->wave_changed;
    net->wave_changed = false;
    if (net->sim->shuffles) {
        shuffle_watches(net);
    }
    for (struct net_watch *w = net->watches, *next; w; w = next) {
        next = w->next;
        if (w->kind == NET_WATCH_EDGES ? level_changed : wave_changed || (level_changed && !net->wave)) {
            w->changed(w->ctx, net, net->sim->now_ps);
        }
    }
    if (net->contention_began) {
        tell_contention(net);
    }
}

static void begin_telling(struct net *net)
{
    net->tells_level = net->level != net->old_level;
    net->tells_wave = net->wave_changed;
    net->wave_changed = false;
    shuffle_watches(net);
    net->untold = net->watches;
}

/* One watcher more; false: that was the last. */
static bool tell_one(struct net *net)
{
    struct net_watch *w = net->untold;

    if (!w) {
        if (net->contention_began) {
            tell_contention(net);
        }
        return false;
    }
    net->untold = w->next;
    if (w->kind == NET_WATCH_EDGES ? net->tells_level : net->tells_wave || (net->tells_level && !net->wave)) {
        w->changed(w->ctx, net, net->sim->now_ps);
    }
    return true;
}

/* sim_shuffle(): the watchers of all nets that changed in a random order, those of several nets among each other */
static void notify_shuffled(struct sim *sim, struct net *left)
{
    uint64_t n = 0;

    for (struct net *net = left; net; net = net->next_changed, n++) {
        begin_telling(net);
    }
    while (n) {
        struct net **p = &left;

        for (uint64_t i = sim_rng_below(&sim->shuffle, n); i; i--) {
            p = &(*p)->next_changed;
        }
        if (!tell_one(*p)) {
            *p = (*p)->next_changed;
            n--;
        }
    }
}

/* First all levels, then all watchers: nobody sees half an instant. */
__attribute__((noinline)) static void settle_several(struct sim *sim, struct net *list)
{
    struct net *changed = NULL, **tail = &changed;

    for (struct net *n = list, *next; n; n = next) {
        next = n->next_dirty;
        n->is_dirty = false;
        if (update(n)) {
            *tail = n;
            tail = &n->next_changed;
        }
    }
    *tail = NULL;
    if (sim->shuffles) {
        notify_shuffled(sim, changed);
        return;
    }
    for (struct net *n = changed; n; n = n->next_changed) {
        notify(n); /* may mark nets, this one too, for the next round */
    }
}

__attribute__((noinline)) static void give_up(struct sim *sim)
{
    sim_fault(sim, "net %s still changes after %d rounds in one instant: a loop without delay", sim->dirty->name,
              NET_MAX_ROUNDS);
    while (sim->dirty) {
        sim->dirty->is_dirty = false;
        sim->dirty = sim->dirty->next_dirty;
    }
    sim->dirty_tail = &sim->dirty;
}

void net_settle(struct sim *sim)
{
    if (sim->settling) {
        return;
    }
    sim->settling = true;
    for (int round = 0; sim->dirty; round++) {
        if (round == NET_MAX_ROUNDS) {
            give_up(sim);
            break;
        }
        struct net *list = sim->dirty;
        sim->dirty = NULL;
        sim->dirty_tail = &sim->dirty;
        if (list->next_dirty) {
            settle_several(sim, list);
        } else {
            list->is_dirty = false;
            settle_one(list);
        }
    }
    sim->settling = false;
}

void net_release(struct sim *sim)
{
    assert(sim->hold);
    if (--sim->hold == 0 && sim->dirty) {
        net_settle(sim);
    }
}

/* ---- drivers and watchers ---- */

/* The driver that kept it to itself has said what it does. */
static void resolve_woken(struct net *net)
{
    bool contended = false;
    int level = plain_level(net, &contended);

    net->n_active = 0;
    for (const struct net_driver *d = net->drivers; d; d = d->next) {
        net->n_active += d->strength != NET_OPEN;
    }
    net->contended = contended;
    if (level >= 0) {
        net->level = (uint8_t)level;
    } else { /* its own wave: resistors have none */
        net->wave = net->last;
        net->level = net->last->level;
    }
}

void net_do_wake(struct net *net)
{
    void (*woken)(void *) = net->woken;

    net->woken = NULL;
    woken(net->woken_ctx);
    resolve_woken(net);
    if (net->wave) {
        follow_wave(net);
    }
    net->wakes = true;
    tell_watches(net);
    net->wakes = false;
}

/* Something is about to happen to the net. */
static inline void disturb(struct net *net)
{
    net_wake(net);
    net_break_frame(net);
}

void net_attach(struct net *net, struct net_driver *d, const char *name)
{
    disturb(net);
    *d = (struct net_driver){ .net = net, .name = name, .level = NET_Z, .strength = NET_OPEN };
    struct net_driver **p = &net->drivers;
    while (*p) {
        p = &(*p)->next;
    }
    *p = d;
    net_drivers_changed(net);
}

void net_move(struct net_driver *d, struct net *net, const char *name)
{
    if (d->net == net) {
        return;
    }
    disturb(d->net);
    struct net_driver was = *d;
    net_detach(d);
    if (net) {
        net_attach(net, d, name);
        if (was.has_wave) {
            net_drive_wave(d, &was.wave, (enum net_strength)was.strength);
        } else {
            net_drive(d, (enum net_level)was.level, (enum net_strength)was.strength);
        }
        d->supply = was.supply;
        if (was.by_events) {
            net_driver_by_events(d);
        }
    }
}

void net_detach(struct net_driver *d)
{
    if (!d->net) {
        return;
    }
    struct net *net = d->net;
    disturb(net);
    struct net_driver **p = &net->drivers;
    while (*p != d) {
        p = &(*p)->next;
    }
    *p = d->next;
    d->net = NULL;
    net->last = net->last == d ? NULL : net->last;
    net->n_active -= d->strength != NET_OPEN;
    net->wave_changed |= net->wave == d;
    net_drivers_changed(net);
    mark_dirty(net);
}

static inline void take_strength(struct net_driver *d, enum net_strength strength)
{
    if (d->strength != strength) {
        d->net->n_active += (uint32_t)(strength != NET_OPEN) - (d->strength != NET_OPEN);
        d->strength = (uint8_t)strength;
    }
}

/*
 * The only one that drives a net says 0 or 1, as strongly as before, and no other change is under way (then nothing
 * is dirty): nothing to resolve. What the net's level was is the driver's: it has no wave, and had none a moment ago.
 */
static inline bool is_plain(const struct net_driver *d, enum net_level level, enum net_strength strength)
{
    const struct net *net = d->net;
    if (!net || net->sim->hold || net->sim->settling || net->n_active != 1 || d->strength != strength ||
        strength == NET_OPEN || level >= NET_Z || d->has_wave || net->contended) {
        return false;
    }
    assert(!net->wave_changed); /* it is dirty until it is told */
    return !net->sim->shuffles && !net->sim->notes;
}

static inline void drive_plain(struct net *net, enum net_level level)
{
    struct sim *sim = net->sim;

    if (level == net->level) {
        return;
    }
    sim->settling = true;
    take_level(net, (uint8_t)level);
    tell_watches(net);
    sim->settling = false;
    if (sim->dirty) {
        net_settle(sim);
    }
}

/* What the net was up to now: its level may be that of an edge which nobody wanted to see. */
static uint8_t level_until_now(const struct net *net)
{
    if (net->wave) {
        return net_wave_level(&net->wave->wave, net->sim->now_ps - 1) ? NET_1 : NET_0;
    }
    return net->changed_ps == net->sim->now_ps ? net->before : net->level;
}

static void end_wave(struct net_driver *d)
{
    struct net *net = d->net;

    if (net->wave == d && !net->edge_users && net->wave_ps < net->sim->now_ps) {
        net->level = level_until_now(net);
    }
    d->has_wave = false;
    net->wave_changed = true;
}

/* Apart from the plain way, whose prologue it would lengthen. */
__attribute__((noinline)) static void drive(struct net_driver *d, enum net_level level, enum net_strength strength)
{
    if (level == NET_Z) {
        strength = NET_OPEN;
    }
    disturb(d->net);
    if (!d->net || (d->level == level && d->strength == strength && !d->has_wave)) {
        d->level = (uint8_t)level;
        d->strength = (uint8_t)strength;
        d->has_wave = false; /* off all nets: it does not come back with the wave that it left with */
        return;
    }
    d->level = (uint8_t)level;
    d->net->last = d;
    take_strength(d, strength);
    if (d->has_wave) {
        end_wave(d);
    }
    mark_dirty(d->net);
}

void net_drive(struct net_driver *d, enum net_level level, enum net_strength strength)
{
    if (is_plain(d, level, strength)) {
        d->level = (uint8_t)level;
        drive_plain(d->net, level);
    } else {
        drive(d, level, strength);
    }
}

static inline void say(const struct net_word *word)
{
    struct net_driver *d = word->driver;

    d->net->last = d;
    d->level = word->level;
    take_strength(d, (enum net_strength)word->strength);
}

/* All but waves, fights and what is under way already: the level is the strongest word. */
static inline bool may_go_together(const struct sim *sim, const struct net_word *word, unsigned n)
{
    if (n > NET_WORDS || sim->hold || sim->settling || sim->shuffles || sim->notes) {
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        const struct net_driver *d = word[i].driver;
        const struct net *net = d->net;
        if (!net || net->woken || d->has_wave || net->wave || net->contended) {
            return false;
        }
    }
    return true;
}

/* Now all nets have their levels. */
static void tell_words(struct sim *sim, const struct net_word *word, unsigned changed)
{
    sim->settling = true;
    for (; changed; changed &= changed - 1) {
        tell_watches(word[__builtin_ctz(changed)].driver->net);
    }
    sim->settling = false;
    if (sim->dirty) {
        net_settle(sim);
    }
}

static inline unsigned take_word(const struct net_word *word, unsigned level)
{
    struct net *net = word->driver->net;

    if (level == net->level) {
        return 0;
    }
    take_level(net, (uint8_t)level);
    return 1;
}

static void mark_words(struct sim *sim, const struct net_word *word, unsigned n)
{
    net_hold(sim);
    for (unsigned i = 0; i < n; i++) {
        mark_dirty(word[i].driver->net);
    }
    net_release(sim);
}

/* Others drive some of the nets, too. */
static void settle_words(struct sim *sim, const struct net_word *word, unsigned n)
{
    int level[NET_WORDS];
    unsigned changed = 0;
    bool contended = false;

    for (unsigned i = 0; i < n; i++) {
        level[i] = plain_level(word[i].driver->net, &contended);
        if (contended) {
            mark_words(sim, word, n);
            return;
        }
    }
    for (unsigned i = 0; i < n; i++) {
        changed |= take_word(&word[i], (unsigned)level[i]) << i;
    }
    tell_words(sim, word, changed);
}

void net_drive_together(struct sim *sim, const struct net_word *word, unsigned n)
{
    unsigned changed = 0;
    bool others = false;

    if (!may_go_together(sim, word, n)) {
        net_hold(sim);
        for (unsigned i = 0; i < n; i++) {
            net_drive(word[i].driver, (enum net_level)word[i].level, (enum net_strength)word[i].strength);
        }
        net_release(sim);
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        say(&word[i]);
        others |= word[i].driver->net->n_active != (word[i].strength != NET_OPEN);
    }
    if (others) {
        settle_words(sim, word, n);
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        changed |= take_word(&word[i], word[i].level) << i;
    }
    tell_words(sim, word, changed);
}

void net_drive_wave(struct net_driver *d, const struct net_wave *wave, enum net_strength strength)
{
    disturb(d->net);
    if (d->net && d->net->wave_ps != d->net->sim->now_ps) {
        d->net->before_wave = level_until_now(d->net);
        d->net->wave_ps = d->net->sim->now_ps;
    }
    d->wave = *wave;
    d->has_wave = true;
    if (!d->net) {
        d->strength = (uint8_t)strength;
    } else {
        take_strength(d, strength);
        d->net->wave_changed = true;
        mark_dirty(d->net);
    }
}

enum net_level net_level(const struct net *net)
{
    net_wake(net);
    if (net->wave) {
        return net_wave_level(&net->wave->wave, net->sim->now_ps) ? NET_1 : NET_0;
    }
    return net->level;
}

void net_edges_wanted(struct net *net, int more)
{
    disturb(net);
    if (net->wave &&
        !sim_event_pending(&net->edge)) { /* whoever comes has read the level of now: it counts from there */
        net->level = net_level(net);
    }
    net->edge_users += (uint32_t)more;
    follow_wave(net);
}

void net_watch_add(struct net *net, struct net_watch *w, enum net_watch_kind kind,
                   void (*changed)(void *, struct net *, sim_time), void *ctx)
{
    disturb(net);
    *w = (struct net_watch){ .kind = kind, .changed = changed, .ctx = ctx };
    struct net_watch **p = &net->watches;
    while (*p) {
        p = &(*p)->next;
    }
    *p = w;
    if (kind == NET_WATCH_EDGES) {
        net_edges_wanted(net, 1);
    }
}

void net_watch_remove(struct net *net, struct net_watch *w)
{
    disturb(net);
    for (struct net_watch **p = &net->watches; *p; p = &(*p)->next) {
        if (*p == w) {
            *p = w->next;
            if (net->untold == w) {
                net->untold = w->next;
            }
            if (w->kind == NET_WATCH_EDGES) {
                net_edges_wanted(net, -1);
            }
            return;
        }
    }
}

bool net_watch_move(struct net **at, struct net *net, struct net_watch *w, enum net_watch_kind kind,
                    void (*changed)(void *, struct net *, sim_time), void *ctx)
{
    if (*at == net) {
        return false;
    }
    if (*at) {
        net_watch_remove(*at, w);
    }
    *at = net;
    if (net) {
        net_watch_add(net, w, kind, changed, ctx);
    }
    return true;
}
