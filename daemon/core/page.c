#include "daemon/core/page.h"

#include <math.h>

#include "base/civil.h"
#include "base/text.h"

#define INDENT 4
#define NBSP "\xc2\xa0" /* U+00A0 */

/* --- lines ---------------------------------------------------------------- */

/* The length of the UTF-8 sequence that begins with this byte. */
static size_t
sequence(uint8_t b)
{
	return b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
}

static uint32_t
code_point(const uint8_t *p, size_t n)
{
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	size_t i;

	for (i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fu);
	return c;
}

/* Controls, line separators, what is not seen or turns the writing. */
static int
is_blank(uint32_t c)
{
	return c <= 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0x061c || c == 0xfeff;
}

/* Text with every such character, and each run of them, as one space. */
static int
plain(const char *s, struct buf *out, struct err *e)
{
	const uint8_t *p = (const uint8_t *)s;
	size_t n, left = strlen(s);
	int r, gap = 0;

	for (; left > 0; p += n, left -= n) {
		n = sequence(*p);
		if (n > left)
			return err_set(e, ERR_INTEGRITY, "text of a record");
		if (is_blank(code_point(p, n))) {
			gap = out->len > 0;
			continue;
		}
		if ((gap && (r = buf_add(out, " ", 1, e)) < 0) ||
		    (r = buf_add(out, p, n, e)) < 0)
			return r;
		gap = 0;
	}
	return 0;
}

/* Bytes of the next word, and its code points; cut where a line ends. */
static size_t
word(const char *s, size_t room, size_t *columns)
{
	size_t n = 0;

	*columns = 0;
	while (s[n] != '\0' && s[n] != ' ' && *columns < room) {
		n += sequence((uint8_t)s[n]);
		++*columns;
	}
	return n;
}

/* A line of text, broken at spaces; what follows the break is indented. */
static int
put(struct buf *out, size_t indent, const char *text, struct err *e)
{
	AUTO(buf_done) struct buf clean = { 0 };
	size_t at = indent, n, columns;
	const char *s;
	int r, first = 1;

	if ((r = plain(text, &clean, e)) < 0 ||
	    (r = buf_addf(out, e, "%*s", (int)indent, "")) < 0)
		return r;
	for (s = buf_str(&clean); *s != '\0'; s += n + (s[n] == ' ')) {
		n = word(s, PAGE_COLUMNS - indent - INDENT, &columns);
		if (!first && at + 1 + columns > PAGE_COLUMNS) {
			r = buf_addf(
			    out, e, "\n%*s", (int)(indent + INDENT), "");
			at = indent + INDENT;
		} else if (!first) {
			r = buf_addstr(out, " ", e);
			at++;
		}
		if (r < 0 || (r = buf_add(out, s, n, e)) < 0)
			return r;
		at += columns;
		first = 0;
	}
	return buf_addstr(out, "\n", e);
}

static int putf(struct buf *out, size_t indent, struct err *e, const char *fmt,
    ...) PRINTF(4, 5);

static int
putf(struct buf *out, size_t indent, struct err *e, const char *fmt, ...)
{
	AUTO(mem_freep) char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return err_set(e, ERR_NOMEM, "page");
	}
	return put(out, indent, text, e);
}

/* --- values --------------------------------------------------------------- */

static int
day_text(int32_t day, struct buf *out, struct err *e)
{
	static const char *const months[] = { "janvier", "février", "mars",
		"avril", "mai", "juin", "juillet", "août", "septembre",
		"octobre", "novembre", "décembre" };
	struct civil_date d = civil_date(day);

	return buf_addf(out, e, "%d%s %s %d", d.day, d.day == 1 ? "er" : "",
	    months[d.month - 1], d.year);
}

/* 2 448,00 €: in groups of three, as they are written in French. */
static int
amount_text(double euros, struct buf *out, struct err *e)
{
	long long cents = llround(fabs(euros) * 100), whole = cents / 100;
	char digits[32];
	size_t i, n;
	int r;

	n = (size_t)snprintf(digits, sizeof(digits), "%lld", whole);
	if (euros < 0 && cents > 0 && (r = buf_addstr(out, "-", e)) < 0)
		return r;
	for (i = 0; i < n; i++)
		if ((i > 0 && (n - i) % 3 == 0 &&
			(r = buf_addstr(out, NBSP, e)) < 0) ||
		    (r = buf_add(out, digits + i, 1, e)) < 0)
			return r;
	return buf_addf(out, e, ",%02lld" NBSP "€", cents % 100);
}

/* perte-emploi: perte emploi; 0-2 stays. */
static int
code_text(const char *code, struct buf *out, struct err *e)
{
	const char *s;
	int r;

	for (s = code; *s != '\0'; s++) {
		int dash = *s == '-' && s > code && (s[1] < '0' || s[1] > '9');

		if ((r = buf_add(out, dash ? " " : s, 1, e)) < 0)
			return r;
	}
	return 0;
}

int
page_value(const struct policy_field *f, const json_t *v, struct buf *out,
    struct err *e)
{
	const char *s = json_string_value(v);
	int32_t day;

