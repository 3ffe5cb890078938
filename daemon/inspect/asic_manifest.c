#include "daemon/inspect/asic_manifest.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/text.h"

#define NS_ASIC "http://uri.etsi.org/02918/v1.2.1#"
#define NS_DSIG "http://www.w3.org/2000/09/xmldsig#"
#define ATTRIBUTES_MAX 16   /* of an element */
#define BINDINGS_MAX 16	    /* of prefixes, at one place */
#define DIGEST_TEXT_MAX 512 /* characters of a digest, spaces too */

/* Bytes of the document. */
struct str {
	const uint8_t *p;
	size_t n;
};

struct attribute {
	struct str name, value;
};

struct element {
	struct str tag;	      /* as written, prefix and all */
	struct str ns, local; /* what it means */
	struct attribute a[ATTRIBUTES_MAX];
	size_t n;
	int is_empty;	 /* <x/> */
	size_t bindings; /* that were there before it */
};

/* Sticky: after the first fault nothing is read any more. */
struct xml {
	const uint8_t *p;
	size_t left;
	int bad;
	struct attribute ns[BINDINGS_MAX]; /* prefix, or "", and its URI */
	size_t nns;
};

/* --- characters -----------------------------------------------------------
 */

static int
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int
is_name_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

static int
is_text(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((p[i] < 0x20 && !is_space(p[i])) || p[i] == 0x7f)
			return 0;
	return utf8_is_valid(p, n);
}

static int
str_is(struct str s, const char *word)
{
	return s.n == strlen(word) && memcmp(s.p, word, s.n) == 0;
}

