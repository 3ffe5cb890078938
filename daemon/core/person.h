/* Persons of a case, for the module that owns the case. Table person. */
#ifndef DAEMON_CORE_PERSON_H
#define DAEMON_CORE_PERSON_H

#include "daemon/core/case.h"

/* A person on the way into the catalog. */
struct person_row {
	struct id id;
	struct fresh_key key;
	struct buf sealed;
	int adult;
};
void person_row_done(struct person_row *p);

int person_check(const struct case_person *p, int64_t now_ms, struct err *e)
    NODISCARD;
int person_prepare(struct core *core, const struct id *kase,
    const struct case_person *p, struct person_row *out, struct err *e)
    NODISCARD;
int person_insert(struct tx *tx, const struct id *kase,
    const struct person_row *p, struct err *e) NODISCARD;
int person_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

/* A line of text from outside: UTF-8, at most max bytes, no controls. */
int text_check(const char *s, size_t max, const char *what, struct err *e)
    NODISCARD;

#endif
