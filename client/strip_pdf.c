#include "client/strip_pdf.h"

#include <ctype.h>
#include <string.h>

#include "base/scope.h"
#include "client/strip.h"

#define SOI 0xd8
#define EOI 0xd9
#define SOS 0xda

/* What is looked at, from at on. */
struct bytes {
	uint8_t *p;
	size_t at, n;
	size_t changed;
};

int
strip_is_pdf(const void *p, size_t n)
{
	return n >= 5 && memcmp(p, "%PDF-", 5) == 0;
}

static int
digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Is the name behind the slash at p this one? */
static int
is_name(const uint8_t *p, size_t n, const char *name)
{
	uint8_t c;

	for (; *name != '\0'; name++) {
		if (n == 0)
			return 0;
		c = *p;
		if (c == '#' && n >= 3 && digit(p[1]) >= 0 &&
		    digit(p[2]) >= 0) {
			c = (uint8_t)(digit(p[1]) << 4 | digit(p[2]));
			p += 2;
			n -= 2;
		}
		if (c != (uint8_t)*name)
			return 0;
		p++;
		n--;
	}
	return 1;
}

int
strip_pdf_is_signed(const void *bytes, size_t n)
{
	const uint8_t *p = bytes, *end = p + n, *at = p;

	while (at < end && (at = memchr(at, '/', (size_t)(end - at))) != NULL) {
		at++;
		if (is_name(at, (size_t)(end - at), "ByteRange"))
			return 1;
	}
	return 0;
}

static void
blank(struct bytes *b, size_t at, size_t n, uint8_t with)
{
	for (; n > 0; n--, at++)
		if (b->p[at] != with) {
			b->p[at] = with;
			b->changed++;
		}
}

/* Where these bytes stand from at on; n when nowhere. */
static size_t
find(const struct bytes *b, size_t at, const char *what)
{
	const uint8_t *hit =
	    at < b->n ? memmem(b->p + at, b->n - at, what, strlen(what)) : NULL;

	return hit != NULL ? (size_t)(hit - b->p) : b->n;
}

/* --- pictures ------------------------------------------------------------- */

/* The marker at b->at, which is passed; -1: there is none. */
static int
marker_of(struct bytes *b)
{
	if (b->at >= b->n || b->p[b->at] != 0xff)
		return -1;
	while (b->at < b->n && b->p[b->at] == 0xff)
		b->at++;
	return b->at < b->n ? b->p[b->at++] : -1;
}

/* Entropy-coded bytes, to the marker that ends them (ITU-T T.81, B.1.1.5). */
static void
pass_scan(struct bytes *b)
{
	for (; b->at + 1 < b->n; b->at++)
		if (b->p[b->at] == 0xff && b->p[b->at + 1] != 0 &&
		    b->p[b->at + 1] != 0xff && (b->p[b->at + 1] & 0xf8) != 0xd0)
			return;
	b->at = b->n;
}

/* A segment behind its marker; -1: it is none. */
static int
pass_segment(struct bytes *b, uint8_t marker)
{
	size_t len;
	int drawn;

	if (b->n - b->at < 2)
		return -1;
	len = (size_t)b->p[b->at] << 8 | b->p[b->at + 1];
	if (len < 2 || len > b->n - b->at)
		return -1;
	drawn = strip_draws(marker, b->p + b->at + 2, len - 2);
	if (drawn < 0)
		return -1;
	if (!drawn)
		blank(b, b->at + 2, len - 2, 0);
	b->at += len;
	return 0;
}

/* To the end of its stream nothing is drawn: a telephone's second picture. */
static void
blank_rest(struct bytes *b)
{
	size_t end = find(b, b->at, "endstream");

	if (end == b->n)
		return;
	while (end > b->at && isspace(b->p[end - 1]))
		end--;
	blank(b, b->at, end - b->at, 0);
	b->at = end;
}

/* A JPEG at b->at, to its end; -1: it is not read to there. */
static int
pass_picture(struct bytes *b)
{
	int marker;

	b->at += 2;
	for (;;) {
		if ((marker = marker_of(b)) < 0)
			return -1;
		if (marker == EOI)
			break;
		if (pass_segment(b, (uint8_t)marker) < 0)
			return -1;
		if (marker == SOS)
			pass_scan(b);
	}
	blank_rest(b);
	return 0;
}

