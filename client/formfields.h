/*
 * The fields that the rules declare for a kind, as HTML controls that people
 * fill, and what they filled as the record that the vault takes.
 *
 * A control's name is the prefix and the place in the record, with numbers
 * for the rows of lists from 0: "dette.mensuel.2.mois". A list of which
 * nothing but one code is asked is boxes to tick, all named
 * "dette.causes.*.code". Written pages need no script: values, errors beside
 * their field and spare rows are in the HTML; a script may clone the
 * <template data-rows="PATH"> that lies behind each list, in which ## is the
 * number of the row to come (of the outermost list first).
 *
 * Titles, values and errors may hold anything: all of it is escaped.
 */
#ifndef CLIENT_FORMFIELDS_H
#define CLIENT_FORMFIELDS_H

#include <jansson.h>

#include "base/buf.h"
#include "policy/policy.h"

#define FORMFIELDS_NAME_MAX 256 /* bytes of a control's name */
#define FORMFIELDS_PAIRS_MAX 4096
/* What the vault takes where the rules say nothing: bytes, bytes, items. */
#define FORMFIELDS_STRING_MAX 255
#define FORMFIELDS_TEXT_MAX 65536
#define FORMFIELDS_LIST_MAX 1000

struct formfields {
	const struct policy_kind *kind;
	const char *prefix;   /* of names and ids: "" or "f." */
	const json_t *values; /* a record, or what was typed; NULL: none */
	const json_t *errors; /* {place: sentence}, or NULL */
	unsigned spare;	      /* empty rows behind those of each list */
	int fixed;	      /* no <template>: nothing clones rows */
};

/* The fields, without <form> and buttons. ERR_NOMEM. */
int formfields_html(const struct formfields *f, struct buf *out, struct err *e)
    NODISCARD;

/*
 * The summary of errors for the top of the page: one link to each field;
 * nothing when there is none. It has the id "PREFIXerreurs" and takes focus.
 */
int formfields_summary(
    const struct formfields *f, struct buf *out, struct err *e) NODISCARD;

/* A control's name and value, as a browser sends them. */
struct formfields_pair {
	const char *name, *value;
};

/*
 * The record of what was filled. Names without the prefix are not ours and
 * are left alone; a name with it that is no place of the kind is ERR_INVALID
 * tag "form-field". What is empty is left out, so are rows and groups of
 * which all is. Days may be written 2026-11-23 or 23/11/2026, amounts
 * 1 234,50 or 1234.5.
 *
 * *errors is {place: sentence} in the reader's language, {} when there is
 * none; then *record is what the vault takes. Else *record has what was typed
 * where it was wrong, so that the page can be shown again. draft: what is
 * required may be missing.
 */
int formfields_record(const struct formfields *f,
    const struct formfields_pair *pairs, size_t n, int draft, json_t **record,
    json_t **errors, struct err *e) NODISCARD;

/* A list that is shown as boxes to tick: the field that says the codes, the
 * list itself or its only child. NULL when it is shown as rows. */
const struct policy_field *formfields_boxes(
    const struct policy_kind *k, const struct policy_field *list);

#endif
