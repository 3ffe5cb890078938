/*
 * Papers that people sign: records that prepare one (policy/DESIGN.md). What
 * is known of the case to begin with, what can be computed, what does not fit
 * together said in words beside its field, and the paper with a box for each
 * who signs it. Pure: what is filled in, out comes HTML or JSON.
 *
 * Fields are looked for by their place; a kind that has them not is left
 * alone, so that a département's own papers are printed all the same.
 */
#ifndef CLIENT_WEB_PAPER_H
#define CLIENT_WEB_PAPER_H

#include <jansson.h>

#include "client/web/html.h"
#include "policy/policy.h"

/* A new record: names of who signs, the structure, the day. kase: as the vault
 * shows it, or NULL; who: the person's name; today: YYYY-MM-DD. */
int paper_begin(const struct policy *p, const struct policy_kind *k,
    const json_t *kase, const char *who, const char *today, json_t **record,
    struct err *e) NODISCARD;
/* What was left empty and follows from the rest: the end of a contract, the
 * last day and the last amount of a plan. */
int paper_fill(const struct policy_kind *k, json_t *record, struct err *e)
    NODISCARD;
/* What does not fit together, as {place: sentence} more in errors. A place
 * that has an error already keeps it. */
int paper_check(const struct policy_kind *k, const json_t *record,
    json_t *errors, struct err *e) NODISCARD;
/* A section of what follows from what is filled; nothing when nothing does. */
void paper_html(
    struct html *h, const struct policy_kind *k, const json_t *record);

struct paper {
	const struct policy *rules;
	const struct policy_kind *kind;
	const json_t *record, *kase;
	const char *who; /* the person who prints it */
};
/* What is signed, with its notice, and a box for each who signs. */
void paper_print(struct html *h, const struct paper *p);

#endif
