/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diagnosis_faults.c - causes that the scenario planted: faults of the serial line, of cells and clocks, a chip pulled out */
#include "harness/base/quantity.h"
#include "harness/parts/part.h"
#include "harness/run/diagnosis_rows.h"
#include "sim/nvm.h"

#include <inttypes.h>
#include <string.h>

bool fault_did(const struct asked *a, unsigned part, char *buf, size_t n)
{
    struct board_part of;

    return board_part_at(a->b, part, &of) && of.self && of.type->did && of.type->did(of.self, a->since_ps, buf, n);
}

/* The first part that is a fault and has struck; reaching: of this type, or of any but this. */
static bool any_did(const struct asked *a, const char *type, bool is_type, char *did, size_t n, const char **name)
{
    struct board_part of;

    for (unsigned i = 0; board_part_at(a->b, i, &of); i++) {
        if (!strcmp(of.type->name, type) == is_type && fault_did(a, i, did, n)) {
            *name = of.name;
            return true;
        }
    }
    return false;
}

bool serial_struck(const struct asked *a)
{
    const char *name;
    char did[160];

    return any_did(a, "serial_fault", true, did, sizeof did, &name) &&
           say(a,
               "the serial line has a fault, the part \"%s\" of the scenario: %s. What the programmer or the host got is "
               "not what was sent; verify, and repeat what failed",
               name, did);
}

bool chip_out(const struct asked *a)
{
    char since[48];

    return a->t->pulled && a->d->reaches_target &&
           say(a, "the chip has been out of its socket since %s",
               quantity_text(QUANTITY_TIME_PS, (int64_t)a->t->powered_ps, since, sizeof since));
}

/* What was expected is not there, because a bit of that very cell does not change. */
bool cell_stuck(const struct asked *a)
{
    const struct scenario_data *d = a->d->data;
    const struct nvm *n = a->t->nvm;
    bool eeprom = a->d->memory == PROG_EEPROM;

    if (!a->d->compares || !d || !n->faults ||
        (eeprom ? n->part->eeprom_bytes : n->part->flash_bytes) < d->offset + d->n) {
        return false;
    }
    for (uint32_t i = 0; i < d->n; i++) {
        uint32_t at = d->offset + i;
        uint8_t is = eeprom ? n->cells.eeprom[at] : n->cells.flash[at];
        uint8_t wrong = (uint8_t)((is ^ d->bytes[i]) & nvm_faults_stuck(n->faults, eeprom, at));

        if ((!d->given || d->given[i]) && wrong) {
            return say(a,
                       "bit %d of the cell at 0x%04" PRIX32
                       " of %s is stuck at %d: it reads 0x%02X whatever is written. The chip is worn out or damaged",
                       __builtin_ctz(wrong), at, eeprom ? "EEPROM" : "flash", (is >> __builtin_ctz(wrong)) & 1, is);
        }
    }
    return false;
}

/* Of those that are not in a wire of the target's (wire_faulty) nor in the serial line. */
bool fault_struck(const struct asked *a)
{
    const char *name;
    char did[160];

    return (a->d->reaches_target || a->d->compares) && any_did(a, "serial_fault", false, did, sizeof did, &name) &&
           say(a, "the scenario has a fault, the part \"%s\": %s", name, did);
}
