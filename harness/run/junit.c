/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/junit.h"

#include "wave/out_file.h"

#include <inttypes.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <string.h>

static void attribute(xmlTextWriterPtr w, const char *name, const char *value)
{
    xmlTextWriterWriteAttribute(w, BAD_CAST name, BAD_CAST value);
}

static void number(xmlTextWriterPtr w, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, value);
    attribute(w, name, text);
}

/* Text without the characters that XML can't hold. */
static void text(xmlTextWriterPtr w, const char *s)
{
    char piece[512];
    size_t n = 0;

    for (; *s; s++) {
        if ((unsigned char)*s >= 0x20 || *s == '\n' || *s == '\t') {
            piece[n++] = *s;
        }
        if (n == sizeof piece - 1 || !s[1]) {
            piece[n] = '\0';
            xmlTextWriterWriteString(w, BAD_CAST piece);
            n = 0;
        }
    }
}

static void one_case(xmlTextWriterPtr w, const struct junit_case *c)
{
    char seconds[32];

    snprintf(seconds, sizeof seconds, "%" PRIu64 ".%06" PRIu64, c->took_ps / SIM_S, c->took_ps % SIM_S / SIM_US);
    xmlTextWriterStartElement(w, BAD_CAST "testcase");
    attribute(w, "classname", "limpet");
    attribute(w, "name", c->name);
    attribute(w, "file", c->file);
    attribute(w, "time", seconds);
    if (c->failures) {
        xmlTextWriterStartElement(w, BAD_CAST "failure");
        attribute(w, "message", c->message);
        xmlTextWriterEndElement(w);
    }
    xmlTextWriterStartElement(w, BAD_CAST "system-out");
    text(w, c->output);
    xmlTextWriterEndElement(w);
    xmlTextWriterEndElement(w);
}

bool junit_write(const char *path, const struct junit_case *cases, size_t n, struct problem *err)
{
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlTextWriterPtr w = xmlNewTextWriterMemory(buffer, 0);
    struct out_file out;
    uint64_t failed = 0;
    bool ok;

    for (size_t i = 0; i < n; i++) {
        failed += cases[i].failures != 0;
    }
    xmlTextWriterSetIndent(w, 1);
    xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL);
    xmlTextWriterStartElement(w, BAD_CAST "testsuite");
    attribute(w, "name", "limpet run");
    number(w, "tests", n);
    number(w, "failures", failed);
    for (size_t i = 0; i < n; i++) {
        one_case(w, &cases[i]);
    }
    xmlTextWriterEndDocument(w);
    xmlFreeTextWriter(w);
    ok = out_file_open(&out, path, err);
    if (ok) {
        out_file_put(&out, xmlBufferContent(buffer), (size_t)xmlBufferLength(buffer));
        ok = out_file_close(&out, err);
    }
    xmlBufferFree(buffer);
    return ok;
}
