/*
 * A PDF as a graph of objects, read strictly: each object stands where the
 * cross-reference says, under its own number. A file that needs a repair is
 * not read at all. Runs in a worker, over hostile bytes; bounded in memory
 * and in steps.
 */
#ifndef DAEMON_INSPECT_PDF_READ_H
#define DAEMON_INSPECT_PDF_READ_H

#include <stddef.h>
#include <stdint.h>

enum pdf_kind {
	PDF_NULL,
	PDF_BOOL,
	PDF_NUMBER,
	PDF_STRING, /* its bytes as written, brackets included */
	PDF_NAME,   /* without the slash, #xx undone */
	PDF_ARRAY,
	PDF_DICT,
	PDF_STREAM, /* its dictionary, and where its bytes are */
	PDF_REF
};

struct pdf_obj {
	enum pdf_kind kind;
	int64_t n;		/* BOOL; NUMBER when whole; REF: the number */
	const uint8_t *p;	/* NUMBER, STRING, NAME; STREAM: its bytes */
	size_t len;		/* of p; of items */
	size_t bytes;		/* STREAM: of p */
	struct pdf_obj **items; /* ARRAY; DICT, STREAM: key, value, key, … */
};

struct pdf_pool; /* memory for all objects of one question */
struct pdf_pool *pdf_pool_new(void);
void pdf_pool_freep(struct pdf_pool **p);

struct pdf_doc;
/*
 * The document that ends at p + n: a revision, with those before it. NULL
 * when it cannot be read strictly. It lives as long as the pool.
 */
struct pdf_doc *pdf_open(struct pdf_pool *pool, const uint8_t *p, size_t n);
/* Its newest trailer; where its newest cross-reference stands; does the
 * chain of them go over this place? */
const struct pdf_obj *pdf_trailer(const struct pdf_doc *d);
size_t pdf_xref_at(const struct pdf_doc *d);
int pdf_has_xref(const struct pdf_doc *d, size_t at);

/* What a reference leads to, itself otherwise. Never NULL: PDF_NULL for what
 * is not there; what cannot be read sets pdf_is_bad. */
const struct pdf_obj *pdf_resolve(struct pdf_doc *d, const struct pdf_obj *o);
int pdf_is_bad(const struct pdf_doc *d);

/* The value of a key, resolved or as it stands; PDF_NULL without one. */
const struct pdf_obj *pdf_get(
    struct pdf_doc *d, const struct pdf_obj *dict, const char *key);
const struct pdf_obj *pdf_raw(const struct pdf_obj *dict, const char *key);
/* The bytes that a stream stands for: plain, or Flate undone; else NULL. */
const uint8_t *pdf_stream_bytes(
    struct pdf_doc *d, const struct pdf_obj *o, size_t *len);
int pdf_is_name(const struct pdf_obj *o, const char *name);
int pdf_same_bytes(const struct pdf_obj *a, const struct pdf_obj *b);

#endif
