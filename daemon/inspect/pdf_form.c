#include "daemon/inspect/pdf_form.h"

#include <string.h>

#define NAME_LEN_MAX 512 /* of a field with those above it */
#define NESTED_MAX 8
#define FIELDS_MAX 4096 /* that are looked through for signatures */

int
pdf_allows_nothing(struct pdf_doc *d, int *allows_more)
{
	const struct pdf_obj *root = pdf_get(d, pdf_trailer(d), "Root");
	const struct pdf_obj *sig =
	    pdf_get(d, pdf_get(d, root, "Perms"), "DocMDP");
	const struct pdf_obj *list = pdf_get(d, sig, "Reference"), *one, *p;
	size_t i;

	*allows_more = 0;
	for (i = 0; list->kind == PDF_ARRAY && i < list->len; i++) {
		one = pdf_resolve(d, list->items[i]);
		if (!pdf_is_name(pdf_get(d, one, "TransformMethod"), "DocMDP"))
			continue;
		p = pdf_get(d, pdf_get(d, one, "TransformParams"), "P");
		*allows_more = p->kind != PDF_NUMBER || p->n != 1;
		return !*allows_more;
	}
	return 0;
}

int
pdf_is_signature_field(struct pdf_doc *d, const struct pdf_obj *field)
{
	const struct pdf_obj *up = field;
	int k;

	for (k = 0; k < 8 && up->kind == PDF_DICT; k++) {
		if (pdf_raw(up, "FT")->kind != PDF_NULL)
			return pdf_is_name(pdf_get(d, up, "FT"), "Sig");
		up = pdf_get(d, up, "Parent");
	}
	return 0;
}

int
pdf_has_area(struct pdf_doc *d, const struct pdf_obj *annotation)
{
	const struct pdf_obj *rect = pdf_get(d, annotation, "Rect");

	if (rect->kind != PDF_ARRAY || rect->len != 4)
		return 0;
	return !pdf_same_bytes(pdf_resolve(d, rect->items[0]),
		   pdf_resolve(d, rect->items[2])) &&
	       !pdf_same_bytes(pdf_resolve(d, rect->items[1]),
		   pdf_resolve(d, rect->items[3]));
}

/* A string's bytes when these stand in the file as they are; 0: they do not. */
static int
plain(const struct pdf_obj *s, const uint8_t **p, size_t *n)
{
	if (s->kind != PDF_STRING || s->len < 2 || s->p[0] != '(' ||
	    memchr(s->p, '\\', s->len) != NULL)
		return 0;
	*p = s->p + 1;
	*n = s->len - 2;
	return 1;
}

struct full_name {
	uint8_t at[NAME_LEN_MAX];
	size_t n;
};

/* Names from the outermost on, a stop between two (12.7.3.2). */
static int
name_field(struct pdf_doc *d, const struct pdf_obj *field,
    struct full_name *out, int depth)
{
	const struct pdf_obj *up = pdf_get(d, field, "Parent");
	const uint8_t *p;
	size_t n;

	if (depth == 0 ||
	    (up->kind == PDF_DICT && !name_field(d, up, out, depth - 1)))
		return 0;
	if (pdf_raw(field, "T")->kind == PDF_NULL)
		return 1;
	if (!plain(pdf_get(d, field, "T"), &p, &n) ||
	    n + 1 > sizeof(out->at) - out->n)
		return 0;
	if (out->n > 0)
		out->at[out->n++] = '.';
	memcpy(out->at + out->n, p, n);
	out->n += n;
	return 1;
}

/* Is it in the list, itself or what it is a part of? */
static int
is_listed(
    struct pdf_doc *d, const struct pdf_obj *list, const struct full_name *name)
{
	const uint8_t *p;
	size_t i, n;

	for (i = 0; list->kind == PDF_ARRAY && i < list->len; i++)
		if (plain(pdf_resolve(d, list->items[i]), &p, &n) &&
		    n <= name->n && memcmp(p, name->at, n) == 0 &&
		    (n == name->n || name->at[n] == '.'))
			return 1;
	return 0;
}

/* One lock: /Action and /Fields. */
static int
lock_holds(
    struct pdf_doc *d, const struct pdf_obj *lock, const struct full_name *name)
{
	const struct pdf_obj *action = pdf_get(d, lock, "Action");
	const struct pdf_obj *list = pdf_get(d, lock, "Fields");

	if (pdf_is_name(action, "All"))
		return 1;
	if (pdf_is_name(action, "Include"))
		return is_listed(d, list, name);
	return pdf_is_name(action, "Exclude") && !is_listed(d, list, name);
}

static int
signature_locks(struct pdf_doc *d, const struct pdf_obj *field,
    const struct full_name *name)
{
	const struct pdf_obj *list =
	    pdf_get(d, pdf_get(d, field, "V"), "Reference");
	const struct pdf_obj *one;
	size_t i;

	if (lock_holds(d, pdf_get(d, field, "Lock"), name))
		return 1;
	for (i = 0; list->kind == PDF_ARRAY && i < list->len; i++) {
		one = pdf_resolve(d, list->items[i]);
		if (pdf_is_name(
			pdf_get(d, one, "TransformMethod"), "FieldMDP") &&
		    lock_holds(d, pdf_get(d, one, "TransformParams"), name))
			return 1;
	}
	return 0;
}

static int
any_locks(struct pdf_doc *d, const struct pdf_obj *fields,
    const struct full_name *name, int depth, size_t *left)
{
	const struct pdf_obj *field;
	size_t i;

	for (i = 0; depth > 0 && fields->kind == PDF_ARRAY && i < fields->len;
	     i++) {
		if (*left == 0)
			return 1;
		--*left;
		field = pdf_resolve(d, fields->items[i]);
		if ((pdf_is_signature_field(d, field) &&
			pdf_get(d, field, "V")->kind == PDF_DICT &&
			signature_locks(d, field, name)) ||
		    any_locks(
			d, pdf_get(d, field, "Kids"), name, depth - 1, left))
			return 1;
	}
	return 0;
}

int
pdf_is_locked(struct pdf_doc *d, const struct pdf_obj *field)
{
	const struct pdf_obj *root = pdf_get(d, pdf_trailer(d), "Root");
	const struct pdf_obj *form = pdf_get(d, root, "AcroForm");
	struct full_name name = { .n = 0 };
	size_t left = FIELDS_MAX;

	if (!name_field(d, field, &name, NESTED_MAX))
		return 0;
	return any_locks(
	    d, pdf_get(d, form, "Fields"), &name, NESTED_MAX, &left);
}
