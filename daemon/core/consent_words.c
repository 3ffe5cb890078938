/* What a sheet says: its form is checked, and becomes the words that are
 * sealed with each event. */
#include "daemon/core/consent_giving.h"

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/declared.h"
#include "daemon/core/json_of.h"
#include "daemon/core/person.h"

static const char *
word(const char *s)
{
	return s != NULL ? s : "";
}

static int
is_one_of(const char *s, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(s, words[i]) == 0)
			return 1;
	return 0;
}

/* --- form ----------------------------------------------------------------- */

static int
check_texts(const struct consent_giving *g, struct err *e)
{
	const struct {
		const char *name, *text;
	} texts[] = {
		{ "language", g->language },
		{ "interpreter", g->interpreter },
		{ "witness", g->witness },
		{ "place", g->place },
		{ "acting", g->acting },
		{ "reason", g->reason },
	};
	size_t i;
	int r;

	for (i = 0; i < NELEMS(texts); i++)
		if ((r = text_check(word(texts[i].text), CONSENT_TEXT_MAX,
			 texts[i].name, e)) < 0)
			return r;
	return 0;
}

static int
check_twice(const char *const *names, size_t n, const char *tag, struct err *e)
{
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++)
			if (strcmp(names[i], names[k]) == 0)
				return err_tag(e, ERR_REFUSED, tag,
				    "%.64s is named twice", names[i]);
	return 0;
}

static int
check_method(const struct consent_giving *g, struct err *e)
{
	static const char *const methods[] = { "handwritten", "tablet",
		"oral" };

	if (!is_one_of(word(g->method), methods, NELEMS(methods)))
		return err_tag(e, ERR_REFUSED, "consent-method",
		    "method is handwritten, tablet or oral");
	if (strcmp(g->method, "oral") == 0 && word(g->witness)[0] == '\0')
		return err_tag(e, ERR_REFUSED, "consent-witness",
		    "an oral consent needs a witness");
	if (strcmp(g->method, "oral") != 0 && word(g->evidence)[0] == '\0')
		return err_tag(e, ERR_REFUSED, "consent-evidence",
		    "a written consent needs its document");
	return 0;
}

static int
check_capacity(const struct consent_giving *g, struct err *e)
{
	static const char *const others[] = { "guardianship", "mandate" };
	const char *capacity = word(g->capacity);

	if (capacity[0] == '\0' || strcmp(capacity, "self") == 0) {
		if (word(g->acting)[0] == '\0' &&
		    word(g->capacity_document)[0] == '\0')
			return 0;
		return err_tag(e, ERR_REFUSED, "consent-capacity",
		    "who consents for themselves needs nobody to act");
	}
	if (!is_one_of(capacity, others, NELEMS(others)))
		return err_tag(e, ERR_REFUSED, "consent-capacity",
		    "capacity is self, guardianship or mandate");
	if (word(g->acting)[0] == '\0' || g->npersons == 0 ||
	    word(g->capacity_document)[0] == '\0')
		return err_tag(e, ERR_REFUSED, "consent-capacity",
		    "under %s: who acts, for which persons, by which document",
		    capacity);
	return 0;
}

static int
check_outcome(struct giving *gv, struct err *e)
{
	static const char *const outcomes[] = { "given", "requested",
		"deferred", "refused" };
	const char *outcome = word(gv->g->outcome);

	if (outcome[0] == '\0')
		outcome = "given";
	if (!is_one_of(outcome, outcomes, NELEMS(outcomes)) ||
	    consent_state_from_name(outcome, &gv->outcome) < 0)
		return err_tag(e, ERR_INVALID, "consent-outcome",
		    "outcome is given, requested, deferred or refused");
	return 0;
}

int
consent_words_check(struct giving *gv, struct err *e)
{
	const struct consent_giving *g = gv->g;
	int r;

	if ((r = check_outcome(gv, e)) < 0 ||
	    (gv->outcome == CONSENT_GIVEN && (r = check_method(g, e)) < 0) ||
	    (r = check_texts(g, e)) < 0 || (r = check_capacity(g, e)) < 0 ||
	    (r = check_twice(g->purposes, g->npurposes, "consent-purpose", e)) <
		0 ||
	    (r = check_twice(g->persons, g->npersons, "consent-person", e)) < 0)
		return r;
	if (g->npurposes == 0)
		return err_tag(
		    e, ERR_REFUSED, "consent-purpose", "no purpose is named");
	return 0;
}

