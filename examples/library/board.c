/* SPDX-License-Identifier: GPL-3.0-or-later */
/* board.c - a whole board from a scenario file: its nets watched, its steps taken, two of them in two threads */
#include <inttypes.h>
#include <limpet/limpet.h>
#include <pthread.h>
#include <stdio.h>

struct job {
    const char *path;
    unsigned edges;
    uint64_t last_ps;
    int status;
    limpet_err err;
};

static void count(void *user, const char *net, uint64_t at_ps, int level)
{
    struct job *j = user;

    (void)net;
    (void)level;
    j->edges++;
    j->last_ps = at_ps;
}

static void *work(void *arg)
{
    struct job *j = arg;
    limpet *board;

    j->status = limpet_open(&board, j->path, &j->err);
    if (j->status == LIMPET_OK) {
        limpet_watch(board, "sck", count, j, NULL);
        j->status = limpet_run(board, &j->err);
        if (j->status == LIMPET_OK) {
            j->status = limpet_advance(board, UINT64_C(1000000000), &j->err); /* 1 ms more */
        }
        limpet_close(board);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct job jobs[2] = { { .path = argc > 1 ? argv[1] : "" }, { .path = argc > 2 ? argv[2] : "" } };
    pthread_t threads[2];
    int worst = 0;

    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, work, &jobs[i]);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        printf("%s: %s, %u edges of SCK, the last at %" PRIu64 " ps%s%s\n", jobs[i].path,
               limpet_status_name(jobs[i].status), jobs[i].edges, jobs[i].last_ps, jobs[i].err.text[0] ? ": " : "",
               jobs[i].err.text);
        worst = jobs[i].status < worst ? jobs[i].status : worst;
    }
    return worst == LIMPET_OK ? 0 : worst == LIMPET_FAILED ? 1 : 2;
}
