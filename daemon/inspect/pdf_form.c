#include "daemon/inspect/pdf_form.h"

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