static int
str_equal(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static void
skip(struct xml *x, size_t n)
{
	if (n > x->left) {
		x->bad = 1;
		n = x->left;
	}
	x->p += n;
	x->left -= n;
}

static int
at(const struct xml *x, const char *word)
{
	size_t n = strlen(word);

	return !x->bad && x->left >= n && memcmp(x->p, word, n) == 0;
}

static void
expect(struct xml *x, const char *word)
{
	if (!at(x, word))
		x->bad = 1;
	else
		skip(x, strlen(word));
}

/* How many there were. */
static size_t
skip_space(struct xml *x)
{
	size_t n = 0;

	while (n < x->left && is_space(x->p[n]))
		n++;
	skip(x, n);
	return n;
}

/* --- elements -------------------------------------------------------------
 */

/* prefix:local or local; the colon at most once, and not at an end. */
static struct str
read_name(struct xml *x)
{
	struct str s = { x->p, 0 };
	size_t colons = 0;

	while (s.n < x->left && (is_name_char(s.p[s.n]) || s.p[s.n] == ':'))
		colons += s.p[s.n++] == ':';
	if (s.n == 0 || colons > 1 || s.p[0] == ':' || s.p[s.n - 1] == ':' ||
	    s.p[0] == '-' || s.p[0] == '.' || (s.p[0] >= '0' && s.p[0] <= '9'))
		x->bad = 1;
	skip(x, s.n);
	return s;
}

/* In quotes, with its entities still written. */
static struct str
read_value(struct xml *x)
{
	struct str s = { x->p, 0 };
	uint8_t quote = x->left > 0 ? x->p[0] : 0;

	if (x->bad || (quote != '"' && quote != '\'')) {
		x->bad = 1;
		return s;
	}
	skip(x, 1);
	s.p = x->p;
	while (s.n < x->left && s.p[s.n] != quote) {
		/* White space but blanks would be changed by a reader. */
		if (s.p[s.n] == '<' || s.p[s.n] < ' ')
			x->bad = 1;
		s.n++;
	}
	skip(x, s.n + 1);
	return s;
}

/* Of xmlns or xmlns:prefix: the prefix, n = 0 for none. 0: neither. */
static int
binds(struct str name, struct str *prefix)
{
	*prefix = (struct str){ name.p, 0 };
	if (str_is(name, "xmlns"))
		return 1;
	if (name.n < 7 || memcmp(name.p, "xmlns:", 6) != 0)
		return 0;
	*prefix = (struct str){ name.p + 6, name.n - 6 };
	return 1;
}

static void
add_attribute(
    struct xml *x, struct element *el, struct str name, struct str value)
{
	struct str prefix;
	size_t i;

	for (i = 0; i < el->n; i++)
		if (str_equal(el->a[i].name, name))
			x->bad = 1;
	if (binds(name, &prefix)) {
		for (i = el->bindings; i < x->nns; i++)
			if (str_equal(x->ns[i].name, prefix))
				x->bad = 1;
		if (x->nns == BINDINGS_MAX || value.n == 0 ||
		    memchr(value.p, '&', value.n) != NULL)
			x->bad = 1;
		else
			x->ns[x->nns++] = (struct attribute){ prefix, value };
	} else if (el->n == ATTRIBUTES_MAX ||
		   memchr(name.p, ':', name.n) != NULL) {
		x->bad = 1;
	} else {
		el->a[el->n++] = (struct attribute){ name, value };
	}
}

/* What the tag means: the innermost binding of its prefix. */
static void
resolve(struct xml *x, struct element *el)
{
	const uint8_t *colon = memchr(el->tag.p, ':', el->tag.n);
	struct str prefix = { el->tag.p, 0 };
	size_t i;

	el->local = el->tag;
	if (colon != NULL) {
		prefix.n = (size_t)(colon - el->tag.p);
		el->local.p = colon + 1;
		el->local.n = el->tag.n - prefix.n - 1;
	}
	for (i = x->nns; i-- > 0;)
		if (str_equal(x->ns[i].name, prefix)) {
			el->ns = x->ns[i].value;
			return;
		}
	x->bad = 1;
}

/* A start tag, which must be of this name. */
static void
open_element(
    struct xml *x, const char *ns, const char *local, struct element *el)
{
	struct str name, value;
	size_t spaces;

	*el = (struct element){ .bindings = x->nns };
	expect(x, "<");
	el->tag = read_name(x);
	while (!x->bad) {
		spaces = skip_space(x);
		if (at(x, ">") || at(x, "/>"))
			break;
		if (spaces == 0)
			x->bad = 1;
		name = read_name(x);
		skip_space(x);
		expect(x, "=");
		skip_space(x);
		value = read_value(x);
		if (!x->bad)
			add_attribute(x, el, name, value);
	}
	el->is_empty = at(x, "/>");
	skip(x, el->is_empty ? 2 : 1);
	if (!x->bad)
		resolve(x, el);
	if (!x->bad && (!str_is(el->ns, ns) || !str_is(el->local, local)))
		x->bad = 1;
}

static void
close_element(struct xml *x, const struct element *el)
{
	if (!el->is_empty) {
		skip_space(x);
		expect(x, "</");
		if (!str_equal(read_name(x), el->tag))
			x->bad = 1;
		skip_space(x);
		expect(x, ">");
	}
	x->nns = el->bindings;
}

/* Is a child to come, not the end of its parent? */
static int
has_child(struct xml *x, const struct element *parent)
{
	if (parent->is_empty)
		return 0;
	skip_space(x);
	return at(x, "<") && !at(x, "</");
}

/* --- values ---------------------------------------------------------------
 */

/* The value of the attribute; none but these three may be there. */
static struct str
attribute_of(struct xml *x, const struct element *el, const char *name,
    const char *also, const char *too)
{
	struct str s = { x->p, 0 };
	size_t i, found = 0;

	for (i = 0; i < el->n; i++) {
		if (str_is(el->a[i].name, name)) {
			s = el->a[i].value;
			found = 1;
		} else if (!str_is(el->a[i].name, also) &&
			   !str_is(el->a[i].name, too)) {
			x->bad = 1;
		}
	}
	if (!found)
		x->bad = 1;
	return s;
}

static int
nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One of the five entities at s: its character, *n bytes written; 0: none. */
static uint8_t
entity_at(struct str s, size_t *n)
{
	static const struct {
		const char *text;
		uint8_t c;
	} entities[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&quot;", '"' }, { "&apos;", '\'' } };
	size_t i;

	for (i = 0; i < NELEMS(entities); i++) {
		*n = strlen(entities[i].text);
		if (s.n >= *n && memcmp(s.p, entities[i].text, *n) == 0)
			return entities[i].c;
	}
	return 0;
}

/*
 * A URI relative to the container's root (RFC 3986): the member's name. No
 * query, no fragment. Entities first, then what is escaped by %.
 */
static void
read_uri(struct xml *x, struct str s, char *out)
{
	size_t n = 0, step;
	uint8_t c;

	while (s.n > 0 && !x->bad) {
		c = s.p[0];
		step = 1;
		if (c == '&')
			c = entity_at(s, &step);
		if (c == '%') {
			if (step != 1 || s.n < 3 || nibble(s.p[1]) < 0 ||
			    nibble(s.p[2]) < 0) {
				x->bad = 1;
				return;
			}
			c = (uint8_t)(nibble(s.p[1]) << 4 | nibble(s.p[2]));
			step = 3;
		} else if (c == '?' || c == '#') {
			c = 0;
		}
		if (c < ' ' || c == 0x7f || n == CONTAINER_NAME_MAX) {
			x->bad = 1;
			return;
		}
		out[n++] = (char)c;
		s.p += step;
		s.n -= step;
	}
	out[n] = '\0';
	if (n == 0 || !utf8_is_valid(out, n))
		x->bad = 1;
}

