/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fast_exec.h - the body of the executor; fast_core.c includes it twice
 *
 * EXEC_NAME    the function that comes out
 * EXEC_PROBES  1: it notes what it touches in f->probe (fast_core.h), and stops where the probe began
 * EXEC_COUNTS  1: it counts instructions in f->executed
 *
 * Threaded: every instruction ends in a jump to the next one's code, so that the branch predictor sees each place
 * apart (gcc needs -fno-gcse for it). Flags stand in locals as what they come from, see struct of locals below.
 */
static enum fast_stop EXEC_NAME(struct fast_core *f, avr_t *avr, uint64_t end)
{
#define LABEL(kind) &&do_##kind,
    static const void *const labels[FAST_EXECS_N] = { FAST_KINDS(LABEL) FAST_TWINS(LABEL) };
    const struct fast_op *const ops = f->ops, *o = ops + (avr->pc >> 1);
    uint8_t *const data = avr->data, *const s = avr->sreg;
    const unsigned ram_end = f->ram_end, mask = f->words - 1;
    uint64_t cycle = avr->cycle;
    enum fast_stop stop = FAST_END;
    unsigned a, b, v;
    /* C is 0 or 1; Z is set when z is 0; N, V and S are bit 7; H is bit 4; T and I stay in s[] */
    unsigned c = s[S_C], z = !s[S_Z], n = s[S_N] << 7, vv = s[S_V] << 7, ss = s[S_S] << 7, h = s[S_H] << 4;
#if EXEC_PROBES
    struct fast_probe *const probe = &f->probe;
    const struct fast_op *const start = ops + probe->pc;
#define AT_JUMP_BACK (o == start)
#define NOTE_STORE(at_) note_store(probe, (at_), data[at_])
#else
#define AT_JUMP_BACK (cycle >= f->probe_at)
#define NOTE_STORE(at_) (void)0
#endif

#define DISPATCH()             \
    do {                       \
        if (cycle >= end) {    \
            goto out;          \
        }                      \
        if (EXEC_COUNTS) {     \
            f->executed++;     \
        }                      \
        goto *labels[o->exec]; \
    } while (0)
#define NEXT(cycles_)       \
    do {                    \
        o++;                \
        cycle += (cycles_); \
        DISPATCH();         \
    } while (0)
/* Of a twin: the run does not end before the next instruction; the whole one, if it may end before the flags are set. */
#define LEAN(whole_)                     \
    do {                                 \
        if (cycle + o->lean_ck >= end) { \
            goto do_##whole_;            \
        }                                \
    } while (0)
#define NEXT_OF_BLOCK(cycles_) \
    do {                       \
        o++;                   \
        cycle += (cycles_);    \
        if (EXEC_COUNTS) {     \
            f->executed++;     \
        }                      \
        goto *labels[o->exec]; \
    } while (0)
#define LEAVE_TO_SIMAVR()           \
    do {                            \
        stop = FAST_SLOW;           \
        f->executed -= EXEC_COUNTS; \
        goto out;                   \
    } while (0)
#define JUMP(cycles_)                     \
    do {                                  \
        bool back = o->extra & FAST_BACK; \
        o = ops + o->k;                   \
        cycle += (cycles_);               \
        if (back && AT_JUMP_BACK) {       \
            stop = FAST_LOOP;             \
            goto out;                     \
        }                                 \
        DISPATCH();                       \
    } while (0)
#define BRANCH_IF(condition_) \
    do {                      \
        if (condition_) {     \
            JUMP(2);          \
        }                     \
        NEXT(1);              \
    } while (0)
#define SKIP_IF(condition_)                                                                \
    do {                                                                                   \
        if (condition_) {                                                                  \
            unsigned words = 1u + (ops[(unsigned)(o - ops + 1) & mask].extra & FAST_LONG); \
            o += words;                                                                    \
            cycle += words;                                                                \
        }                                                                                  \
        NEXT(1);                                                                           \
    } while (0)

/* flags of a result */
#define SET_ZNS(res_) (z = n = (res_), ss = n ^ vv)
#define ADD_(carry_)            \
    do {                        \
        v = a + b + (carry_);   \
        c = v >> 8;             \
        v &= 0xff;              \
        h = a ^ b ^ v;          \
        vv = (a ^ v) & (b ^ v); \
        SET_ZNS(v);             \
    } while (0)
#define SUB_(carry_)            \
    do {                        \
        v = a - b - (carry_);   \
        c = v >> 31;            \
        v &= 0xff;              \
        h = a ^ b ^ v;          \
        vv = (a ^ b) & (a ^ v); \
        n = v;                  \
        ss = n ^ vv;            \
    } while (0)
#define LOGIC_(res_)             \
    do {                         \
        v = (res_);              \
        vv = 0;                  \
        SET_ZNS(v);              \
        data[o->d] = (uint8_t)v; \
    } while (0)
#define SHIFTED_(res_)           \
    do {                         \
        v = (res_);              \
        c = a & 1;               \
        vv = v ^ c << 7;         \
        SET_ZNS(v);              \
        data[o->d] = (uint8_t)v; \
    } while (0)
#define PAIR(r_) (data[r_] | (unsigned)data[(r_) + 1] << 8)
#define SET_PAIR(r_, v_)                       \
    do {                                       \
        data[r_] = (uint8_t)(v_);              \
        data[(r_) + 1] = (uint8_t)((v_) >> 8); \
    } while (0)

/* a callback sees the start of its instruction; it may stall the core, arm a timer or want an interrupt */
#define CALL_BACK(call_)                           \
    do {                                           \
        avr->pc = (avr_flashaddr_t)(o - ops) << 1; \
        avr->cycle = cycle;                        \
        call_;                                     \
        cycle = avr->cycle;                        \
        end = end_after_callback(avr, end);        \
    } while (0)

/* Its quick way, if it has one (fast_core.h). */
#define IS_QUICK_LOAD(ck_) \
    (!EXEC_PROBES && f->io[a - 32].quick_read && f->io[a - 32].quick_read(f->io[a - 32].quick_read_ctx, cycle + (ck_)))
/* v = the byte at data address a; what strays beyond SRAM is done all the same, but the run ends there */
#define LOAD(ck_)                                                                                         \
    do {                                                                                                  \
        if (a >= FAST_FIRST_RAM) {                                                                        \
            if (a > ram_end) {                                                                            \
                f->stray = (uint16_t)a;                                                                   \
                end = 0;                                                                                  \
            }                                                                                             \
        } else if (a >= 32) {                                                                             \
            if (a == R_SREG || avr->io[a - 32].irq) {                                                     \
                LEAVE_TO_SIMAVR();                                                                        \
            }                                                                                             \
            if (avr->io[a - 32].r.c && !IS_QUICK_LOAD(ck_)) {                                             \
                CALL_BACK(data[a] = avr->io[a - 32].r.c(avr, (avr_io_addr_t)a, avr->io[a - 32].r.param)); \
            }                                                                                             \
            if (EXEC_PROBES && !note_read(f, avr, a)) {                                                   \
                end = 0;                                                                                  \
            }                                                                                             \
        }                                                                                                 \
        v = data[a];                                                                                      \
    } while (0)
/* the I/O register at a = b */
#define STORE_IO(quick_)                                                                                \
    do {                                                                                                \
        if (quick_) {                                                                                   \
            break;                                                                                      \
        }                                                                                               \
        if (!EXEC_PROBES && f->is_stored) {                                                             \
            f->is_stored = false;                                                                       \
            end = end_after_callback(avr, end);                                                         \
            break;                                                                                      \
        }                                                                                               \
        if (a == R_SREG || avr->io[a - 32].irq) {                                                       \
            LEAVE_TO_SIMAVR();                                                                          \
        }                                                                                               \
        if (EXEC_PROBES && !note_io_write(f, avr, a, b)) {                                              \
            end = 0;                                                                                    \
        }                                                                                               \
        if (avr->io[a - 32].w.c) {                                                                      \
            CALL_BACK(avr->io[a - 32].w.c(avr, (avr_io_addr_t)a, (uint8_t)b, avr->io[a - 32].w.param)); \
        } else {                                                                                        \
            data[a] = (uint8_t)b;                                                                       \
        }                                                                                               \
    } while (0)
/* Its quick way, if it has one (fast_core.h). */
#define IS_QUICK(ck_) \
    (!EXEC_PROBES && f->io[a - 32].quick && f->io[a - 32].quick(f->io[a - 32].quick_ctx, cycle + (ck_), b))
/* the byte at data address a = b */
#define STORE()                         \
    do {                                \
        if (a >= FAST_FIRST_RAM) {      \
            if (a > ram_end) {          \
                f->stray = (uint16_t)a; \
                end = 0;                \
            } else {                    \
                NOTE_STORE(a);          \
            }                           \
            data[a] = (uint8_t)b;       \
        } else if (a < 32) {            \
            data[a] = (uint8_t)b;       \
        } else {                        \
            STORE_IO(IS_QUICK(2));      \
        }                               \
    } while (0)
/* Do these n bytes of the stack, up to `last`, lie elsewhere than in SRAM, and not where all is memory? */
#define IS_ODD_STACK(last_, n_)                                  \
    (((last_) < FAST_FIRST_RAM + (n_)-1 || (last_) > ram_end) && \
     (EXEC_PROBES || !stack_is_memory(f, avr, (last_) + 1 - (n_), (n_))))
/*
 * I was just set. One more instruction runs before an interrupt (next_, where that is known: CLI keeps it away). Without
 * one wanted nothing follows, unless something is due at the end of this very instruction; what is may just have been found.
 */
#define I_WAS_SET(cycles_, next_)                                                        \
    do {                                                                                 \
        const uint64_t then = cycle + (cycles_);                                         \
        if (then < end && (next_)->kind == CLI) {                                        \
            break;                                                                       \
        }                                                                                \
        if (then >= end || (f->interrupt_wanted && f->interrupt_wanted(f->ctx, then))) { \
            avr->interrupt_state = -2;                                                   \
            end = 0;                                                                     \
        } else if (avr->cycle_timers.timer) {                                            \
            end = end_after_callback(avr, end);                                          \
        }                                                                                \
    } while (0)

