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

/*
 * Find the case and ask the policy, so that a case that is not there and one
 * that is not the caller's give one answer. *object is set when found.
 */
int case_authorize(struct core *core, struct tx *tx,
    const struct caller *caller, const char *ref, enum policy_op op,
    const char *kind, int64_t now_ms, struct case_facts *out, struct id *object,
    struct decision *d, struct err *e) NODISCARD;
/* The answer for what is not there: that of one's own team's case when the
 * policy denies the operation anyway, else ERR_NOT_FOUND. */
int authorize_unknown(struct core *core, const struct caller *caller,
    enum policy_op op, const char *kind, int64_t now_ms, struct err *e)
    NODISCARD;

/* Is this role an adult of the household, whose consent counts? */
int person_role_is_adult(const char *role);
int person_role_is_known(const char *role);
/* Ids (16 bytes each) of the adults of a case whose consent counts. */
int person_adults(struct tx *tx, const struct id *kase, struct buf *ids,
    struct err *e) NODISCARD;
/* All persons opened under leaf: [{person, role, name, birth_year,
 * adult, confidential_address}], in the order they were entered. */
int person_list(struct core *core, struct tx *tx, const struct id *kase,
    uint64_t leaf, json_t **out, struct err *e) NODISCARD;
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