/* What could be told is left of a picture that was not read to its end. */
static int
tells(const struct bytes *b, size_t from)
{
	struct bytes rest = { b->p, 0, find(b, from, "endstream"), 0 };

	return find(&rest, from, "Exif") < rest.n ||
	       find(&rest, from, "http://ns.adobe.com/x") < rest.n;
}

static int
strip_pictures(struct bytes *b, struct err *e)
{
	size_t from;

	for (b->at = 0; (b->at = find(b, b->at, "stream")) < b->n;) {
		b->at += 6;
		if (b->at < b->n && b->p[b->at] == '\r')
			b->at++;
		if (b->at < b->n && b->p[b->at] == '\n')
			b->at++;
		if (b->n - b->at < 3 || b->p[b->at] != 0xff ||
		    b->p[b->at + 1] != SOI || b->p[b->at + 2] != 0xff)
			continue;
		from = b->at;
		if (pass_picture(b) == 0)
			continue;
		if (tells(b, from))
			return err_tag(e, ERR_REFUSED, "pdf-place",
			    "a picture whose details cannot be told from it");
		b->at = from + 3;
	}
	return 0;
}

/* --- XMP ------------------------------------------------------------------ */

/* Local names of what says a place (Exif, Photoshop, IPTC Core and Ext.). */
static const char *const places[] = { "City", "State", "Country", "CountryCode",
	"CountryName", "Location", "LocationName", "Sublocation",
	"ProvinceState", "WorldRegion", "LocationId", NULL };

static int
names_place(const uint8_t *name, size_t n)
{
	size_t i;

	if (n >= 3 && memcmp(name, "GPS", 3) == 0)
		return 1;
	for (i = 0; places[i] != NULL; i++)
		if (n == strlen(places[i]) && memcmp(name, places[i], n) == 0)
			return 1;
	return 0;
}

/* The value of the name that ends at at: ="…", or >…<. */
static void
blank_value(struct bytes *b, size_t at, size_t end)
{
	size_t from;
	uint8_t stop;

	while (at < end && isspace(b->p[at]))
		at++;
	if (at < end && b->p[at] == '=') {
		at++;
		while (at < end && isspace(b->p[at]))
			at++;
		if (at == end || (b->p[at] != '"' && b->p[at] != '\''))
			return;
		stop = b->p[at++];
	} else {
		/* The rest of a tag, its attributes on their own. */
		while (at < end && b->p[at] != '>')
			at++;
		if (at == end || b->p[at - 1] == '/')
			return;
		at++;
		stop = '<';
	}
	for (from = at; at < end && b->p[at] != stop;)
		at++;
	if (at < end)
		blank(b, from, at - from, ' ');
}

/* Names with a prefix, as XMP writes all of them. */
static void
strip_packet(struct bytes *b, size_t at, size_t end)
{
	size_t name, before;

	for (; at < end; at++) {
		if (b->p[at] != ':' || at == 0)
			continue;
		for (before = at; before > 0 && isalnum(b->p[before - 1]);)
			before--;
		for (name = at + 1; name < end && isalnum(b->p[name]);)
			name++;
		if (before == at || before == 0 ||
		    (b->p[before - 1] != '<' && !isspace(b->p[before - 1])) ||
		    !names_place(b->p + at + 1, name - at - 1))
			continue;
		blank_value(b, name, end);
	}
}

static void
strip_packets(struct bytes *b)
{
	size_t at = 0, end;

	while ((at = find(b, at, "<?xpacket begin")) < b->n) {
		end = find(b, at, "<?xpacket end");
		strip_packet(b, at, end);
		at = end;
	}
}

int
strip_pdf(uint8_t *p, size_t n, size_t *changed, struct err *e)
{
	struct bytes b = { p, 0, n, 0 };
	int r;

	if ((r = strip_pictures(&b, e)) < 0)
		return r;
	strip_packets(&b);
	*changed = b.changed;
	return 0;
}