	if (f->type == FIELD_DATE && s != NULL &&
	    date_parse(s, &day, NULL) == 0)
		return day_text(day, out, e);
	if (f->type == FIELD_CODE && s != NULL)
		return code_text(s, out, e);
	if (s != NULL)
		return buf_addstr(out, s, e);
	if (f->type == FIELD_AMOUNT && json_is_number(v))
		return amount_text(json_number_value(v), out, e);
	if (json_is_integer(v))
		return buf_addf(
		    out, e, "%lld", (long long)json_integer_value(v));
	if (json_is_boolean(v))
		return buf_addstr(out, json_is_true(v) ? "oui" : "non", e);
	return err_set(e, ERR_INTERNAL, "page: type of %s", f->path);
}

/* --- fields --------------------------------------------------------------- */

static int put_field(struct buf *out, size_t indent,
    const struct policy_kind *kind, const struct policy_field *f,
    const char *title, const json_t *v, struct err *e);

/* Members in the order the kind declares them. */
static int
put_members(struct buf *out, size_t indent, const struct policy_kind *kind,
    const char *path, const json_t *group, struct err *e)
{
	const struct policy_field *f;
	const json_t *v;
	size_t i, n = strlen(path);
	int r;

	for (i = 0; i < kind->nfields; i++) {
		f = &kind->fields[i];
		if (strncmp(f->path, path, n) != 0 || f->path[n] != '.' ||
		    strchr(f->path + n + 1, '.') != NULL)
			continue;
		v = json_object_get(group, f->path + n + 1);
		if (v != NULL &&
		    (r = put_field(out, indent, kind, f, f->title, v, e)) < 0)
			return r;
	}
	return 0;
}

static int
put_list(struct buf *out, size_t indent, const struct policy_kind *kind,
    const struct policy_field *f, const json_t *v, struct err *e)
{
	const json_t *item;
	size_t i;
	int r;

	json_array_foreach(v, i, item)
	{
		if ((r = putf(out, indent, e, "%zu.", i + 1)) < 0 ||
		    (r = put_members(
			 out, indent + INDENT, kind, f->path, item, e)) < 0)
			return r;
	}
	return 0;
}

static int
put_field(struct buf *out, size_t indent, const struct policy_kind *kind,
    const struct policy_field *f, const char *title, const json_t *v,
    struct err *e)
{
	AUTO(buf_done) struct buf value = { 0 };
	int r;

	if (json_is_object(v) || json_is_array(v)) {
		if ((r = putf(out, indent, e, "%s :", title)) < 0)
			return r;
		return json_is_array(v)
			   ? put_list(out, indent + INDENT, kind, f, v, e)
			   : put_members(
				 out, indent + INDENT, kind, f->path, v, e);
	}
	if ((r = page_value(f, v, &value, e)) < 0)
		return r;
	return putf(out, indent, e, "%s : %s", title, buf_str(&value));
}

/* The same on one line. */
static int
line_of_group(const struct policy_kind *kind, const char *path,
    const json_t *group, struct buf *out, struct err *e)
{
	const struct policy_field *f;
	size_t i, n = strlen(path);
	const char *sep = "";
	const json_t *v;
	int r;

	for (i = 0; i < kind->nfields; i++) {
		f = &kind->fields[i];
		if (strncmp(f->path, path, n) != 0 || f->path[n] != '.' ||
		    strchr(f->path + n + 1, '.') != NULL ||
		    (v = json_object_get(group, f->path + n + 1)) == NULL)
			continue;
		if ((r = buf_addf(out, e, "%s%s : ", sep, f->title)) < 0 ||
		    (r = page_line(kind, f->path, v, out, e)) < 0)
			return r;
		sep = " ; ";
	}
	return 0;
}

int
page_line(const struct policy_kind *kind, const char *path, const json_t *v,
    struct buf *out, struct err *e)
{
	const struct policy_field *f = policy_field(kind, path);
	const json_t *item;
	size_t i;
	int r;

	if (f == NULL)
		return err_set(e, ERR_INTERNAL, "page: %s", path);
	if (json_is_object(v))
		return line_of_group(kind, path, v, out, e);
	if (!json_is_array(v))
		return page_value(f, v, out, e);
	json_array_foreach(v, i, item)
	{
		if ((i > 0 && (r = buf_addstr(out, " / ", e)) < 0) ||
		    (r = json_is_object(item)
			     ? line_of_group(kind, path, item, out, e)
			     : page_value(f, item, out, e)) < 0)
			return r;
	}
	return 0;
}

/* The group that a field lies in, for the heading above it; or the kind. */
static const char *
heading_of(const struct policy_kind *kind, const char *path)
{
	const struct policy_field *f;
	char group[CUT_PATH_MAX];
	size_t n = strcspn(path, ".");

	if (path[n] == '\0' || n >= sizeof(group))
		return kind->title;
	memcpy(group, path, n);
	group[n] = '\0';
	f = policy_field(kind, group);
	return f != NULL && f->title != NULL ? f->title : kind->title;
}

