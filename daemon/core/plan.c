#include "daemon/core/plan.h"

#include "daemon/core/breach.h"
#include "daemon/core/closing.h"
#include "daemon/core/consent.h"
#include "daemon/core/demarche.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/event.h"
#include "daemon/core/hold.h"
#include "daemon/core/idempotency.h"
#include "daemon/core/indicator.h"
#include "daemon/core/moment.h"
#include "daemon/core/notice.h"
#include "daemon/core/objection.h"
#include "daemon/core/request.h"
#include "daemon/core/restriction.h"
#include "daemon/core/visit.h"
#include "daemon/core/visit_draft.h"

static const char *const names[] = {
	[PLAN_CASE] = "case",
	[PLAN_DOCUMENT] = "document",
	[PLAN_CONSENTS] = "consents",
	[PLAN_EXTRACTS] = "extracts",
};

/*
 * What was told of a case, module by module: the numbers of its keys (NULL:
 * all of it is in clear) and how it goes with the case.
 */
static const struct {
	int (*key_numbers)(struct tx *tx, const struct id *kase,
	    struct buf *numbers, struct err *e);
	int (*forget)(struct tx *tx, const struct id *kase, struct err *e);
} of_case[] = {
	{ event_key_numbers, event_forget },
	{ objection_key_numbers, objection_forget },
	{ refusal_key_numbers, refusal_forget },
	{ request_key_numbers, request_forget },
	{ restriction_key_numbers, restriction_forget },
	{ NULL, indicator_forget },
	{ hold_key_numbers, hold_forget },
	{ NULL, moment_forget },
	{ breach_key_numbers, breach_forget },
	{ NULL, visit_forget },
	{ visit_draft_key_numbers, visit_draft_forget },
	{ NULL, demarche_forget },
	{ closing_key_numbers, closing_forget },
};

const char *
plan_name(enum plan_what w)
{
	return names[w];
}

void
plan_done(struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		buf_done(&p->objects[i].numbers);
	free(p->objects);
	memset(p, 0, sizeof(*p));
}

size_t
plan_keys(const struct plan *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->n; i++)
		n += p->objects[i].numbers.len / sizeof(uint64_t);
	return n;
}

/* Add an object; one without a key is gone already and does not count. */
static int
add(struct plan *p, enum plan_what what, const struct id *id,
    struct buf *numbers, struct err *e)
{
	if (numbers->len == 0)
		return 0;
	if (p->n == ERASURE_OBJECTS_MAX)
		return err_tag(e, ERR_TOO_LARGE, "erasure-size",
		    "more than %d objects in one erasure", ERASURE_OBJECTS_MAX);
	p->objects[p->n].what = what;
	p->objects[p->n].id = *id;
	p->objects[p->n++].numbers = *numbers;
	memset(numbers, 0, sizeof(*numbers));
	return 0;
}

static int
add_document(struct tx *tx, struct plan *p, const struct id *doc, struct err *e)
{
	AUTO(buf_done) struct buf numbers = { 0 }, frozen = { 0 };
	int r;

	if ((r = document_key_numbers(tx, doc, &numbers, e)) < 0 ||
	    (r = add(p, PLAN_DOCUMENT, doc, &numbers, e)) < 0)
		return r;
	if (p->whole_case || (p->parts & PLAN_PART_EXTRACTS) != 0)
		return 0;
	/* An extract made from it holds what it says. */
	if ((r = disclosure_key_numbers(tx, &p->kase, doc, &frozen, e)) < 0)
		return r;
	return add(p, PLAN_EXTRACTS, doc, &frozen, e);
}

static int
add_consents(struct tx *tx, struct plan *p, struct err *e)
{
	AUTO(buf_done) struct buf numbers = { 0 };
	int r = consent_key_numbers(tx, &p->kase, &numbers, e);

	return r < 0 ? r : add(p, PLAN_CONSENTS, &p->kase, &numbers, e);
}

static int
add_extracts(struct tx *tx, struct plan *p, struct err *e)
{
	AUTO(buf_done) struct buf numbers = { 0 };
	int r;

	if ((r = disclosure_key_numbers(tx, &p->kase, NULL, &numbers, e)) < 0 ||
	    (r = notice_key_numbers(tx, &p->kase, &numbers, e)) < 0)
		return r;
	return add(p, PLAN_EXTRACTS, &p->kase, &numbers, e);
}

