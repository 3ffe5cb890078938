/*
 * Letters that the vault writes to a person: the texts are the rules'
 * (policy_letter), words in braces are replaced, and what such a letter must
 * say by law is looked for in the result.
 */
#ifndef DAEMON_CORE_LETTER_H
#define DAEMON_CORE_LETTER_H

#include "daemon/core/core.h"

#define LETTER_COLUMNS 78 /* of a text that is put in */

struct letter_word {
	const char *name;  /* "raisons", for {raisons} */
	const char *value; /* wrapped when it is long */
};
/*
 * Appended to out. day: on which the letter must be in force. ERR_CONFLICT
 * "letter-missing": the rules have none of this name then; "letter-mentions":
 * one of its mentions is not in what was written.
 */
int letter_write(const struct policy *p, const char *name, int32_t day,
    const struct letter_word *words, size_t n, struct buf *out, struct err *e)
    NODISCARD;
/* 2 August 2026 is "02/08/2026". */
void letter_day(int32_t day, char out[11]);

#endif