    DISPATCH();

do_SLOW:
    LEAVE_TO_SIMAVR();
do_UNDEFINED:
    if (!f->undefined_is_told) {
        LEAVE_TO_SIMAVR();
    }
    NEXT(1);
do_NOP:
    NEXT(1);
do_MOVW:
    data[o->d] = data[o->r];
    data[o->d + 1] = data[o->r + 1];
    NEXT(1);
do_CPC:
    a = data[o->d], b = data[o->r];
    SUB_(c);
    z |= v;
    NEXT(1);
do_SBC:
    a = data[o->d], b = data[o->r];
    SUB_(c);
    z |= v;
    data[o->d] = (uint8_t)v;
    NEXT(1);
do_SBCI:
    a = data[o->d], b = o->k;
    SUB_(c);
    z |= v;
    data[o->d] = (uint8_t)v;
    NEXT(1);
do_ADD:
    a = data[o->d], b = data[o->r];
    ADD_(0);
    data[o->d] = (uint8_t)v;
    NEXT(1);
do_ADC:
    a = data[o->d], b = data[o->r];
    ADD_(c);
    data[o->d] = (uint8_t)v;
    NEXT(1);
do_CP:
    a = data[o->d], b = data[o->r];
    SUB_(0);
    z = v;
    NEXT(1);
do_CPI:
    a = data[o->d], b = o->k;
    SUB_(0);
    z = v;
    NEXT(1);
do_SUB:
    a = data[o->d], b = data[o->r];
    SUB_(0);
    z = v;
    data[o->d] = (uint8_t)v;
    NEXT(1);
do_SUBI:
    a = data[o->d], b = o->k;
    SUB_(0);
    z = v;
    data[o->d] = (uint8_t)v;
    NEXT(1);
do_NEG:
    a = 0, b = data[o->d];
    SUB_(0);
    z = v;
    data[o->d] = (uint8_t)v;
    NEXT(1);
do_AND:
    LOGIC_(data[o->d] & data[o->r]);
    NEXT(1);
do_ANDI:
    LOGIC_(data[o->d] & o->k);
    NEXT(1);
do_EOR:
    LOGIC_((unsigned)data[o->d] ^ data[o->r]);
    NEXT(1);
do_OR:
    LOGIC_((unsigned)data[o->d] | data[o->r]);
    NEXT(1);
do_ORI:
    LOGIC_(data[o->d] | o->k);
    NEXT(1);
do_COM:
    LOGIC_(data[o->d] ^ 0xffu);
    c = 1;
    NEXT(1);
do_MOV:
    data[o->d] = data[o->r];
    NEXT(1);
do_LDI:
    data[o->d] = (uint8_t)o->k;
    NEXT(1);
do_SWAP:
    v = data[o->d];
    data[o->d] = (uint8_t)(v >> 4 | v << 4);
    NEXT(1);
do_INC:
    a = data[o->d];
    v = (a + 1) & 0xff;
    vv = v & ~a;
    SET_ZNS(v);
    data[o->d] = (uint8_t)v;
    NEXT(1);
do_DEC:
    a = data[o->d];
    v = (a - 1) & 0xff;
    vv = a & ~v;
    SET_ZNS(v);
    data[o->d] = (uint8_t)v;
    NEXT(1);
do_ASR:
    a = data[o->d];
    SHIFTED_(a >> 1 | (a & 0x80));
    NEXT(1);
do_LSR:
    a = data[o->d];
    SHIFTED_(a >> 1);
    NEXT(1);
do_ROR:
    a = data[o->d];
    SHIFTED_(a >> 1 | c << 7);
    NEXT(1);
do_ADIW:
    a = PAIR(o->d);
    v = (a + o->k) & 0xffff;
    SET_PAIR(o->d, v);
    vv = (~a & v) >> 8;
    c = (~v & a) >> 15 & 1;
    goto wide_flags;
do_SBIW:
    a = PAIR(o->d);
    v = (a - o->k) & 0xffff;
    SET_PAIR(o->d, v);
    vv = (a & ~v) >> 8;
    c = (v & ~a) >> 15 & 1;
wide_flags:
    z = v;
    n = v >> 8;
    ss = n ^ vv;
    NEXT(2);
do_MUL:
    v = (unsigned)data[o->d] * data[o->r];
    SET_PAIR(0, v);
    z = v;
    c = v >> 15;
    NEXT(2);
do_MULS:
    a = data[o->d], b = data[o->r];
    a -= o->k & FAST_D_SIGNED ? a << 1 & 0x100 : 0;
    b -= o->k & FAST_R_SIGNED ? b << 1 & 0x100 : 0;
    v = a * b & 0xffff;
    c = v >> 15;
    v = o->k & FAST_FRACTION ? v << 1 & 0xffff : v;
    SET_PAIR(0, v);
    z = v;
    NEXT(2);

do_LEAN_ADD:
    LEAN(ADD);
    data[o->d] = (uint8_t)(data[o->d] + data[o->r]);
    NEXT_OF_BLOCK(1);
do_LEAN_ADD_C:
    LEAN(ADD);
    v = (unsigned)data[o->d] + data[o->r];
    c = v >> 8;
    data[o->d] = (uint8_t)v;
    NEXT_OF_BLOCK(1);
do_LEAN_ADC:
    LEAN(ADC);
    data[o->d] = (uint8_t)(data[o->d] + data[o->r] + c);
    NEXT_OF_BLOCK(1);
do_LEAN_ADC_C:
    LEAN(ADC);
    v = data[o->d] + data[o->r] + c;
    c = v >> 8;
    data[o->d] = (uint8_t)v;
    NEXT_OF_BLOCK(1);
do_LEAN_SUB:
    LEAN(SUB);
    data[o->d] = (uint8_t)(data[o->d] - data[o->r]);
    NEXT_OF_BLOCK(1);
do_LEAN_SUBI:
    LEAN(SUBI);
    data[o->d] = (uint8_t)(data[o->d] - o->k);
    NEXT_OF_BLOCK(1);
/* v = a - b: Z and C */
#define LEAN_SUB_(carry_, z_was_) \
    do {                          \
        v = a - b - (carry_);     \
        c = v >> 31;              \
        v &= 0xff;                \
        z = v | (z_was_);         \
    } while (0)
do_LEAN_SUB_ZC:
    LEAN(SUB);
    a = data[o->d], b = data[o->r];
    LEAN_SUB_(0, 0);
    data[o->d] = (uint8_t)v;
    NEXT_OF_BLOCK(1);
do_LEAN_SUBI_ZC:
    LEAN(SUBI);
    a = data[o->d], b = o->k;
    LEAN_SUB_(0, 0);
    data[o->d] = (uint8_t)v;
    NEXT_OF_BLOCK(1);
do_LEAN_SBC_ZC:
    LEAN(SBC);
    a = data[o->d], b = data[o->r];
    LEAN_SUB_(c, z);
    data[o->d] = (uint8_t)v;
    NEXT_OF_BLOCK(1);
do_LEAN_SBCI_ZC:
    LEAN(SBCI);
    a = data[o->d], b = o->k;
    LEAN_SUB_(c, z);
    data[o->d] = (uint8_t)v;
    NEXT_OF_BLOCK(1);
do_LEAN_CP_ZC:
    LEAN(CP);
    a = data[o->d], b = data[o->r];
    LEAN_SUB_(0, 0);
    NEXT_OF_BLOCK(1);
do_LEAN_CPI_ZC:
    LEAN(CPI);
    a = data[o->d], b = o->k;
    LEAN_SUB_(0, 0);
    NEXT_OF_BLOCK(1);
do_LEAN_CPC_ZC:
    LEAN(CPC);
    a = data[o->d], b = data[o->r];
    LEAN_SUB_(c, z);
    NEXT_OF_BLOCK(1);
do_LEAN_AND:
    LEAN(AND);
    data[o->d] &= data[o->r];
    NEXT_OF_BLOCK(1);
do_LEAN_ANDI:
    LEAN(ANDI);
    data[o->d] &= (uint8_t)o->k;
    NEXT_OF_BLOCK(1);
do_LEAN_OR:
    LEAN(OR);
    data[o->d] |= data[o->r];
    NEXT_OF_BLOCK(1);
do_LEAN_ORI:
    LEAN(ORI);
    data[o->d] |= (uint8_t)o->k;
    NEXT_OF_BLOCK(1);
do_LEAN_EOR:
    LEAN(EOR);
    data[o->d] ^= data[o->r];
    NEXT_OF_BLOCK(1);
do_LEAN_INC:
    LEAN(INC);
    data[o->d]++;
    NEXT_OF_BLOCK(1);
do_LEAN_DEC:
    LEAN(DEC);
    data[o->d]--;
    NEXT_OF_BLOCK(1);
do_LEAN_LSR_C:
    LEAN(LSR);
    v = data[o->d];
    c = v & 1;
    data[o->d] = (uint8_t)(v >> 1);
    NEXT_OF_BLOCK(1);
do_LEAN_ASR_C:
    LEAN(ASR);
    v = data[o->d];
    c = v & 1;
    data[o->d] = (uint8_t)(v >> 1 | (v & 0x80));
    NEXT_OF_BLOCK(1);
do_LEAN_ROR_C:
    LEAN(ROR);
    v = data[o->d];
    data[o->d] = (uint8_t)(v >> 1 | c << 7);
    c = v & 1;
    NEXT_OF_BLOCK(1);
do_LEAN_ADIW:
    LEAN(ADIW);
    v = PAIR(o->d) + o->k;
    SET_PAIR(o->d, v);
    NEXT_OF_BLOCK(2);
do_LEAN_SBIW:
    LEAN(SBIW);
    v = PAIR(o->d) - o->k;
    SET_PAIR(o->d, v);
    NEXT_OF_BLOCK(2);
do_LEAN_MUL:
    LEAN(MUL);
    v = (unsigned)data[o->d] * data[o->r];
    SET_PAIR(0, v);
    NEXT_OF_BLOCK(2);

do_RJMP:
    JUMP(2);
do_JMP:
    JUMP(3);
do_IJMP:
    v = PAIR(R_ZL);
    if (v > mask) {
        LEAVE_TO_SIMAVR();
    }
    o = ops + v;
    cycle += 2;
    DISPATCH();
do_RCALL:
do_CALL:
do_ICALL:
    a = PAIR(FAST_SPL);
    v = o->kind == ICALL ? PAIR(R_ZL) : o->k;
    if (IS_ODD_STACK(a, 2u) || v > mask) {
        LEAVE_TO_SIMAVR();
    }
    NOTE_STORE(a);
    NOTE_STORE(a - 1);
    b = ((unsigned)(o - ops) + (o->kind == CALL ? 2 : 1)) & mask;
    data[a] = (uint8_t)b;
    data[(a - 1) & 0xffff] = (uint8_t)(b >> 8);
    SET_PAIR(FAST_SPL, a - 2);
    cycle += o->kind == CALL ? 4 : 3;
    o = ops + v;
    DISPATCH();
do_RET:
do_RETI:
    a = PAIR(FAST_SPL);
    if (IS_ODD_STACK(a + 2, 2u)) {
        LEAVE_TO_SIMAVR();
    }
    v = (unsigned)data[(a + 1) & 0xffff] << 8 | data[(a + 2) & 0xffff];
    if (v > mask) {
        LEAVE_TO_SIMAVR();
    }
    SET_PAIR(FAST_SPL, a + 2);
    if (o->kind == RETI && !s[S_I]) {
        s[S_I] = 1;
        I_WAS_SET(4, o);
    }
    cycle += 4;
    if (!EXEC_PROBES && o->kind == RETI && v == f->return_to) {
        o = ops + v;
        stop = FAST_RETURN;
        goto out;
    }
    o = ops + v;
    DISPATCH();

do_BREQ:
    BRANCH_IF(!z);
do_BRNE:
    BRANCH_IF(z);
do_BRCS:
    BRANCH_IF(c);
do_BRCC:
    BRANCH_IF(!c);
do_BRMI:
    BRANCH_IF(n & 0x80);
do_BRPL:
    BRANCH_IF(!(n & 0x80));
do_BRLT:
    BRANCH_IF(ss & 0x80);
do_BRGE:
    BRANCH_IF(!(ss & 0x80));
do_BRBS:
do_BRBC:
    v = o->r == S_H ? h >> 4 & 1 : o->r == S_V ? vv >> 7 & 1 : s[o->r];
    BRANCH_IF(v == (o->kind == BRBS));
do_CPSE:
    SKIP_IF(data[o->d] == data[o->r]);
do_SBRC:
    SKIP_IF(!(data[o->d] >> o->r & 1));
do_SBRS:
    SKIP_IF(data[o->d] >> o->r & 1);
do_SBIC:
do_SBIS:
    a = o->k;
    LOAD(0);
    SKIP_IF((v >> o->r & 1) == (o->kind == SBIS));

do_SBI:
do_CBI:
    a = o->k;
    LOAD(0);
    b = o->kind == SBI ? 1u << o->r : 0;
    if (!f->io[a - 32].by_bit) {
        b |= v & ~(1u << o->r);
    }
    STORE_IO((!avr->io[a - 32].r.c || f->io[a - 32].by_bit) && IS_QUICK(2));
    NEXT(2);
do_BST:
    s[S_T] = data[o->d] >> o->r & 1;
    NEXT(1);
do_BLD:
    data[o->d] = (uint8_t)((data[o->d] & ~(1u << o->r)) | (unsigned)s[S_T] << o->r);
    NEXT(1);
do_BSET:
do_BCLR:
    v = o->kind == BSET;
    switch (o->r) {
    case S_C: c = v; break;
    case S_Z: z = !v; break;
    case S_N: n = v << 7; break;
    case S_V: vv = v << 7; break;
    case S_S: ss = v << 7; break;
    case S_H: h = v << 4; break;
    default: s[S_T] = (uint8_t)v; break;
    }
    NEXT(1);
do_SEI:
    if (!s[S_I]) {
        s[S_I] = 1;
        I_WAS_SET(1, o + 1);
    }
    NEXT(1);
do_CLI:
    s[S_I] = 0;
    avr->interrupt_state = 0;
    NEXT(1);
do_WDR:
    CALL_BACK(avr_ioctl(avr, AVR_IOCTL_WATCHDOG_RESET, 0));
#if EXEC_PROBES
    probe->wdr = true;
#endif
    NEXT(1);

#define SREG_BYTE()                                                                                                  \
    (c | (unsigned)!z << 1 | (n >> 5 & 4) | (vv >> 4 & 8) | (ss >> 3 & 16) | (h << 1 & 32) | (unsigned)s[S_T] << 6 | \
     (unsigned)s[S_I] << 7)
do_IN_SREG:
    data[o->d] = data[R_SREG] = (uint8_t)SREG_BYTE();
    NEXT(1);
do_OUT_SREG:
    v = data[R_SREG] = data[o->d];
    c = v & 1;
    z = ~v & 2;
    n = v << 5;
    vv = v << 4;
    ss = v << 3;
    h = v >> 1;
    s[S_T] = v >> 6 & 1;
    if (!(v & 0x80)) {
        s[S_I] = 0;
        avr->interrupt_state = 0;
    } else if (!s[S_I]) {
        s[S_I] = 1;
        I_WAS_SET(1, o + 1);
    }
    NEXT(1);
do_IN:
    a = o->k;
    LOAD(0);
    data[o->d] = (uint8_t)v;
    NEXT(1);
do_OUT:
    if (!EXEC_PROBES) { /* nothing is kept for the other way meanwhile: the one that most take is short */
        const struct fast_io *const io = f->io + (size_t)o->k - 32;
        if (io->quick && io->quick(io->quick_ctx, cycle + 1, data[o->d])) {
            NEXT(1);
        }
    }
    a = o->k, b = data[o->d];
    STORE_IO(false);
    NEXT(1);
do_LDS:
    a = o->k;
    LOAD(1);
    data[o->d] = (uint8_t)v;
    o++;
    NEXT(2);
do_STS:
    a = o->k, b = data[o->d];
    STORE();
    o++;
    NEXT(2);
do_LDD:
    a = (PAIR(o->r) + o->k) & 0xffff;
    LOAD(1);
    data[o->d] = (uint8_t)v;
    NEXT(2);
do_STD:
    a = (PAIR(o->r) + o->k) & 0xffff;
    b = data[o->d];
    STORE();
    NEXT(2);
do_LD_INC:
    a = PAIR(o->r);
    LOAD(1);
    SET_PAIR(o->r, a + 1);
    data[o->d] = (uint8_t)v;
    NEXT(2);
do_ST_INC:
    a = PAIR(o->r);
    b = data[o->d];
    STORE();
    SET_PAIR(o->r, a + 1);
    NEXT(2);
do_LD_DEC:
    a = (PAIR(o->r) - 1) & 0xffff;
    LOAD(1);
    SET_PAIR(o->r, a);
    data[o->d] = (uint8_t)v;
    NEXT(2);
do_ST_DEC:
    a = (PAIR(o->r) - 1) & 0xffff;
    b = data[o->d];
    STORE();
    SET_PAIR(o->r, a);
    NEXT(2);
do_PUSH:
    a = PAIR(FAST_SPL);
    if (IS_ODD_STACK(a, 1u)) {
        LEAVE_TO_SIMAVR();
    }
    NOTE_STORE(a);
    data[a] = data[o->d];
    SET_PAIR(FAST_SPL, a - 1);
    NEXT(2);
do_POP:
    a = PAIR(FAST_SPL);
    if (IS_ODD_STACK(a + 1, 1u)) {
        LEAVE_TO_SIMAVR();
    }
    v = data[(a + 1) & 0xffff];
    SET_PAIR(FAST_SPL, a + 1);
    data[o->d] = (uint8_t)v;
    NEXT(2);
do_LPM:
    data[o->d] = lpm(f, avr, (uint32_t)(o - ops), PAIR(R_ZL));
    NEXT(3);
do_LPM_INC:
    a = PAIR(R_ZL);
    v = lpm(f, avr, (uint32_t)(o - ops), a);
    SET_PAIR(R_ZL, a + 1);
    data[o->d] = (uint8_t)v;
    NEXT(3);
do_SPM:
    if (EXEC_PROBES || !f->spm) {
        LEAVE_TO_SIMAVR();
    }
    CALL_BACK(f->spm(f->spm_ctx));
    NEXT(1);

out:
    s[S_C] = (uint8_t)c;
    s[S_Z] = !z;
    s[S_N] = n >> 7 & 1;
    s[S_V] = vv >> 7 & 1;
    s[S_S] = ss >> 7 & 1;
    s[S_H] = h >> 4 & 1;
    v = (unsigned)(o - ops);
    if (v > mask) {
        f->left_flash = v << 1;
    }
    avr->pc = (v & mask) << 1;
    avr->cycle = cycle;
    return stop;
}

#undef LABEL
#undef AT_JUMP_BACK
#undef NOTE_STORE
#undef DISPATCH
#undef NEXT
#undef LEAN
#undef LEAN_SUB_
#undef NEXT_OF_BLOCK
#undef LEAVE_TO_SIMAVR
#undef JUMP
#undef BRANCH_IF
#undef SKIP_IF
#undef SET_ZNS
#undef ADD_
#undef SUB_
#undef LOGIC_
#undef SHIFTED_
#undef PAIR
#undef SET_PAIR
#undef CALL_BACK
#undef LOAD
#undef IS_QUICK_LOAD
#undef STORE
#undef STORE_IO
#undef IS_QUICK
#undef IS_ODD_STACK
#undef I_WAS_SET
#undef SREG_BYTE
#undef EXEC_NAME
#undef EXEC_PROBES
#undef EXEC_COUNTS
