#include "daemon/inspect/pdf_tricks.h"

#include "base/scope.h"
#include "daemon/inspect/pdf_form.h"
#include "daemon/inspect/range.h"

#define NODES_MAX 20000 /* of pages, notes and fields that are looked at */
#define TREE_DEPTH_MAX 32

struct look {
	struct pdf_doc *d;
	unsigned found;
	size_t nodes;
};

static int
is_range_end(const struct inspect_type *t, uint64_t end)
{
	size_t k;

	for (k = 0; k < t->nranges; k++)
		if (range_end(&t->ranges[k]) == end)
			return 1;
	return 0;
}

/*
 * Has every field that is signed its range among those located? One in a
 * compressed object has none: nobody judges it.
 */
static int
are_located(struct pdf_doc *d, const struct pdf_obj *fields,
    const struct inspect_type *t, int depth)
{
	const struct pdf_obj *field, *value, *range;
	size_t i;

	for (i = 0; fields->kind == PDF_ARRAY && i < fields->len; i++) {
		field = pdf_resolve(d, fields->items[i]);
		if (depth > 0 &&
		    !are_located(d, pdf_get(d, field, "Kids"), t, depth - 1))
			return 0;
		value = pdf_get(d, field, "V");
		if (value->kind != PDF_DICT ||
		    !pdf_is_signature_field(d, field))
			continue;
		range = pdf_get(d, value, "ByteRange");
		if (range->kind != PDF_ARRAY || range->len != 4 ||
		    !is_range_end(
			t, (uint64_t)pdf_resolve(d, range->items[2])->n +
			       (uint64_t)pdf_resolve(d, range->items[3])->n))
			return 0;
	}
	return 1;
}

/* --- what may run ----------------------------------------------------------
 */

/* An action that only leads elsewhere; all others do something here. */
static int
only_leads(struct pdf_doc *d, const struct pdf_obj *action)
{
	static const char *const leading[] = { "GoTo", "GoToR", "GoToE", "URI",
		"Named", "Thread" };
	const struct pdf_obj *kind = pdf_get(d, action, "S");
	size_t i;

	if (action->kind != PDF_DICT)
		return 1;
	for (i = 0; i < NELEMS(leading); i++)
		if (pdf_is_name(kind, leading[i]))
			return pdf_get(d, action, "Next")->kind == PDF_NULL;
	return 0;
}

/* /A and /AA of a page, a note, a field. */
static void
look_at_actions(struct look *l, const struct pdf_obj *o)
{
	if (pdf_get(l->d, o, "AA")->kind != PDF_NULL ||
	    !only_leads(l->d, pdf_get(l->d, o, "A")))
		l->found |= INSPECT_WARN_SCRIPT;
}

/* One more node; 0 when these are too many to be told: then all is possible. */
static int
count(struct look *l, int depth)
{
	if (depth > 0 && ++l->nodes <= NODES_MAX)
		return 1;
	l->found |= INSPECT_WARN_SCRIPT | INSPECT_WARN_OVERLAY;
	return 0;
}

static void
look_at_fields(struct look *l, const struct pdf_obj *fields, int depth)
{
	const struct pdf_obj *field;
	size_t i;

	for (i = 0; fields->kind == PDF_ARRAY && i < fields->len; i++) {
		if (!count(l, depth))
			return;
		field = pdf_resolve(l->d, fields->items[i]);
		look_at_actions(l, field);
		look_at_fields(l, pdf_get(l->d, field, "Kids"), depth - 1);
	}
}

static void
look_at_catalog(struct look *l, const struct pdf_obj *root)
{
	const struct pdf_obj *form = pdf_get(l->d, root, "AcroForm");
	const struct pdf_obj *action = pdf_get(l->d, root, "OpenAction");
	int more;

	if ((action->kind == PDF_DICT &&
		!pdf_is_name(pdf_get(l->d, action, "S"), "GoTo")) ||
	    pdf_get(l->d, root, "AA")->kind != PDF_NULL ||
	    pdf_get(l->d, form, "XFA")->kind != PDF_NULL ||
	    pdf_get(l->d, pdf_get(l->d, root, "Names"), "JavaScript")->kind !=
		PDF_NULL)
		l->found |= INSPECT_WARN_SCRIPT;
	if (pdf_get(l->d, root, "OCProperties")->kind != PDF_NULL)
		l->found |= INSPECT_WARN_LAYERS;
	if (!pdf_allows_nothing(l->d, &more) && more)
		l->found |= INSPECT_WARN_CERTIFIED;
	look_at_fields(l, pdf_get(l->d, form, "Fields"), TREE_DEPTH_MAX);
}

/* --- what lies over a page -------------------------------------------------
 */

/*
 * A field or a note over what is printed: hidden, taken away or filled in, it
 * shows something else under the same signature. A link shows nothing; the
 * place of a signature is its own, unless it has looks before it is signed.
 */
static int
lies_over(struct pdf_doc *d, const struct pdf_obj *note)
{
	const struct pdf_obj *kind = pdf_get(d, note, "Subtype");

	if (note->kind != PDF_DICT || pdf_is_name(kind, "Link") ||
	    pdf_is_name(kind, "Popup") || !pdf_has_area(d, note))
		return 0;
	if (!pdf_is_name(kind, "Widget") || !pdf_is_signature_field(d, note))
		return 1;
	return pdf_get(d, note, "AP")->kind != PDF_NULL &&
	       pdf_get(d, note, "V")->kind == PDF_NULL &&
	       pdf_get(d, pdf_get(d, note, "Parent"), "V")->kind == PDF_NULL;
}

static void
look_at_page(struct look *l, const struct pdf_obj *page, int depth)
{
	const struct pdf_obj *notes = pdf_get(l->d, page, "Annots"), *note;
	size_t i;

	look_at_actions(l, page);
	for (i = 0; notes->kind == PDF_ARRAY && i < notes->len; i++) {
		if (!count(l, depth))
			return;
		note = pdf_resolve(l->d, notes->items[i]);
		look_at_actions(l, note);
		if (lies_over(l->d, note))
			l->found |= INSPECT_WARN_OVERLAY;
	}
}

static void
look_at_pages(struct look *l, const struct pdf_obj *node, int depth)
{
	const struct pdf_obj *kids = pdf_get(l->d, node, "Kids");
	size_t i;

	if (!count(l, depth))
		return;
	if (kids->kind != PDF_ARRAY) {
		look_at_page(l, node, depth);
		return;
	}
	for (i = 0; i < kids->len; i++)
		look_at_pages(l, pdf_resolve(l->d, kids->items[i]), depth - 1);
}

unsigned
pdf_tricks(const uint8_t *p, size_t n, const struct inspect_type *t)
{
	AUTO(pdf_pool_freep) struct pdf_pool *pool = pdf_pool_new();
	struct look l = { .d = pool != NULL ? pdf_open(pool, p, n) : NULL };
	const struct pdf_obj *root;

	if (l.d == NULL)
		return 0;
	root = pdf_get(l.d, pdf_trailer(l.d), "Root");
	look_at_catalog(&l, root);
	look_at_pages(&l, pdf_get(l.d, root, "Pages"), TREE_DEPTH_MAX);
	if (pdf_get(l.d, root, "DSS")->kind == PDF_DICT)
		l.found |= INSPECT_HAS_HINTS;
	if (!are_located(l.d,
		pdf_get(l.d, pdf_get(l.d, root, "AcroForm"), "Fields"), t, 3))
		l.found |= INSPECT_WARN_UNLOCATED;
	return l.found;
}
