#include "daemon/inspect/pdf_steps.h"

#include "base/scope.h"
#include "daemon/inspect/pdf_form.h"
#include "daemon/inspect/pdf_tricks.h"
#include "daemon/inspect/range.h"

#define WORK_MAX 2000000 /* objects compared in one step */
#define DEPTH_MAX 400
#define RELEASED_MAX 32
#define PAIRS (1u << 18) /* of references, a power of two */

/* Numbers of references that were compared; a 0: none. */
struct pair {
	int64_t a, b;
};

struct step {
	struct pdf_doc *old, *new;
	enum inspect_after found;
	/* The new revision ends with a located signature. */
	int is_signed;
	uint64_t end; /* of the new revision */
	size_t work;
	const struct pdf_obj *form; /* the new one's fields, or NULL */
	struct pair *pairs;
	uint32_t *order; /* of the pairs, as they came */
	size_t npairs;
	/* References of the old revision whose looks were replaced. */
	int64_t released[RELEASED_MAX];
	size_t nreleased;
};

static void
find(struct step *s, enum inspect_after what)
{
	if (what > s->found)
		s->found = what;
}

/* Was this pair of references compared? If not, it is now. */
static int
seen(struct step *s, const struct pdf_obj *a, const struct pdf_obj *b)
{
	uint64_t h = (uint64_t)a->n * 0x9e3779b97f4a7c15u ^ (uint64_t)b->n;
	size_t i = (size_t)(h >> 20) & (PAIRS - 1), k;

	for (k = 0; k < 64; k++, i = (i + 1) & (PAIRS - 1)) {
		if (s->pairs[i].a == 0) {
			s->pairs[i] = (struct pair){ a->n, b->n };
			s->order[s->npairs++] = (uint32_t)i;
			return 0;
		}
		if (s->pairs[i].a == a->n && s->pairs[i].b == b->n)
			return 1;
	}
	find(s, AFTER_UNKNOWN);
	return 1;
}

/*
 * Forget what was compared since: a comparison that failed and may fail says
 * nothing of the pairs on its way. The last goes first, so that each search
 * still finds what it found before.
 */
static void
forget(struct step *s, size_t since)
{
	while (s->npairs > since)
		s->pairs[s->order[--s->npairs]].a = 0;
}

static int same(struct step *s, const struct pdf_obj *a,
    const struct pdf_obj *b, int depth);

/* Both lead to the same thing, whatever is around it. */
static int
same_number(const struct pdf_obj *a, const struct pdf_obj *b)
{
	return a->kind == b->kind && (a->kind != PDF_REF || a->n == b->n);
}

static int
is_listed(const struct pdf_obj *key, const char *const *list)
{
	for (; *list != NULL; list++)
		if (pdf_is_name(key, *list))
			return 1;
	return 0;
}

static const struct pdf_obj *
by_name(const struct pdf_obj *dict, const struct pdf_obj *key)
{
	static const struct pdf_obj none = { .kind = PDF_NULL };
	const struct pdf_obj *found = &none;
	size_t i;

	for (i = 0; i < dict->len; i += 2)
		if (dict->items[i]->len == key->len &&
		    memcmp(dict->items[i]->p, key->p, key->len) == 0)
			found = dict->items[i + 1];
	return found;
}

/* All entries but those listed, both ways. */
static int
same_but(struct step *s, const struct pdf_obj *a, const struct pdf_obj *b,
    const char *const *but, int depth)
{
	size_t i;

	for (i = 0; i < a->len; i += 2)
		if (!is_listed(a->items[i], but) &&
		    !same(
			s, a->items[i + 1], by_name(b, a->items[i]), depth - 1))
			return 0;
	for (i = 0; i < b->len; i += 2)
		if (!is_listed(b->items[i], but) &&
		    by_name(a, b->items[i])->kind == PDF_NULL &&
		    pdf_resolve(s->new, b->items[i + 1])->kind != PDF_NULL)
			return 0;
	return 1;
}

/* --- fields and signatures ------------------------------------------------ */

static int
is_stamp(struct pdf_doc *d, const struct pdf_obj *value)
{
	return pdf_is_name(pdf_get(d, value, "SubFilter"), "ETSI.RFC3161");
}