/* What XML Signature, its successors and RFC 9231 call them. */
static int
find_digest(struct str uri, enum digest_alg *out)
{
	static const char *const names[DIGEST_ALGS] = {
		[DIGEST_SHA1] = NS_DSIG "sha1",
		[DIGEST_SHA224] = "http://www.w3.org/2001/04/xmldsig-more#"
				  "sha224",
		[DIGEST_SHA256] = "http://www.w3.org/2001/04/xmlenc#sha256",
		[DIGEST_SHA384] = "http://www.w3.org/2001/04/xmldsig-more#"
				  "sha384",
		[DIGEST_SHA512] = "http://www.w3.org/2001/04/xmlenc#sha512",
		[DIGEST_SHA3_256] = "http://www.w3.org/2007/05/xmldsig-more#"
				    "sha3-256",
		[DIGEST_SHA3_384] = "http://www.w3.org/2007/05/xmldsig-more#"
				    "sha3-384",
		[DIGEST_SHA3_512] = "http://www.w3.org/2007/05/xmldsig-more#"
				    "sha3-512",
	};
	size_t a;

	for (a = 0; a < DIGEST_ALGS; a++)
		if (str_is(uri, names[a])) {
			*out = (enum digest_alg)a;
			return 1;
		}
	return 0;
}

/* --- the schema -----------------------------------------------------------
 */

/* Text up to the end tag: base64 of a digest, white space left out. */
static void
read_digest(struct xml *x, struct asic_reference *r)
{
	AUTO(buf_done) struct buf value = { 0 };
	char text[DIGEST_TEXT_MAX];
	size_t n = 0;

	for (; x->left > 0 && x->p[0] != '<' && n < sizeof(text); skip(x, 1))
		if (!is_space(x->p[0]))
			text[n++] = (char)x->p[0];
	if (n == 0 || n == sizeof(text) ||
	    base64_parse(text, n, &value, NULL) < 0) {
		x->bad = 1;
		return;
	}
	if (!r->is_known)
		return;
	if (value.len != digest_len(r->alg))
		x->bad = 1;
	else
		memcpy(r->value, value.p, value.len);
}

static void
read_reference(struct xml *x, struct asic_reference *r)
{
	struct element el, child;

	*r = (struct asic_reference){ 0 };
	open_element(x, NS_ASIC, "DataObjectReference", &el);
	read_uri(
	    x, attribute_of(x, &el, "URI", "MimeType", "Rootfile"), r->name);
	if (!has_child(x, &el))
		x->bad = 1;
	open_element(x, NS_DSIG, "DigestMethod", &child);
	r->is_known =
	    find_digest(attribute_of(x, &child, "Algorithm", "", ""), &r->alg);
	close_element(x, &child);
	skip_space(x);
	open_element(x, NS_DSIG, "DigestValue", &child);
	if (child.n > 0 || child.is_empty)
		x->bad = 1;
	if (!x->bad)
		read_digest(x, r);
	close_element(x, &child);
	close_element(x, &el);
}

/* Each member once. */
static int
is_named(const struct asic_manifest *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (strcasecmp(m->refs[i].name, name) == 0)
			return 1;
	return 0;
}

static void
read_root(struct xml *x, struct asic_manifest *m)
{
	struct element root, signature;

	open_element(x, NS_ASIC, "ASiCManifest", &root);
	if (root.n > 0 || !has_child(x, &root))
		x->bad = 1;
	open_element(x, NS_ASIC, "SigReference", &signature);
	read_uri(x, attribute_of(x, &signature, "URI", "MimeType", ""),
	    m->signature);
	close_element(x, &signature);
	while (!x->bad && has_child(x, &root)) {
		if (m->n == ASIC_REFERENCES_MAX) {
			x->bad = 1;
			break;
		}
		read_reference(x, &m->refs[m->n]);
		if (!x->bad && is_named(m, m->refs[m->n].name))
			x->bad = 1;
		m->n++;
	}
	close_element(x, &root);
}

/* <?xml …?>, and in it no other encoding than UTF-8. */
static void
read_declaration(struct xml *x)
{
	static const char *const known[] = {
		" version=\"1.0\"",
		" version='1.0'",
		" encoding=\"UTF-8\"",
		" encoding='UTF-8'",
		" encoding=\"utf-8\"",
		" standalone=\"no\"",
		" standalone='no'",
		" standalone=\"yes\"",
	};
	size_t i;

	if (at(x, "\xef\xbb\xbf"))
		skip(x, 3);
	if (!at(x, "<?xml"))
		return;
	skip(x, 5);
	while (!x->bad && !at(x, "?>")) {
		for (i = 0; i < NELEMS(known) && !at(x, known[i]); i++)
			;
		if (i == NELEMS(known))
			x->bad = 1;
		else
			skip(x, strlen(known[i]));
	}
	expect(x, "?>");
}

int
asic_manifest_read(const uint8_t *p, size_t n, struct asic_manifest *out)
{
	struct xml x = { .p = p, .left = n };

	memset(out, 0, sizeof(*out));
	if (!is_text(p, n))
		return 0;
	read_declaration(&x);
	skip_space(&x);
	read_root(&x, out);
	skip_space(&x);
	return !x.bad && x.left == 0 && out->n > 0;
}
