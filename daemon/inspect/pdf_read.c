#include "daemon/inspect/pdf_read.h"

#include <string.h>
#include <zlib.h>

#include "base/scope.h"
#include "daemon/inspect/range.h"

#define POOL_MAX (48u << 20) /* bytes of all objects of one question */
#define CHUNK (256u << 10)
#define INFLATED_MAX (16u << 20) /* bytes of one stream */
#define DEPTH_MAX 48
#define OBJECTS_MAX 400000
#define SECTIONS_MAX 64
#define START_WINDOW 1200 /* where "startxref" is looked for */

/* --- memory --------------------------------------------------------------- */

struct chunk {
	struct chunk *next;
	size_t used, size;
	uint8_t data[];
};
struct pdf_pool {
	struct chunk *chunks;
	size_t total;
};

struct pdf_pool *
pdf_pool_new(void)
{
	return calloc(1, sizeof(struct pdf_pool));
}

void
pdf_pool_freep(struct pdf_pool **p)
{
	struct chunk *c, *next;

	if (*p == NULL)
		return;
	for (c = (*p)->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(*p);
	*p = NULL;
}

/* Zeroed memory, or NULL over the bound. */
static void *
take(struct pdf_pool *pool, size_t n)
{
	struct chunk *c = pool->chunks;
	size_t size;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (c == NULL || n > c->size - c->used) {
		size = n > CHUNK ? n : CHUNK;
		if (size > POOL_MAX - pool->total ||
		    (c = calloc(1, sizeof(*c) + size)) == NULL)
			return NULL;
		c->size = size;
		c->next = pool->chunks;
		pool->chunks = c;
		pool->total += size;
	}
	p = c->data + c->used;
	c->used += n;
	return p;
}

/* --- objects -------------------------------------------------------------- */

struct lexer {
	struct pdf_pool *pool;
	const uint8_t *p;
	size_t n, at;
};

static const struct pdf_obj nothing = { .kind = PDF_NULL };

static struct pdf_obj *
new_object(struct lexer *l, enum pdf_kind kind)
{
	struct pdf_obj *o = take(l->pool, sizeof(*o));

	if (o != NULL)
		o->kind = kind;
	return o;
}

static void
skip_space(struct lexer *l)
{
	while (l->at < l->n) {
		if (l->p[l->at] == '%')
			while (l->at < l->n && l->p[l->at] != '\n' &&
			       l->p[l->at] != '\r')
				l->at++;
		else if (range_is_space(l->p[l->at]))
			l->at++;
		else
			return;
	}
}

static int
is_word(struct lexer *l, const char *word)
{
	size_t len = strlen(word);

	if (l->n - l->at < len || memcmp(l->p + l->at, word, len) != 0 ||
	    (l->at + len < l->n && range_is_regular(l->p[l->at + len])))
		return 0;
	l->at += len;
	return 1;
}

static int
digit_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct pdf_obj *
read_name(struct lexer *l)
{
	struct pdf_obj *o = new_object(l, PDF_NAME);
	size_t from = ++l->at, i;
	uint8_t *out;

	while (l->at < l->n && range_is_regular(l->p[l->at]))
		l->at++;
	if (o == NULL || (out = take(l->pool, l->at - from + 1)) == NULL)
		return NULL;
	for (i = from; i < l->at; i++) {
		if (l->p[i] == '#' && l->at - i > 2 &&
		    digit_value(l->p[i + 1]) >= 0 &&
		    digit_value(l->p[i + 2]) >= 0) {
			out[o->len++] =
			    (uint8_t)(digit_value(l->p[i + 1]) << 4 |
				      digit_value(l->p[i + 2]));
			i += 2;
		} else {
			out[o->len++] = l->p[i];
		}
	}
	o->p = out;
	return o;
}

/* The string from its bracket to its bracket, as it is written. */
static struct pdf_obj *
read_string(struct lexer *l)
{
	struct pdf_obj *o = new_object(l, PDF_STRING);
	size_t from = l->at, depth = 0;
	int is_hex = l->p[l->at] == '<';

	for (; l->at < l->n; l->at++) {
		if (is_hex && l->p[l->at] != '>')
			continue;
		if (!is_hex && l->p[l->at] == '\\') {
			l->at++;
			continue;
		}
		depth += !is_hex && l->p[l->at] == '(';
		if (!is_hex && (l->p[l->at] != ')' || --depth > 0))
			continue;
		l->at++;
		if (o == NULL || l->at > l->n)
			return NULL;
		o->p = l->p + from;
		o->len = l->at - from;
		return o;
	}
	return NULL;
}

/* A number; *whole when it has neither sign nor point. */
static int
scan_number(struct lexer *l, int64_t *out, int *whole)
{
	size_t from = l->at;
	uint8_t c;

	*whole = 1;
	*out = 0;
	for (; l->at < l->n && range_is_regular(l->p[l->at]); l->at++) {
		c = l->p[l->at];
		if (c == '+' || c == '-' || c == '.')
			*whole = 0;
		else if (c < '0' || c > '9')
			return 0;
		else if (*out < INT64_MAX / 16)
			*out = *out * 10 + (c - '0');
	}
	return l->at > from;
}

static int
read_whole(struct lexer *l, uint64_t *out)
{
	int64_t v;
	int whole;

	skip_space(l);
	if (!scan_number(l, &v, &whole) || !whole)
		return 0;
	*out = (uint64_t)v;
	return 1;
}

static struct pdf_obj *
read_number(struct lexer *l, int *whole)
{
	struct pdf_obj *o = new_object(l, PDF_NUMBER);
	size_t from = l->at;

	if (o == NULL || !scan_number(l, &o->n, whole))
		return NULL;
	o->p = l->p + from;
	o->len = l->at - from;
	if (!*whole)
		o->n = -1;
	return o;
}

/* "12 0 R" is a reference; "12 0" two numbers. */
static struct pdf_obj *
read_number_or_ref(struct lexer *l)
{
	struct lexer ahead;
	struct pdf_obj *o;
	uint64_t generation;
	int whole;

	if ((o = read_number(l, &whole)) == NULL || !whole)
		return o;
	ahead = *l;
	if (!read_whole(&ahead, &generation))
		return o;
	skip_space(&ahead);
	if (!is_word(&ahead, "R"))
		return o;
	o->kind = PDF_REF;
	l->at = ahead.at;
	return o;
}

static struct pdf_obj *read_object(struct lexer *l, int depth);

/* What stands between brackets; pairs for a dictionary. */
static struct pdf_obj *
read_items(struct lexer *l, enum pdf_kind kind, int depth)
{
	struct pdf_obj *o = new_object(l, kind), **more, *item;
	size_t room = 0, closing = kind == PDF_DICT ? 2 : 1;
	const char *end = kind == PDF_DICT ? ">>" : "]";

	l->at += closing;
	for (;;) {
		skip_space(l);
		if (o == NULL || l->n - l->at < closing)
			return NULL;
		if (memcmp(l->p + l->at, end, closing) == 0)
			break;
		if ((item = read_object(l, depth - 1)) == NULL ||
		    (kind == PDF_DICT && o->len % 2 == 0 &&
			item->kind != PDF_NAME))
			return NULL;
		if (o->len == room) {
			room = room == 0 ? 8 : 2 * room;
			more = take(l->pool, room * sizeof(*more));
			if (more == NULL)
				return NULL;
			if (o->len > 0)
				memcpy(more, o->items, o->len * sizeof(*more));
			o->items = more;
		}
		o->items[o->len++] = item;
	}
	l->at += closing;
	return kind == PDF_DICT && o->len % 2 != 0 ? NULL : o;
}

static struct pdf_obj *
read_object(struct lexer *l, int depth)
{
	struct pdf_obj *o;
	uint8_t c;

	skip_space(l);
	if (depth == 0 || l->at >= l->n)
		return NULL;
	c = l->p[l->at];
	if (c == '/')
		return read_name(l);
	if (c == '(')
		return read_string(l);
	if (c == '<')
		return l->n - l->at > 1 && l->p[l->at + 1] == '<'
			   ? read_items(l, PDF_DICT, depth)
			   : read_string(l);
	if (c == '[')
		return read_items(l, PDF_ARRAY, depth);
	if (is_word(l, "null"))
		return new_object(l, PDF_NULL);
	if (is_word(l, "false"))
		return new_object(l, PDF_BOOL);
	if (is_word(l, "true")) {
		if ((o = new_object(l, PDF_BOOL)) != NULL)
			o->n = 1;
		return o;
	}
	return read_number_or_ref(l);
}

/* --- the document --------------------------------------------------------- */

enum { FREE = 1, AT, INSIDE };
struct entry {
	uint8_t kind;	/* 0: not said */
	uint64_t where; /* offset; number of the object stream */
	uint32_t index; /* in the object stream */
	const struct pdf_obj *object;
};

struct pdf_doc {
	struct pdf_pool *pool;
	const uint8_t *p;
	size_t n;
	struct entry *entries;
	size_t nentries;
	size_t sections[SECTIONS_MAX], nsections;
	const struct pdf_obj *trailer;
	int is_bad;
};

int
pdf_is_name(const struct pdf_obj *o, const char *name)
{
	return o->kind == PDF_NAME && o->len == strlen(name) &&
	       memcmp(o->p, name, o->len) == 0;
}

int
pdf_same_bytes(const struct pdf_obj *a, const struct pdf_obj *b)
{
	return a->len == b->len &&
	       (a->p == b->p || a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

const struct pdf_obj *
pdf_raw(const struct pdf_obj *dict, const char *key)
{
	const struct pdf_obj *found = &nothing;
	size_t i;

	if (dict->kind != PDF_DICT && dict->kind != PDF_STREAM)
		return found;
	for (i = 0; i < dict->len; i += 2)
		if (pdf_is_name(dict->items[i], key))
			found = dict->items[i + 1];
	return found;
}

static struct lexer
lexer_at(const struct pdf_doc *d, size_t at)
{
	return (struct lexer){ d->pool, d->p, d->n, at };
}

/* "endstream" must follow the bytes: a wrong /Length shows itself. */
static int
read_stream(
    struct pdf_doc *d, struct lexer *l, struct pdf_obj *o, int may_resolve)
{
	const struct pdf_obj *length = pdf_raw(o, "Length");

	if (l->at < l->n && l->p[l->at] == '\r')
		l->at++;
	if (l->at >= l->n || l->p[l->at] != '\n')
		return 0;
	l->at++;
	if (length->kind == PDF_REF && may_resolve)
		length = pdf_resolve(d, length);
	if (length->kind != PDF_NUMBER || length->n < 0 ||
	    (uint64_t)length->n > l->n - l->at)
		return 0;
	o->kind = PDF_STREAM;
	o->p = l->p + l->at;
	o->bytes = (size_t)length->n;
	l->at += o->bytes;
	skip_space(l);
	return is_word(l, "endstream");
}

/* "N G obj" here, then the object. */
static const struct pdf_obj *
read_indirect(struct pdf_doc *d, size_t at, uint64_t number, int may_resolve)
{
	struct lexer l = lexer_at(d, at);
	struct pdf_obj *o;
	uint64_t got, generation;

	if (!read_whole(&l, &got) || !read_whole(&l, &generation) ||
	    (number != UINT64_MAX && got != number))
		return NULL;
	skip_space(&l);
	if (!is_word(&l, "obj") || (o = read_object(&l, DEPTH_MAX)) == NULL)
		return NULL;
	skip_space(&l);
	if (o->kind == PDF_DICT && l.n - l.at > 6 &&
	    memcmp(l.p + l.at, "stream", 6) == 0) {
		l.at += 6;
		return read_stream(d, &l, o, may_resolve) ? o : NULL;
	}
	return is_word(&l, "endobj") ? o : NULL;
}

/* --- streams -------------------------------------------------------------- */

static uint8_t *
inflate_all(struct pdf_doc *d, const uint8_t *p, size_t n, size_t *len)
{
	z_stream z = { 0 };
	size_t room = 4 * n + 4096;
	uint8_t *out = NULL;
	int r = Z_BUF_ERROR;

	/* Twice at most: what is larger than that is not read. */
	for (; r == Z_BUF_ERROR && room <= INFLATED_MAX; room *= 8) {
		if ((out = take(d->pool, room)) == NULL)
			return NULL;
		memset(&z, 0, sizeof(z));
		if (inflateInit(&z) != Z_OK)
			return NULL;
		z.next_in = (Bytef *)(uintptr_t)p;
		z.avail_in = (uInt)n;
		z.next_out = out;
		z.avail_out = (uInt)room;
		r = inflate(&z, Z_FINISH);
		*len = room - z.avail_out;
		inflateEnd(&z);
		if (r == Z_BUF_ERROR && z.avail_in == 0 && z.avail_out > 0)
			return NULL;
	}
	return r == Z_STREAM_END ? out : NULL;
}

static uint8_t
paeth(uint8_t a, uint8_t b, uint8_t c)
{
	int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);

	if (pa <= pb && pa <= pc)
		return a;
	return pb <= pc ? b : c;
}

/* PNG's filters, one byte a sample: as cross-references have them. */
static int
undo_rows(uint8_t *p, size_t *len, size_t columns)
{
	size_t rows = *len / (columns + 1), r, i;
	uint8_t *in, *row, *up, a, b, c;

	for (r = 0; r < rows; r++) {
		in = p + r * (columns + 1);
		row = p + r * columns;
		up = r > 0 ? row - columns : NULL;
		uint8_t filter = *in++;

		if (filter > 4)
			return 0;
		for (i = 0; i < columns; i++) {
			a = i > 0 ? row[i - 1] : 0;
			b = up != NULL ? up[i] : 0;
			c = up != NULL && i > 0 ? up[i - 1] : 0;
			row[i] =
			    (uint8_t)(in[i] + (filter == 1	? a
						  : filter == 2 ? b
						  : filter == 3 ? (a + b) / 2
						  : filter == 4 ? paeth(a, b, c)
								: 0));
		}
	}
	*len = rows * columns;
	return 1;
}

/* The bytes that a stream stands for: plain, or Flate with a predictor. */
const uint8_t *
pdf_stream_bytes(struct pdf_doc *d, const struct pdf_obj *o, size_t *len)
{
	const struct pdf_obj *filter = pdf_get(d, o, "Filter"),
			     *parms = pdf_get(d, o, "DecodeParms"), *columns;
	uint8_t *out;

	if (filter->kind == PDF_ARRAY && filter->len == 1)
		filter = pdf_resolve(d, filter->items[0]);
	if (parms->kind == PDF_ARRAY && parms->len == 1)
		parms = pdf_resolve(d, parms->items[0]);
	*len = o->bytes;
	if (filter->kind == PDF_NULL)
		return o->p;
	if (!pdf_is_name(filter, "FlateDecode") ||
	    (out = inflate_all(d, o->p, *len, len)) == NULL)
		return NULL;
	if (pdf_get(d, parms, "Predictor")->n < 2)
		return out;
	columns = pdf_get(d, parms, "Columns");
	if (pdf_get(d, parms, "Predictor")->n < 10 || columns->n < 1 ||
	    columns->n > 4096 || pdf_get(d, parms, "Colors")->n > 1 ||
	    (pdf_get(d, parms, "BitsPerComponent")->n | 8) != 8)
		return NULL;
	return undo_rows(out, len, (size_t)columns->n) ? out : NULL;
}

/* --- the cross-reference -------------------------------------------------- */

/* Newer ones are read first: what is said already stays. */
static int
say(struct pdf_doc *d, uint64_t number, uint8_t kind, uint64_t where,
    uint64_t index)
{
	struct entry *e;

	if (d->entries == NULL)
		return 1;
	if (number >= d->nentries || index > UINT32_MAX)
		return 0;
	e = &d->entries[number];
	if (e->kind != 0)
		return 1;
	e->kind = kind;
	e->where = where;
	e->index = (uint32_t)index;
	return 1;
}

/* The table of old: subsections of lines "offset generation n". */
static const struct pdf_obj *
read_table(struct pdf_doc *d, struct lexer *l)
{
	uint64_t first, count, where, generation, i;
	struct pdf_obj *o;
	int in_use;

	for (;;) {
		skip_space(l);
		if (is_word(l, "trailer")) {
			o = read_object(l, DEPTH_MAX);
			return o != NULL && o->kind == PDF_DICT ? o : NULL;
		}
		if (!read_whole(l, &first) || !read_whole(l, &count) ||
		    first > OBJECTS_MAX || count > OBJECTS_MAX)
			return NULL;
		for (i = 0; i < count; i++) {
			if (!read_whole(l, &where) ||
			    !read_whole(l, &generation))
				return NULL;
			skip_space(l);
			in_use = is_word(l, "n");
			if ((!in_use && !is_word(l, "f")) ||
			    !say(d, first + i, in_use ? AT : FREE, where, 0))
				return NULL;
		}
	}
}

static uint64_t
big_endian(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

static int
read_rows(struct pdf_doc *d, const uint8_t *p, size_t n, const size_t w[3],
    uint64_t first, uint64_t count, size_t *used)
{
	size_t row = w[0] + w[1] + w[2];
	uint64_t kind, where, index;

	for (; count > 0; count--, first++, *used += row) {
		if (n - *used < row)
			return 0;
		kind = w[0] > 0 ? big_endian(p + *used, w[0]) : 1;
		where = big_endian(p + *used + w[0], w[1]);
		index = big_endian(p + *used + w[0] + w[1], w[2]);
		/* Other kinds stand for nothing (7.5.8.3). */
		if (kind <= 2 && !say(d, first, (uint8_t)(kind + 1), where,
				     kind == 2 ? index : 0))
			return 0;
	}
	return 1;
}

static const struct pdf_obj *
read_xref_stream(struct pdf_doc *d, size_t at)
{
	const struct pdf_obj *o = read_indirect(d, at, UINT64_MAX, 0), *w,
			     *index;
	size_t widths[3], len, used = 0, i;
	const uint8_t *p;

	if (o == NULL || o->kind != PDF_STREAM ||
	    !pdf_is_name(pdf_raw(o, "Type"), "XRef"))
		return NULL;
	w = pdf_raw(o, "W");
	index = pdf_raw(o, "Index");
	if (w->kind != PDF_ARRAY || w->len != 3)
		return NULL;
	for (i = 0; i < 3; i++) {
		if (w->items[i]->n < 0 || w->items[i]->n > 8)
			return NULL;
		widths[i] = (size_t)w->items[i]->n;
	}
	if ((p = pdf_stream_bytes(d, o, &len)) == NULL ||
	    widths[0] + widths[1] + widths[2] == 0)
		return NULL;
	if (index->kind != PDF_ARRAY)
		return read_rows(d, p, len, widths, 0,
			   (uint64_t)pdf_raw(o, "Size")->n, &used)
			   ? o
			   : NULL;
	for (i = 0; i + 1 < index->len; i += 2)
		if (index->items[i]->n < 0 || index->items[i + 1]->n < 0 ||
		    index->items[i]->n > OBJECTS_MAX ||
		    !read_rows(d, p, len, widths, (uint64_t)index->items[i]->n,
			(uint64_t)index->items[i + 1]->n, &used))
			return NULL;
	return o;
}

static const struct pdf_obj *
read_section(struct pdf_doc *d, size_t at)
{
	struct lexer l = lexer_at(d, at);
	const struct pdf_obj *trailer, *hybrid;

	if (at >= d->n)
		return NULL;
	skip_space(&l);
	if (!is_word(&l, "xref"))
		return read_xref_stream(d, at);
	if ((trailer = read_table(d, &l)) == NULL)
		return NULL;
	hybrid = pdf_raw(trailer, "XRefStm");
	if (hybrid->kind == PDF_NUMBER &&
	    (hybrid->n < 0 || read_xref_stream(d, (size_t)hybrid->n) == NULL))
		return NULL;
	return trailer;
}

/* The last "startxref", which must stand near the end. */
static int
find_start(const struct pdf_doc *d, size_t *out)
{
	size_t low = d->n > START_WINDOW ? d->n - START_WINDOW : 0, at = d->n;
	struct lexer l;
	uint64_t v;

	while (at > low + 9) {
		at--;
		if (memcmp(d->p + at - 9, "startxref", 9) != 0)
			continue;
		l = lexer_at(d, at);
		if (!read_whole(&l, &v) || v >= d->n)
			return 0;
		*out = (size_t)v;
		return 1;
	}
	return 0;
}

int
pdf_has_xref(const struct pdf_doc *d, size_t at)
{
	size_t i;

	for (i = 0; i < d->nsections; i++)
		if (d->sections[i] == at)
			return 1;
	return 0;
}

static int
read_sections(struct pdf_doc *d)
{
	const struct pdf_obj *o, *before;
	size_t at;

	if (!find_start(d, &at))
		return 0;
	for (;;) {
		if (d->nsections == SECTIONS_MAX || pdf_has_xref(d, at))
			return 0;
		d->sections[d->nsections++] = at;
		if ((o = read_section(d, at)) == NULL)
			return 0;
		if (d->trailer == NULL)
			d->trailer = o;
		before = pdf_raw(o, "Prev");
		if (before->kind == PDF_NULL)
			return 1;
		if (before->kind != PDF_NUMBER || before->n < 0 ||
		    (uint64_t)before->n >= d->n)
			return 0;
		at = (size_t)before->n;
	}
}

struct pdf_doc *
pdf_open(struct pdf_pool *pool, const uint8_t *p, size_t n)
{
	struct pdf_doc *d = take(pool, sizeof(*d));
	const struct pdf_obj *o;
	size_t at;

	if (d == NULL)
		return NULL;
	d->pool = pool;
	d->p = p;
	d->n = n;
	/* How many objects there are is known from the newest trailer. */
	if (!find_start(d, &at) || (o = read_section(d, at)) == NULL)
		return NULL;
	o = pdf_raw(o, "Size");
	if (o->kind != PDF_NUMBER || o->n < 1 || o->n > OBJECTS_MAX)
		return NULL;
	d->nentries = (size_t)o->n;
	d->entries = take(pool, d->nentries * sizeof(*d->entries));
	if (d->entries == NULL || !read_sections(d) || d->is_bad)
		return NULL;
	return d;
}

const struct pdf_obj *
pdf_trailer(const struct pdf_doc *d)
{
	return d->trailer;
}

size_t
pdf_xref_at(const struct pdf_doc *d)
{
	return d->sections[0];
}

int
pdf_is_bad(const struct pdf_doc *d)
{
	return d->is_bad;
}

/* All objects of an object stream, for the entries that say so. */
static int
open_object_stream(struct pdf_doc *d, uint64_t number)
{
	const struct pdf_obj *o, *count, *first;
	struct entry *e;
	struct lexer l, body;
	uint64_t i, id, at;
	size_t len;

	if (number >= d->nentries || d->entries[number].kind != AT)
		return 0;
	e = &d->entries[number];
	if (e->object == NULL && e->where < d->n) {
		/* While it is read it is nothing: no loops. */
		e->object = &nothing;
		e->object = read_indirect(d, (size_t)e->where, number, 1);
	}
	if ((o = e->object) == NULL || o->kind != PDF_STREAM)
		return 0;
	count = pdf_get(d, o, "N");
	first = pdf_get(d, o, "First");
	l = (struct lexer){ d->pool, pdf_stream_bytes(d, o, &len), 0, 0 };
	if (l.p == NULL || count->n < 0 || first->n < 0 ||
	    (size_t)first->n > len)
		return 0;
	l.n = (size_t)first->n;
	for (i = 0; i < (uint64_t)count->n; i++) {
		if (!read_whole(&l, &id) || !read_whole(&l, &at) ||
		    at > len - (size_t)first->n)
			return 0;
		if (id >= d->nentries || d->entries[id].kind != INSIDE ||
		    d->entries[id].where != number ||
		    d->entries[id].index != i || d->entries[id].object != NULL)
			continue;
		body =
		    (struct lexer){ d->pool, l.p, len, (size_t)first->n + at };
		if ((d->entries[id].object = read_object(&body, DEPTH_MAX)) ==
		    NULL)
			return 0;
	}
	return 1;
}

const struct pdf_obj *
pdf_resolve(struct pdf_doc *d, const struct pdf_obj *o)
{
	struct entry *e;
	int hops;

	for (hops = 0; o->kind == PDF_REF; hops++) {
		if (hops > 4) {
			d->is_bad = 1;
			return &nothing;
		}
		if ((uint64_t)o->n >= d->nentries)
			return &nothing;
		e = &d->entries[o->n];
		if (e->kind != AT && e->kind != INSIDE)
			return &nothing;
		if (e->object == NULL && e->kind == AT) {
			/* While it is read it is nothing: no loops. */
			e->object = &nothing;
			e->object = e->where < d->n
					? read_indirect(d, (size_t)e->where,
					      (uint64_t)o->n, 1)
					: NULL;
		} else if (e->object == NULL &&
			   !open_object_stream(d, e->where)) {
			d->is_bad = 1;
		}
		if (e->object == NULL) {
			d->is_bad = 1;
			e->object = &nothing;
		}
		o = e->object;
	}
	return o;
}

const struct pdf_obj *
pdf_get(struct pdf_doc *d, const struct pdf_obj *dict, const char *key)
{
	return pdf_resolve(d, pdf_raw(dict, key));
}