/* Is it the signature that ends this revision? */
static int
is_located(struct step *s, const struct pdf_obj *value)
{
	const struct pdf_obj *range = pdf_get(s->new, value, "ByteRange"), *c,
			     *n;

	if (!s->is_signed || range->kind != PDF_ARRAY || range->len != 4)
		return 0;
	c = pdf_resolve(s->new, range->items[2]);
	n = pdf_resolve(s->new, range->items[3]);
	return c->kind == PDF_NUMBER && n->kind == PDF_NUMBER &&
	       (uint64_t)c->n + (uint64_t)n->n == s->end;
}

/* A field that has a signature now: that one, or something to be told. */
static void
find_signature(struct step *s, const struct pdf_obj *field)
{
	const struct pdf_obj *value = pdf_get(s->new, field, "V");

	if (value->kind != PDF_DICT || !is_located(s, value))
		find(s, AFTER_CHANGES);
	else if (!is_stamp(s->new, value))
		find(s, AFTER_SIGNATURES);
	else if (pdf_has_area(s->new, field))
		find(s, AFTER_CHANGES);
	else
		find(s, AFTER_VALIDATION);
}

static void
release_one(struct step *s, const struct pdf_obj *o)
{
	if (o->kind != PDF_REF)
		return;
	if (s->nreleased == RELEASED_MAX)
		find(s, AFTER_UNKNOWN);
	else
		s->released[s->nreleased++] = o->n;
}

/*
 * The looks that a field had before it was signed may go; but not if something
 * else shows them too, and that is known at the end.
 */
static void
release(struct step *s, const struct pdf_obj *field)
{
	const struct pdf_obj *looks = pdf_raw(field, "AP");
	size_t i;

	release_one(s, looks);
	looks = pdf_resolve(s->old, looks);
	for (i = 1; looks->kind == PDF_DICT && i < looks->len; i += 2)
		release_one(s, looks->items[i]);
}

static int
is_shown_elsewhere(const struct step *s)
{
	size_t i, k;

	for (i = 0; i < s->npairs; i++)
		for (k = 0; k < s->nreleased; k++)
			if (s->pairs[s->order[i]].a == s->released[k])
				return 1;
	return 0;
}

/* A field or its place on a page, in both. */
static int
same_field(
    struct step *s, const struct pdf_obj *a, const struct pdf_obj *b, int depth)
{
	static const char *const looks[] = { "V", "AP", "AS", "Parent", "P",
		"Kids", "MK", "DA", "F", NULL };
	static const char *const all[] = { "Parent", "P", "Kids", NULL };
	const struct pdf_obj *kids, *more;
	size_t i, before;

	if (!same_number(pdf_raw(a, "Parent"), pdf_raw(b, "Parent")) ||
	    (pdf_raw(a, "P")->kind == PDF_REF &&
		!same_number(pdf_raw(a, "P"), pdf_raw(b, "P"))))
		return 0;
	kids = pdf_get(s->old, a, "Kids");
	more = pdf_get(s->new, b, "Kids");
	if (kids->kind != more->kind || kids->len != more->len)
		return 0;
	for (i = 0; kids->kind == PDF_ARRAY && i < kids->len; i++)
		if (!same(s, kids->items[i], more->items[i], depth - 1))
			return 0;
	before = s->npairs;
	if (same_but(s, a, b, all, depth))
		return 1;
	forget(s, before);
	if (!same_but(s, a, b, looks, depth))
		return 0;
	if (!pdf_is_signature_field(s->old, a)) {
		/* Filled in: told; where a signature forbade it, refused. */
		find(s,
		    pdf_is_locked(s->old, a) ? AFTER_FORBIDDEN : AFTER_CHANGES);
		return 1;
	}
	if (pdf_get(s->old, a, "V")->kind != PDF_NULL)
		return 0;
	find_signature(s, b);
	release(s, a);
	return 1;
}

static int
is_field(const struct pdf_obj *o)
{
	return pdf_raw(o, "FT")->kind != PDF_NULL ||
	       pdf_is_name(pdf_raw(o, "Subtype"), "Widget");
}

/* Elements of a list that were there stay, in their order. */
static int
same_prefix(
    struct step *s, const struct pdf_obj *a, const struct pdf_obj *b, int depth)
{
	size_t i;

	if (a->kind == PDF_NULL)
		return b->kind == PDF_NULL || b->kind == PDF_ARRAY;
	if (a->kind != PDF_ARRAY || b->kind != PDF_ARRAY || b->len < a->len)
		return 0;
	for (i = 0; i < a->len; i++)
		if (!same(s, a->items[i], b->items[i], depth - 1))
			return 0;
	return 1;
}

