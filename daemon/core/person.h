/*
 * Persons of a case, for the modules of the case. Tables person,
 * person_role. In clear, because decisions are taken on them within a
 * transaction: roles with their days, and whether an address is
 * confidential; the rest is sealed.
 */
#ifndef DAEMON_CORE_PERSON_H
#define DAEMON_CORE_PERSON_H

#include "daemon/core/case.h"

/* A person on the way into the catalog. */
struct person_row {
	struct id id;
	struct fresh_key key;
	struct buf sealed;
	char role[32];
	int32_t from; /* day, or PERSON_ALWAYS */
	int confidential;
};
#define PERSON_ALWAYS INT32_MIN /* the role has no first day */
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

/* Roles as the API shows them. */
int person_roles_json(struct tx *tx, const struct id *person, int32_t today,
    json_t *into, struct err *e) NODISCARD;
int person_role_insert(struct tx *tx, const struct id *person, const char *role,
    int32_t from, struct err *e) NODISCARD;
/* A role's day from outside: "" is absent; never in the future. */
int person_day(const char *text, int32_t absent, int64_t now_ms, int32_t *out,
    struct err *e) NODISCARD;
int person_birth_year_check(int32_t year, int64_t now_ms, struct err *e)
    NODISCARD;
json_t *person_row_json(const char *name, int32_t birth_year);

/* A line of text from outside: UTF-8, at most max bytes, no controls. */
int text_check(const char *s, size_t max, const char *what, struct err *e)
    NODISCARD;

#endif
