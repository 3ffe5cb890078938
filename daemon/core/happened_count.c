#include "daemon/core/happened_count.h"

#include <string.h>

#include "base/civil.h"
#include "daemon/core/document.h"
#include "daemon/core/indicator.h"
#include "daemon/core/moment.h"

/* What each kind is counted as when it is filed first. */
static const struct counted {
	const char *kind, *code;
	const char *a, *b; /* members of the record: dimensions; or NULL */
	int once;	   /* for each case */
	const char *delay; /* also how long after the entry; or NULL */
} counted[] = {
	{ "contact", "contact-attempt", "canal", "resultat", 0, NULL },
	{ "veille", "veille", "resultat", NULL, 0, NULL },
	{ "diagnostic", "diagnosis", NULL, NULL, 1, "delay-diagnosis" },
	{ "evaluation", "evaluation", NULL, NULL, 1, NULL },
	{ "dsf", "dsf", NULL, NULL, 1, NULL },
	{ "contrat-engagement", "contract", NULL, NULL, 1, "delay-contract" },
	{ "controle-regularite", "act-checked", NULL, NULL, 0, NULL },
	{ "demarche", "demarche", "dispositif", NULL, 0, NULL },
};

#define DELAY_FIRST "delay-first-contact"

/* Classes of delays: figures of days, each the last day of its class. */
static const char *const classes[] = { "delay-class-1", "delay-class-2",
	"delay-class-3", "delay-class-4" };

static const char *
word_of(const json_t *record, const char *member)
{
	const char *s = member != NULL
			    ? json_string_value(json_object_get(record, member))
			    : NULL;

	return s != NULL ? s : "";
}

static int
class_of(struct core *core, int32_t days, int32_t today,
    char out[INDICATOR_WORD_MAX + 1])
{
	int64_t from = 0, until;
	size_t i;

	for (i = 0; i < NELEMS(classes); i++) {
		if (policy_figure_on(
			core->policy, classes[i], today, &until, NULL) < 0)
			return 0;
		if (days <= until) {
			snprintf(out, INDICATOR_WORD_MAX + 1, "%lld-%lld",
			    (long long)from, (long long)until);
			return 1;
		}
		from = until + 1;
	}
	snprintf(out, INDICATOR_WORD_MAX + 1, "%lld-plus", (long long)from);
	return 1;
}

/* How long after the entry, in a class; nothing where the rules have none. */
static int
count_delay(struct core *core, struct tx *tx, const struct happening *h,
    const struct id *document, const char *code, struct err *e)
{
	int32_t entry, today = civil_day(h->at_ms);
	char word[INDICATOR_WORD_MAX + 1];
	int r;

	if ((r = moment_day(
		 core, tx, h->kase, MOMENT_ENTRY, today, &entry, e)) <= 0 ||
	    !class_of(core, today - entry, today, word))
		return r < 0 ? r : 0;
	if ((r = indicator_add(tx, h->at_ms, code, word, "", e)) < 0 ||
	    document == NULL)
		return r;
	return indicator_note(tx, document, h->at_ms, code, word, "", e);
}

static int
count_one(struct core *core, struct tx *tx, const struct happening *h,
    const struct id *document, const struct counted *c, const json_t *record,
    struct err *e)
{
	const char *a = word_of(record, c->a), *b = word_of(record, c->b);
	int r;

	if (!c->once)
		r = indicator_add(tx, h->at_ms, c->code, a, b, e);
	else if ((r = indicator_once(
		      tx, h->kase, h->at_ms, c->code, a, b, e)) == 0)
		return 0;
	if (r < 0 ||
	    (r = indicator_note(tx, document, h->at_ms, c->code, a, b, e)) < 0)
		return r;
	return c->delay != NULL
		   ? count_delay(core, tx, h, document, c->delay, e)
		   : 0;
}

/* 1: this document made that moment, and is counted for it first. */
static int
count_moment(struct tx *tx, const struct happening *h,
    const struct id *document, const char *moment, const char *code,
    struct err *e)
{
	int r;

	if ((r = moment_has(tx, h->kase, moment, document, e)) <= 0 ||
	    (r = indicator_once(tx, h->kase, h->at_ms, code, "", "", e)) <= 0 ||
	    (r = indicator_note(tx, document, h->at_ms, code, "", "", e)) < 0)
		return r;
	return 1;
}