/* The form's fields: those that are new are signatures. */
static int
same_fields(
    struct step *s, const struct pdf_obj *a, const struct pdf_obj *b, int depth)
{
	const struct pdf_obj *field;
	size_t i;
	int more;

	if (!same_prefix(s, a, b, depth))
		return 0;
	for (i = a->kind == PDF_ARRAY ? a->len : 0;
	     b->kind == PDF_ARRAY && i < b->len; i++) {
		field = pdf_resolve(s->new, b->items[i]);
		if (!pdf_is_signature_field(s->new, field))
			find(s, AFTER_CHANGES);
		else
			find_signature(s, field);
		/* On a certified document a new field may paint over all. */
		if (pdf_has_area(s->new, field) &&
		    (pdf_allows_nothing(s->old, &more) || more))
			find(s, AFTER_CHANGES);
	}
	return 1;
}

/* Resources of the form: what was there stays. */
static int
same_resources(
    struct step *s, const struct pdf_obj *a, const struct pdf_obj *b, int depth)
{
	size_t i;
	const struct pdf_obj *x, *y;

	if (a->kind == PDF_NULL)
		return 1;
	if (a->kind != PDF_DICT || b->kind != PDF_DICT)
		return same(s, a, b, depth);
	for (i = 0; i < a->len; i += 2) {
		x = pdf_resolve(s->old, a->items[i + 1]);
		y = pdf_resolve(s->new, by_name(b, a->items[i]));
		if (x->kind == PDF_DICT && y->kind == PDF_DICT && depth > 0 &&
		    depth <= 2) {
			if (!same_resources(s, x, y, depth - 1))
				return 0;
		} else if (!same(s, x, y, DEPTH_MAX)) {
			return 0;
		}
	}
	return 1;
}

static int
same_form(
    struct step *s, const struct pdf_obj *a, const struct pdf_obj *b, int depth)
{
	static const char *const but[] = { "Fields", "SigFlags", "DR", "DA",
		"NeedAppearances", NULL };
	static const struct pdf_obj empty = { .kind = PDF_DICT };
	const struct pdf_obj *need;

	if (b->kind == PDF_NULL && a->kind == PDF_NULL)
		return 1;
	if (b->kind != PDF_DICT)
		return 0;
	if (a->kind == PDF_NULL)
		a = &empty;
	if (a->kind != PDF_DICT)
		return 0;
	need = pdf_get(s->new, b, "NeedAppearances");
	if (need->kind == PDF_BOOL && need->n == 1 &&
	    pdf_get(s->old, a, "NeedAppearances")->n != 1)
		find(s, AFTER_CHANGES);
	if (a != &empty && pdf_get(s->old, a, "DA")->kind != PDF_NULL &&
	    !pdf_same_bytes(pdf_get(s->old, a, "DA"), pdf_get(s->new, b, "DA")))
		find(s, AFTER_CHANGES);
	return same_fields(s, pdf_get(s->old, a, "Fields"),
		   pdf_get(s->new, b, "Fields"), depth) &&
	       same_resources(
		   s, pdf_get(s->old, a, "DR"), pdf_get(s->new, b, "DR"), 2) &&
	       same_but(s, a, b, but, depth);
}

/* --- pages ---------------------------------------------------------------- */

static int
in_form(struct step *s, const struct pdf_obj *annotation)
{
	size_t i;

	if (s->form == NULL || s->form->kind != PDF_ARRAY)
		return 0;
	for (i = 0; i < s->form->len; i++)
		if (pdf_resolve(s->new, s->form->items[i]) == annotation)
			return 1;
	return 0;
}

/* Notes of a page: those that are new are places of signature fields. */
static int
same_notes(
    struct step *s, const struct pdf_obj *a, const struct pdf_obj *b, int depth)
{
	const struct pdf_obj *note, *parent;
	size_t i;

	if (!same_prefix(s, a, b, depth))
		return 0;
	for (i = a->kind == PDF_ARRAY ? a->len : 0;
	     b->kind == PDF_ARRAY && i < b->len; i++) {
		note = pdf_resolve(s->new, b->items[i]);
		parent = pdf_get(s->new, note, "Parent");
		if (!pdf_is_name(pdf_get(s->new, note, "Subtype"), "Widget") ||
		    !pdf_is_signature_field(s->new, note) ||
		    (!in_form(s, note) && !in_form(s, parent)))
			find(s, AFTER_CHANGES);
	}
	return 1;
}

static int
same_page(
    struct step *s, const struct pdf_obj *a, const struct pdf_obj *b, int depth)
{
	static const char *const but[] = { "Parent", "Annots", NULL };

