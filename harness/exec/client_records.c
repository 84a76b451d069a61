/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client_records.c - what a thread asks, record by record (client.h) */
#include "harness/exec/client.h"

static size_t record_bytes(const struct exec_record *r)
{
    return sizeof *r + ((size_t)r->n_data + 7) / 8 * 8;
}

const struct exec_record *client_record(const struct client *c, const void **data)
{
    const struct exec_record *r = (const void *)(c->request + c->at);

    if (c->at + sizeof *r > c->n_request || r->op >= EXEC_OPS || r->n_data > EXEC_DATA_BYTES ||
        c->at + record_bytes(r) > c->n_request) {
        return NULL;
    }
    *data = r + 1;
    return r;
}

bool client_is_last_record(const struct client *c)
{
    const void *data;
    const struct exec_record *r = client_record(c, &data);

    return !r || c->at + record_bytes(r) >= c->n_request;
}

bool client_next_record(struct client *c)
{
    const void *data;
    const struct exec_record *r = client_record(c, &data);

    c->wait = (struct client_wait){ .on = false };
    c->at = r ? c->at + record_bytes(r) : c->n_request;
    return c->at < c->n_request;
}
