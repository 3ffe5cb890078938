/*
 * A vault of many cases, for who measures: rows put into the real schema by
 * SQL, without files, log or keys. The number of documents and the seed say
 * what comes out. Not a vault anybody could open: keys are only numbers.
 */
#ifndef TESTS_UNIT_CORE_RETENTION_FILL_H
#define TESTS_UNIT_CORE_RETENTION_FILL_H

#include "daemon/core/core.h"

#define RETENTION_FILL_DOCUMENTS 10 /* in each case */

/*
 * Add so many documents (a multiple of 10): cases of all ages up to seven
 * years back from today (days since 1970), a quarter never met, kinds of most
 * retention rules, a hold on every hundredth case. first: key numbers count
 * from it; *next gets the one after.
 */
int retention_fill(struct core *core, size_t documents, int32_t today,
    uint64_t first, uint64_t *next, struct err *e) NODISCARD;

#endif