	return same_number(pdf_raw(a, "Parent"), pdf_raw(b, "Parent")) &&
	       same_notes(s, pdf_get(s->old, a, "Annots"),
		   pdf_get(s->new, b, "Annots"), depth) &&
	       same_but(s, a, b, but, depth);
}

/* --- anything ------------------------------------------------------------- */

static int
same_dict(
    struct step *s, const struct pdf_obj *a, const struct pdf_obj *b, int depth)
{
	static const char *const none[] = { NULL };
	static const char *const up[] = { "Parent", NULL };

	if (pdf_is_name(pdf_raw(a, "Type"), "Page"))
		return same_page(s, a, b, depth);
	if (is_field(a))
		return same_field(s, a, b, depth);
	if (pdf_raw(a, "Parent")->kind == PDF_REF)
		return same_number(
			   pdf_raw(a, "Parent"), pdf_raw(b, "Parent")) &&
		       same_but(s, a, b, up, depth);
	return same_but(s, a, b, none, depth);
}

static int
same_array(
    struct step *s, const struct pdf_obj *a, const struct pdf_obj *b, int depth)
{
	size_t i;

	if (a->len != b->len)
		return 0;
	for (i = 0; i < a->len; i++)
		if (!same(s, a->items[i], b->items[i], depth - 1))
			return 0;
	return 1;
}

static int
same(
    struct step *s, const struct pdf_obj *a, const struct pdf_obj *b, int depth)
{
	static const char *const length[] = { "Length", NULL };

	if (depth <= 0 || ++s->work > WORK_MAX) {
		find(s, AFTER_UNKNOWN);
		return 1;
	}
	if (a->kind == PDF_REF && b->kind == PDF_REF && seen(s, a, b))
		return 1;
	a = pdf_resolve(s->old, a);
	b = pdf_resolve(s->new, b);
	if (a->kind != b->kind)
		return 0;
	switch (a->kind) {
	case PDF_NULL:
		return 1;
	case PDF_BOOL:
		return a->n == b->n;
	case PDF_ARRAY:
		return same_array(s, a, b, depth);
	case PDF_DICT:
		return same_dict(s, a, b, depth);
	case PDF_STREAM:
		return a->bytes == b->bytes &&
		       (a->p == b->p || memcmp(a->p, b->p, a->bytes) == 0) &&
		       same_but(s, a, b, length, depth);
	default:
		return pdf_same_bytes(a, b);
	}
}

/* --- the whole ------------------------------------------------------------ */

/* A list of streams, or nothing. */
static int
is_stream_list(struct pdf_doc *d, const struct pdf_obj *list)
{
	size_t i;

	if (list->kind == PDF_NULL)
		return 1;
	for (i = 0; list->kind == PDF_ARRAY && i < list->len; i++)
		if (pdf_resolve(d, list->items[i])->kind != PDF_STREAM)
			return 0;
	return list->kind == PDF_ARRAY;
}

/* Validation data (ETSI EN 319 142-1, 5.4.2), and nothing but that. */
static int
is_validation_data(struct pdf_doc *d, const struct pdf_obj *dss)
{
	static const char *const known[] = { "Type", "VRI", "Certs", "OCSPs",
		"CRLs", NULL };
	size_t i;

	if (dss->kind == PDF_NULL)
		return 1;
	if (dss->kind != PDF_DICT)
		return 0;
	for (i = 0; i < dss->len; i += 2)
		if (!is_listed(dss->items[i], known))
			return 0;
	return is_stream_list(d, pdf_get(d, dss, "Certs")) &&
	       is_stream_list(d, pdf_get(d, dss, "OCSPs")) &&
	       is_stream_list(d, pdf_get(d, dss, "CRLs"));
}

/* Entries beside the pages: a change of them is told. */
static void
tell_catalog(struct step *s, const struct pdf_obj *a, const struct pdf_obj *b,
    const char *const *keys)
{
	size_t before;

	for (; *keys != NULL; keys++) {
		before = s->npairs;
		if (same(s, pdf_raw(a, *keys), pdf_raw(b, *keys), DEPTH_MAX))
			continue;
		forget(s, before);
		find(s, AFTER_CHANGES);
	}
}

