#include "daemon/inspect/pdf_hints.h"

#include <string.h>

#include "base/scope.h"
#include "daemon/inspect/pdf_read.h"

#define HINTS_MAX 64  /* streams of one kind */
#define HEAD 5	      /* bytes before each: its kind, its length */
#define SEQUENCE 0x30 /* what each of them begins with */

struct room {
	uint8_t *p;
	size_t n, used;
};

static void
put(struct room *r, uint8_t kind, const uint8_t *p, size_t n)
{
	uint8_t *to = r->p + r->used;

	if (r->n - r->used < HEAD || n > r->n - r->used - HEAD)
		return;
	to[0] = kind;
	to[1] = (uint8_t)(n >> 24);
	to[2] = (uint8_t)(n >> 16);
	to[3] = (uint8_t)(n >> 8);
	to[4] = (uint8_t)n;
	memcpy(to + HEAD, p, n);
	r->used += HEAD + n;
}

static void
put_all(
    struct room *r, struct pdf_doc *d, const struct pdf_obj *list, uint8_t kind)
{
	const struct pdf_obj *o;
	const uint8_t *p;
	size_t i, n;

	if (list->kind != PDF_ARRAY)
		return;
	for (i = 0; i < list->len && i < HINTS_MAX; i++) {
		o = pdf_resolve(d, list->items[i]);
		if (o->kind != PDF_STREAM)
			continue;
		p = pdf_stream_bytes(d, o, &n);
		if (p != NULL && n > 2 && p[0] == SEQUENCE)
			put(r, kind, p, n);
	}
}

size_t
pdf_hints(const uint8_t *p, size_t n, uint8_t *out, size_t room)
{
	/* Lists last: they are large. */
	static const struct {
		const char *key;
		uint8_t kind;
	} kinds[] = { { "Certs", 1 }, { "OCSPs", 3 }, { "CRLs", 2 } };
	AUTO(pdf_pool_freep) struct pdf_pool *pool = pdf_pool_new();
	struct pdf_doc *d = pool != NULL ? pdf_open(pool, p, n) : NULL;
	struct room r = { out, room, 0 };
	const struct pdf_obj *dss;
	size_t i;

	if (d == NULL)
		return 0;
	dss = pdf_get(d, pdf_get(d, pdf_trailer(d), "Root"), "DSS");
	for (i = 0; i < NELEMS(kinds); i++)
		put_all(&r, d, pdf_get(d, dss, kinds[i].key), kinds[i].kind);
	return r.used;
}
