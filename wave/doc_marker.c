/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doc_marker.c - findings as the markers of another viewer */
#include <stdio.h>
#include <string.h>

#include "wave/doc_write.h"

struct doc_marker doc_first_marker(const struct wave_doc *d, const struct doc_cut *cut, unsigned most)
{
    return (struct doc_marker){
        .findings = doc_find_track(d, DOC_TRACK_FINDINGS),
        .cut = cut,
        .last_ps = SIM_NEVER,
        .apart_ps = (cut->to_ps - cut->from_ps) / most,
    };
}

const struct doc_span *doc_next_marker(struct doc_marker *m)
{
    for (; m->findings && m->next < m->findings->n; m->next++) {
        sim_time t = m->findings->spans[m->next].end_ps;
        if (t >= m->cut->from_ps && t <= m->cut->to_ps && (m->last_ps == SIM_NEVER || t >= m->last_ps + m->apart_ps)) {
            m->last_ps = t;
            return &m->findings->spans[m->next++];
        }
    }
    return NULL;
}

void doc_marker_text(const struct wave_doc *d, const struct doc_span *finding, char text[DOC_MARKER_BYTES])
{
    snprintf(text, DOC_MARKER_BYTES, "%s", doc_text(d, finding->text));
    text[strcspn(text, ",")] = 0;
}