static int
put_given(const struct payload_facts *f, struct buf *out, const json_t *given,
    const char **heading, struct err *e)
{
	const char *path = json_string_value(json_object_get(given, "path"));
	const char *title = json_string_value(json_object_get(given, "title"));
	const struct policy_kind *kind = policy_kind(
	    f->policy, json_string_value(json_object_get(given, "kind")));
	const struct policy_field *field =
	    kind != NULL ? policy_field(kind, path) : NULL;
	const char *above;
	int r;

	if (field == NULL)
		return err_set(e, ERR_INTERNAL, "page: %s", path);
	above = heading_of(kind, path);
	if (*heading == NULL || strcmp(*heading, above) != 0) {
		if ((r = buf_addstr(out, "\n", e)) < 0 ||
		    (r = put(out, 0, above, e)) < 0)
			return r;
		*heading = above;
	}
	return put_field(out, INDENT, kind, field,
	    title != NULL ? title : field->title,
	    json_object_get(given, "value"), e);
}

/* --- the page ------------------------------------------------------------- */

static int
put_day(struct buf *out, const char *what, int64_t ms, struct err *e)
{
	AUTO(buf_done) struct buf day = { 0 };
	int r;

	if ((r = day_text(civil_day(ms), &day, e)) < 0)
		return r;
	return putf(out, 0, e, "%s %s", what, buf_str(&day));
}

static const char *
purpose_title(const struct payload_facts *f)
{
	const char *t = policy_purpose_title(f->policy, f->rule->purpose);

	return t != NULL ? t : f->rule->purpose;
}

static int
put_head(const struct payload_facts *f, const char *title, struct buf *out,
    struct err *e)
{
	char id[ID_TEXT];
	int r;

	id_format(&f->extract, id);
	if ((r = put(out, 0, title, e)) < 0 ||
	    (r = buf_addstr(out, "\n", e)) < 0 ||
	    (r = putf(out, 0, e, "Destinataire : %s", f->recipient->title)) <
		0 ||
	    (r = putf(out, 0, e, "Extrait n° : %s", id)) < 0 ||
	    (r = putf(out, 0, e, "Dossier : %s", f->ref)) < 0 ||
	    (r = put_day(out, "Établi le", f->released_ms, e)) < 0)
		return r;
	return 0;
}

static int
put_basis(const struct payload_facts *f, struct buf *out, struct err *e)
{
	int r;

	if ((r = putf(out, 0, e, "Finalité : %s", purpose_title(f))) < 0 ||
	    (r = putf(out, 0, e, "Fondement : %s", f->rule->basis)) < 0 ||
	    (r = putf(out, 0, e, "Texte : %s", f->rule->citation)) < 0)
		return r;
	return put_day(out, "Valable jusqu'au", f->expires_ms, e);
}

static int
put_attached(const struct payload_facts *f, struct buf *out, struct err *e)
{
	const struct policy_kind *kind;
	const char *name, *media, *sha, *k;
	json_t *a;
	size_t i;
	int r;

	json_array_foreach(f->attached, i, a)
	{
		if (json_unpack(a, "{s:s, s:s, s:s, s:s}", "kind", &k, "name",
			&name, "media", &media, "sha256", &sha) < 0)
			return err_set(e, ERR_INTERNAL, "page: attachment");
		kind = policy_kind(f->policy, k);
		if ((r = putf(out, INDENT, e, "%zu. %s : %s (%s)", i + 1,
			 kind != NULL ? kind->title : k, name, media)) < 0 ||
		    (r = putf(out, 2 * INDENT, e, "SHA-256 : %s", sha)) < 0)
			return r;
	}
	return 0;
}

int
page_text(const struct payload_facts *f, struct buf *out, struct err *e)
{
	const char *heading = NULL;
	json_t *given;
	size_t i;
	int r;

	if ((r = put_head(f, "EXTRAIT COMMUNIQUÉ", out, e)) < 0 ||
	    (r = put_basis(f, out, e)) < 0)
		return r;
	json_array_foreach(f->g->fields, i, given)
	{
		if ((r = put_given(f, out, given, &heading, e)) < 0)
			return r;
	}
	if (json_array_size(f->attached) > 0 &&
	    ((r = buf_addstr(out, "\nDocuments joints\n", e)) < 0 ||
		(r = put_attached(f, out, e)) < 0))
		return r;
	return buf_addstr(out,
	    "\nCe document est réservé à son destinataire, pour cette seule"
	    " finalité.\n",
	    e);
}

int
page_cover(const struct payload_facts *f, struct buf *out, struct err *e)
{
	int r;

	if ((r = put_head(f, "BORDEREAU DES DOCUMENTS JOINTS", out, e)) < 0 ||
	    (r = buf_addstr(out, "\n", e)) < 0 ||
	    (r = put_attached(f, out, e)) < 0)
		return r;
	return buf_addstr(out,
	    "\nChaque document est joint tel qu'il a été déposé, à l'octet"
	    " près.\n",
	    e);
}
