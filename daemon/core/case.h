/*
 * Cases (dossiers) and their persons: tables dossier, person. Names, titles,
 * dates are sealed, each row under its own key.
 */
#ifndef DAEMON_CORE_CASE_H
#define DAEMON_CORE_CASE_H

#include "daemon/core/core.h"

#define CASE_TEXT_MAX 200   /* bytes of a title, a source, a name… */
#define CASE_PERSONS_MAX 32 /* persons of one case */
#define CASE_LIST_MAX 5000  /* cases in one list */
#define CASE_REF_MIN 4	    /* symbols of a beginning */

extern const char *const case_schema;
extern const char *const person_schema;

struct case_person {
	const char *role, *name;
	int32_t birth_year; /* 0: not said */
	int confidential_address;
	const char *from; /* the role's first day; NULL or "": always had it */
};
struct case_opening {
	const char *stage, *source;
	const char *title, *commune, *reference; /* "" when not said */
	const struct case_person *persons;
	size_t npersons;
};

/* Answers are objects as the API shows them; the caller's. */
int case_open(struct core *core, const struct caller *caller,
    const struct case_opening *o, json_t **answer, struct err *e) NODISCARD;
int case_list(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e) NODISCARD;
int case_show(struct core *core, const struct caller *caller, const char *ref,
    struct id *object, json_t **answer, struct err *e) NODISCARD;
int person_add(struct core *core, const struct caller *caller, const char *ref,
    const struct case_person *p, struct id *object, json_t **answer,
    struct err *e) NODISCARD;

/* What changes of a person; NULL and -1: nothing of that. */
struct person_change {
	const char *kase, *person;
	const char *role, *from; /* a role that begins; from "": today */
	const char *end, *until; /* one that ends; its last day, "": today */
	const char *name;
	int32_t birth_year; /* 0: not known after all */
	int confidential_address;
};
/*
 * ERR_REFUSED "role-date" (in the future, or an end before its beginning);
 * ERR_CONFLICT "role-state" (a role they have already, or have not);
 * ERR_INVALID "change-empty".
 */
int person_change(struct core *core, const struct caller *caller,
    const struct person_change *c, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
int person_show(struct core *core, const struct caller *caller,
    const char *kase, const char *person, struct id *object, json_t **answer,
    struct err *e) NODISCARD;

/*
 * Find the case and ask the policy, so that a case that is not there and one
 * that is not the caller's give one answer. *object is set when found.
 */
int case_authorize(struct core *core, struct tx *tx,
    const struct caller *caller, const char *ref, enum policy_op op,
    const char *kind, int64_t now_ms, struct case_facts *out, struct id *object,
    struct decision *d, struct err *e) NODISCARD;
/* The same, and the tombstone of an erased case is found: its state is then
 * "erased", and the policy decides. For withdrawals and objections. */
int case_authorize_erased(struct core *core, struct tx *tx,
    const struct caller *caller, const char *ref, enum policy_op op,
    int64_t now_ms, struct case_facts *out, struct id *object,
    struct decision *d, struct err *e) NODISCARD;
/* Is this the tombstone of an erased case? 1 and its facts, or 0. Nothing
 * was asked of the policy yet. */
int case_find_erased(struct tx *tx, const struct caller *caller,
    const char *ref, struct case_facts *out, struct err *e) NODISCARD;
/* Within a change: the case is open still, and this leaf changed it.
 * ERR_CONFLICT "case-state". */
int case_touch(struct tx *tx, const struct id *kase, uint64_t leaf,
    struct err *e) NODISCARD;
/* The answer for what is not there: that of one's own team's case when the
 * policy denies the operation anyway, else ERR_NOT_FOUND. */
int authorize_unknown(struct core *core, const struct caller *caller,
    enum policy_op op, const char *kind, int64_t now_ms, struct err *e)
    NODISCARD;

/* Is this role an adult of the household, whose consent counts? */
int person_role_is_adult(const char *role);
int person_role_is_known(const char *role);
/* An adult of the household: the first of their roles as adult that day. */
struct person_adult {
	struct id id;
	char role[32];
};
/* The adults of a case whose consent counts on this day, in the order they
 * were entered. */
int person_adults(struct tx *tx, const struct id *kase, int32_t day,
    struct person_adult out[CASE_PERSONS_MAX], size_t *n, struct err *e)
    NODISCARD;
/*
 * 1: nobody else is or ever was an adult of this case, so that what it says
 * is about this person; 0. ERR_REFUSED "subject-person": not of this case.
 */
int person_is_alone(struct tx *tx, const struct id *kase,
    const struct id *person, struct err *e) NODISCARD;
/* 1: somebody of this case must not be found: no address goes out, whatever
 * the rule. */
int person_address_is_confidential(
    struct tx *tx, const struct id *kase, struct err *e) NODISCARD;
/* How many persons a case has, and how many of them must not be found. */
int person_count(struct tx *tx, const struct id *kase, uint64_t *persons,
    uint64_t *confidential, struct err *e) NODISCARD;
/* All persons opened under leaf: [{person, role, roles:[{role, from,
 * until}], name, birth_year, adult, confidential_address}], in the order
 * they were entered; role and adult are today's. */
int person_list(struct core *core, struct tx *tx, const struct id *kase,
    uint64_t leaf, json_t **out, struct err *e) NODISCARD;
/* Each case in this state, in the order of ids, until it returns something
 * negative, which is then returned. Nothing was asked of the policy. */
int case_each(struct tx *tx, const char *state,
    int (*each)(void *arg, const struct case_facts *kase, struct err *e),
    void *arg, struct err *e) NODISCARD;
/* Each case opened before until_ms, whatever became of it, as case_each. */
int case_each_before(struct tx *tx, int64_t until_ms,
    int (*each)(void *arg, const struct case_facts *kase, struct err *e),
    void *arg, struct err *e) NODISCARD;
/* The case's sealed row opened: {source, title, commune, reference,
 * opened_at}. */
int case_row(struct core *core, struct tx *tx, const struct id *kase,
    uint64_t leaf, json_t **out, struct err *e) NODISCARD;

/* id | spoken reference | unique beginning over a table with columns id and
 * ref: shared by cases and documents. one: SELECT id … WHERE id BETWEEN ?
 * AND ? LIMIT 64; refs: SELECT id … WHERE ref = ? LIMIT 64. Ids appended. */
int ref_candidates(struct tx *tx, const char *ref, const char *range_sql,
    const char *ref_sql, struct buf *ids, struct err *e) NODISCARD;

#endif