/* The household answered, or was met: the moments of the rules say so. */
static int
count_reached(struct core *core, struct tx *tx, const struct happening *h,
    const struct id *document, struct err *e)
{
	int r;

	if ((r = count_moment(tx, h, document, MOMENT_CONTACT, "met", e)) < 0 ||
	    (r = count_moment(tx, h, document, MOMENT_FIRST, "contacted", e)) <=
		0)
		return r;
	return count_delay(core, tx, h, document, DELAY_FIRST, e);
}

int
happened_count_filed(struct core *core, struct tx *tx,
    const struct happening *h, const struct id *document, uint32_t version,
    const char *kind, const json_t *record, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; (version == 1 || h->completes) && i < NELEMS(counted); i++)
		if (strcmp(counted[i].kind, kind) == 0 &&
		    (r = count_one(
			 core, tx, h, document, &counted[i], record, e)) < 0)
			return r;
	return count_reached(core, tx, h, document, e);
}

/* --- a misfiling ---------------------------------------------------------- */

struct voiding {
	struct tx *tx;
	const struct id *kase;
	const char *kind;
};

/* Is there one more of this kind that lives, or one more such moment? */
static int
others(struct voiding *v, const char *sql, const char *word, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(v->tx, sql, &q, e)) < 0 ||
	    (r = sql_id(q, 1, v->kase, e)) < 0 ||
	    (r = sql_text(q, 2, word, e)) < 0)
		return r;
	return sql_step(q, e);
}

static int
stays(void *arg, const char *code, struct err *e)
{
	static const char moments[] = "SELECT 1 FROM moment"
				      " WHERE kase = ? AND name = ? LIMIT 1";
	struct voiding *v = arg;
	size_t i;

	if (strcmp(code, "met") == 0)
		return others(v, moments, MOMENT_CONTACT, e);
	if (strcmp(code, "contacted") == 0 || strcmp(code, DELAY_FIRST) == 0)
		return others(v, moments, MOMENT_FIRST, e);
	for (i = 0; i < NELEMS(counted); i++)
		if (counted[i].once && strcmp(counted[i].kind, v->kind) == 0 &&
		    (strcmp(counted[i].code, code) == 0 ||
			(counted[i].delay != NULL &&
			    strcmp(counted[i].delay, code) == 0)))
			return others(v,
			    "SELECT 1 FROM document WHERE dossier = ?"
			    " AND kind = ? AND state = 'filed' LIMIT 1",
			    v->kind, e);
	return 0;
}

int
happened_count_void(struct tx *tx, const struct happening *h,
    const struct id *document, struct err *e)
{
	struct voiding v = { .tx = tx, .kase = h->kase };
	struct document_facts doc;
	int r;

	r = document_by_id(tx, document, &doc, e);
	if (r < 0 && r != -(int)ERR_NOT_FOUND)
		return r;
	v.kind = r == 0 ? doc.kind : "";
	return indicator_take_back(tx, h->kase, document, stays, &v, e);
}

/*
 * Words of a source: a code of the lists, never what somebody wrote. What
 * is no plain word of letters is counted as another one.
 */
static const char *
source_word(const char *source)
{
	size_t n =
	    source != NULL ? strspn(source, "abcdefghijklmnopqrstuvwxyz-") : 0;

	if (n == 0 || source[n] != '\0' || n > INDICATOR_WORD_MAX)
		return "autre";
	return source;
}

int
happened_count_case(struct core *core, struct tx *tx, const struct happening *h,
    const char *what, const char *source, const char *outcome, struct err *e)
{
	struct case_facts f;
	int r;

	if ((r = case_by_id(tx, h->kase, &f, e)) < 0)
		return r;
	if (strcmp(what, "opened") == 0) {
		r = indicator_once(tx, h->kase, h->at_ms, "received",
		    source_word(source), "", e);
		return r < 0 ? r : 0;
	}
	if (strcmp(what, "refused") == 0) {
		r = indicator_once(
		    tx, h->kase, h->at_ms, "refused", f.stage, "", e);
		return r < 0 ? r : 0;
	}
	if (strcmp(what, "reopened") == 0)
		return indicator_add(tx, h->at_ms, "reopened", "", "", e);
	if (strcmp(what, "closed") != 0)
		return err_set(e, ERR_INTERNAL, "what happened to a case?");
	if ((r = indicator_add(tx, h->at_ms, "closed", outcome, f.stage, e)) <
	    0)
		return r;
	return count_delay(core, tx, h, NULL, "delay-closing", e);
}