static int
same_catalog(struct step *s, const struct pdf_obj *a, const struct pdf_obj *b)
{
	static const char *const but[] = { "AcroForm", "DSS", "Extensions",
		"Metadata", "Version", "Lang", "ViewerPreferences", "PageMode",
		"PageLayout", "PageLabels", "MarkInfo", "StructTreeRoot",
		"Outlines", "SpiderInfo", "PieceInfo", "Names", "Dests", NULL };
	const struct pdf_obj *form = pdf_get(s->new, b, "AcroForm");

	if (a->kind != PDF_DICT || b->kind != PDF_DICT)
		return 0;
	s->form = pdf_get(s->new, form, "Fields");
	if (!same_form(s, pdf_get(s->old, a, "AcroForm"), form, DEPTH_MAX) ||
	    !same_but(s, a, b, but, DEPTH_MAX))
		return 0;
	if (!same(s, pdf_raw(pdf_get(s->old, a, "Names"), "JavaScript"),
		pdf_raw(pdf_get(s->new, b, "Names"), "JavaScript"), DEPTH_MAX))
		return 0;
	if (!is_validation_data(s->new, pdf_get(s->new, b, "DSS")))
		find(s, AFTER_CHANGES);
	tell_catalog(s, a, b, but + 5);
	find(s, AFTER_VALIDATION);
	return 1;
}

/* Of the trailer only what belongs to a new revision may differ. */
static int
same_trailer(struct step *s)
{
	static const char *const but[] = { "Size", "Prev", "XRefStm", "ID",
		"Root", "Info", "W", "Index", "Filter", "DecodeParms", "Length",
		"Type", "DocChecksum", NULL };
	const struct pdf_obj *a = pdf_trailer(s->old), *b = pdf_trailer(s->new);
	const struct pdf_obj *one = pdf_raw(a, "Root"),
			     *two = pdf_raw(b, "Root");

	/* The catalog is compared by its own rule, not where it is met. */
	if (one->kind != PDF_REF || two->kind != PDF_REF || one->n != two->n)
		return 0;
	(void)seen(s, one, two);
	return same_catalog(
		   s, pdf_resolve(s->old, one), pdf_resolve(s->new, two)) &&
	       same_but(s, a, b, but, DEPTH_MAX);
}

static enum inspect_after
compare(struct step *s)
{
	int more;

	if (s->old == NULL || s->new == NULL)
		return AFTER_UNKNOWN;
	/* Bytes that belong to no revision, or a file written anew. */
	if (pdf_xref_at(s->new) == pdf_xref_at(s->old) ||
	    !pdf_has_xref(s->new, pdf_xref_at(s->old)))
		return AFTER_UNKNOWN;
	if (!same_trailer(s))
		find(s, AFTER_FORBIDDEN);
	if (s->found >= AFTER_SIGNATURES && pdf_allows_nothing(s->old, &more))
		find(s, AFTER_FORBIDDEN);
	if (is_shown_elsewhere(s) || pdf_is_bad(s->old) || pdf_is_bad(s->new))
		find(s, AFTER_UNKNOWN);
	return s->found;
}

static enum inspect_after
judge_step(const uint8_t *p, uint64_t from, uint64_t to, int is_signed)
{
	AUTO(pdf_pool_freep) struct pdf_pool *pool = pdf_pool_new();
	struct step s = { .is_signed = is_signed, .end = to };
	enum inspect_after found;

	if (pool == NULL)
		return AFTER_UNKNOWN;
	s.pairs = calloc(PAIRS, sizeof(*s.pairs));
	s.order = calloc(PAIRS, sizeof(*s.order));
	s.old = pdf_open(pool, p, (size_t)from);
	s.new = pdf_open(pool, p, (size_t)to);
	found =
	    s.pairs != NULL && s.order != NULL ? compare(&s) : AFTER_UNKNOWN;
	free(s.order);
	free(s.pairs);
	return found;
}

void
pdf_steps(const uint8_t *p, size_t n, struct inspect_type *t)
{
	uint64_t from, to;
	size_t k;

	if (t->nranges == 0 || t->encrypted)
		return;
	for (k = 0; k < t->nranges; k++) {
		from = range_end(&t->ranges[k]);
		to = k + 1 < t->nranges ? range_end(&t->ranges[k + 1]) : n;
		t->steps[k] = AFTER_UNKNOWN;
		if (from == n && k + 1 == t->nranges)
			t->steps[k] = AFTER_NOTHING;
		else if (from > 0 && from < to && to <= n)
			t->steps[k] =
			    judge_step(p, from, to, k + 1 < t->nranges);
	}
	t->warnings = pdf_tricks(p, n, t);
}