static int
add_case(struct tx *tx, struct plan *p, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 }, rows = { 0 };
	struct id id;
	size_t i;
	int r;

	if ((r = document_of_case(tx, &p->kase, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = add_document(tx, p, &id, e)) < 0)
			return r;
	}
	if ((r = add_consents(tx, p, e)) < 0 ||
	    (r = add_extracts(tx, p, e)) < 0 ||
	    (r = case_key_numbers(tx, &p->kase, &rows, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(of_case); i++)
		if (of_case[i].key_numbers != NULL &&
		    (r = of_case[i].key_numbers(tx, &p->kase, &rows, e)) < 0)
			return r;
	return add(p, PLAN_CASE, &p->kase, &rows, e);
}

static int
fill(struct tx *tx, const struct id *docs, size_t n, struct plan *p,
    struct err *e)
{
	size_t i;
	int r;

	if (p->whole_case)
		return add_case(tx, p, e);
	for (i = 0; i < n; i++)
		if ((r = add_document(tx, p, &docs[i], e)) < 0)
			return r;
	if ((p->parts & PLAN_PART_CONSENTS) != 0 &&
	    (r = add_consents(tx, p, e)) < 0)
		return r;
	return (p->parts & PLAN_PART_EXTRACTS) != 0 ? add_extracts(tx, p, e)
						    : 0;
}

int
plan_make(struct tx *tx, const struct id *kase, const struct id *docs,
    size_t ndocuments, struct plan *out, struct err *e)
{
	return plan_make_parts(tx, kase, docs, ndocuments, 0, out, e);
}

int
plan_make_parts(struct tx *tx, const struct id *kase, const struct id *docs,
    size_t ndocuments, unsigned parts, struct plan *out, struct err *e)
{
	struct plan p = {
		.kase = *kase,
		.whole_case = ndocuments == 0 && parts == 0,
		.parts = parts,
	};
	int r;

	p.objects = calloc(ERASURE_OBJECTS_MAX, sizeof(*p.objects));
	if (p.objects == NULL)
		return err_set(e, ERR_NOMEM, "plan");
	r = fill(tx, docs, ndocuments, &p, e);
	if (r == 0 && p.n == 0)
		r = err_tag(e, ERR_CONFLICT, "nothing-to-erase",
		    "nothing is left to erase");
	if (r < 0) {
		plan_done(&p);
		return r;
	}
	*out = p;
	return 0;
}

int
plan_lines(const struct plan *p, struct buf *out, struct err *e)
{
	char id[ID_TEXT];
	size_t i;
	int r;

	for (i = 0; i < p->n; i++) {
		id_format(&p->objects[i].id, id);
		if ((r = buf_addf(out, e, "object %s %s keys %zu\n",
			 names[p->objects[i].what], id,
			 p->objects[i].numbers.len / sizeof(uint64_t))) < 0)
			return r;
	}
	return 0;
}

int
plan_digest(const struct plan *p, uint8_t out[32], struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	size_t i;
	int r;

	if ((r = plan_lines(p, &b, e)) < 0)
		return r;
	for (i = 0; i < p->n; i++)
		if ((r = buf_add(&b, p->objects[i].numbers.p,
			 p->objects[i].numbers.len, e)) < 0)
			return r;
	return digest_of(DIGEST_SHA256, b.p, b.len, out, e);
}

/* The case's own rows, and those of what was told of it. */
static int
forget_case(struct tx *tx, const struct id *kase, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < NELEMS(of_case); i++)
		if ((r = of_case[i].forget(tx, kase, e)) < 0)
			return r;
	if ((r = idempotency_forget(tx, kase, e)) < 0)
		return r;
	return case_forget(tx, kase, e);
}

static int
forget_one(struct tx *tx, const struct plan *p, const struct plan_object *o,
    int64_t now_ms, struct err *e)
{
	AUTO(buf_done) struct buf numbers = { 0 };
	int r, all;

	switch (o->what) {
	case PLAN_CASE:
		return forget_case(tx, &o->id, e);
	case PLAN_DOCUMENT:
		if ((r = demarche_forget_document(tx, &o->id, e)) < 0 ||
		    (r = indicator_forget_document(tx, &o->id, e)) < 0 ||
		    (r = idempotency_forget(tx, &o->id, e)) < 0)
			return r;
		return document_forget(tx, &o->id, e);
	case PLAN_CONSENTS:
		return consent_forget(tx, &o->id, e);
	case PLAN_EXTRACTS:
		/* What people wrote about its notices goes with the case. */
		all = p->whole_case || (p->parts & PLAN_PART_EXTRACTS) != 0;
		if (all && (r = notice_forget(tx, &p->kase, e)) < 0)
			return r;
		return disclosure_forget(
		    tx, &p->kase, all ? NULL : &o->id, now_ms, &numbers, e);
	}
	return err_set(e, ERR_INTERNAL, "plan");
}

int
plan_forget(struct tx *tx, const struct plan *p, int64_t now_ms, struct err *e)
{
	size_t i;
	int r;

	/* Frozen extracts first: they are found through their sources. */
	for (i = 0; i < p->n; i++)
		if (p->objects[i].what == PLAN_EXTRACTS &&
		    (r = forget_one(tx, p, &p->objects[i], now_ms, e)) < 0)
			return r;
	for (i = 0; i < p->n; i++)
		if (p->objects[i].what != PLAN_EXTRACTS &&
		    (r = forget_one(tx, p, &p->objects[i], now_ms, e)) < 0)
			return r;
	return 0;
}