int
consent_words_dates(struct giving *gv, int64_t now_ms, struct err *e)
{
	const char *through = word(gv->g->valid_through);
	int r;

	if ((r = declared_day(gv->core, word(gv->g->given_on), now_ms,
		 "consent-date", &gv->given_day, e)) < 0)
		return r;
	gv->given_ms = declared_ms(gv->given_day, now_ms);
	if (through[0] == '\0')
		return 0;
	if ((r = date_parse(through, &gv->through_day, e)) < 0)
		return r;
	if (gv->through_day < civil_day(now_ms))
		return err_tag(e, ERR_REFUSED, "consent-date",
		    "its last day is over already");
	gv->has_through = 1;
	return 0;
}

/* --- documents ------------------------------------------------------------ */

/* A living document of this case, no draft. Another case's, whose ever, and
 * none are one answer. */
int
consent_document(struct tx *tx, const struct id *kase, const char *text,
    struct document_facts *out, struct err *e)
{
	struct err why = { 0 };
	int r;

	r = document_find(tx, text, out, &why);
	if (r < 0 && r != -ERR_NOT_FOUND && r != -ERR_CONFLICT &&
	    r != -ERR_INVALID) {
		*e = why;
		return r;
	}
	if (r < 0 || !id_equal(&out->kase, kase) ||
	    strcmp(out->state, "filed") != 0)
		return err_tag(e, ERR_REFUSED, "consent-evidence",
		    "that is not a document of this case");
	return document_check_final(out, e);
}

int
consent_words_documents(struct giving *gv, struct tx *tx, struct err *e)
{
	const struct consent_giving *g = gv->g;
	struct document_facts doc;
	int r;

	if (word(g->evidence)[0] != '\0' && id_is_zero(&gv->evidence)) {
		if ((r = consent_document(
			 tx, &gv->kase.id, g->evidence, &doc, e)) < 0)
			return r;
		gv->evidence = doc.id;
	}
	if (word(g->capacity_document)[0] == '\0')
		return 0;
	if ((r = consent_document(
		 tx, &gv->kase.id, g->capacity_document, &doc, e)) < 0)
		return r;
	if (strcmp(g->capacity, "mandate") == 0 &&
	    strcmp(doc.kind, "mandat") != 0)
		return err_tag(e, ERR_REFUSED, "consent-capacity",
		    "a mandate is shown by a document of the kind mandat");
	gv->capacity_document = doc.id;
	return 0;
}

/* --- words ---------------------------------------------------------------- */

/* o[name] = text, unless there is none. */
static int
put(json_t *o, const char *name, const char *text)
{
	return word(text)[0] == '\0'
		   ? 0
		   : json_object_set_new(o, name, json_string(text));
}

static int
put_id(json_t *o, const char *name, const struct id *id)
{
	return id_is_zero(id) ? 0
			      : json_object_set_new(o, name, json_of_id(id));
}

/* Which text they were given to read. */
static int
put_notice(json_t *o, const struct policy_consent *p)
{
	char hex[2 * SHA256_LEN + 1];

	if (put(o, "notice", p->notice) < 0 ||
	    put(o, "notice_version", p->notice_version) < 0)
		return -1;
	if (p->notice_sha256 == NULL)
		return 0;
	hex_format(p->notice_sha256, SHA256_LEN, hex);
	return put(o, "notice_sha256", hex);
}

json_t *
consent_words(const struct giving *gv, const struct policy_consent *p)
{
	const struct consent_giving *g = gv->g;
	const char *capacity = word(g->capacity);
	json_t *j = json_object();

	if (j == NULL)
		return NULL;
	if (put(j, "collected_by", gv->caller->actor.account) < 0 ||
	    put(j, "method", g->method) < 0 ||
	    put_id(j, "evidence", &gv->evidence) < 0 ||
	    put(j, "language", g->language) < 0 ||
	    put(j, "interpreter", g->interpreter) < 0 ||
	    put(j, "witness", g->witness) < 0 ||
	    put(j, "place", g->place) < 0 || put(j, "reason", g->reason) < 0 ||
	    put(j, "capacity", capacity[0] != '\0' ? capacity : "self") < 0 ||
	    put(j, "acting", g->acting) < 0 ||
	    put_id(j, "capacity_document", &gv->capacity_document) < 0 ||
	    put_notice(j, p) < 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}
