#include "daemon/core/letter.h"

#include <string.h>

#include "base/civil.h"

void
letter_day(int32_t day, char out[11])
{
	struct civil_date d = civil_date(day);

	snprintf(out, 11, "%02u/%02u/%04u", (unsigned)d.day % 100u,
	    (unsigned)d.month % 100u, (unsigned)d.year % 10000u);
}

/* Code points of a line's part: bytes that begin one. */
static size_t
width(const char *s, size_t n)
{
	size_t i, w = 0;

	for (i = 0; i < n; i++)
		w += ((unsigned char)s[i] & 0xc0) != 0x80;
	return w;
}

/* Where the line stands in which the next word comes. */
static size_t
column(const struct buf *out)
{
	size_t at = out->len;

	while (at > 0 && out->p[at - 1] != '\n')
		at--;
	return width((const char *)out->p + at, out->len - at);
}

/* Word by word; a word that does not fit begins the next line. */
static int
put_value(struct buf *out, const char *s, struct err *e)
{
	size_t n, at = column(out);
	int r;

	for (; *s != '\0'; s += n) {
		n = strcspn(s, " ");
		if (n == 0) {
			n = 1;
			continue;
		}
		if (at > 0 && at + 1 + width(s, n) > LETTER_COLUMNS) {
			if ((r = buf_addstr(out, "\n", e)) < 0)
				return r;
			at = 0;
		} else if (at > 0 && out->len > 0 &&
			   strchr(" (\n", out->p[out->len - 1]) == NULL) {
			if ((r = buf_addstr(out, " ", e)) < 0)
				return r;
			at++;
		}
		if ((r = buf_add(out, s, n, e)) < 0)
			return r;
		at += width(s, n);
	}
	return 0;
}

static const char *
value_of(
    const struct letter_word *words, size_t n, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(words[i].name) == len &&
		    memcmp(words[i].name, name, len) == 0)
			return words[i].value;
	return NULL;
}

static int
fill(const char *text, const struct letter_word *words, size_t n,
    struct buf *out, struct err *e)
{
	const char *end, *value;
	size_t len;
	int r;

	while (*text != '\0') {
		len = strcspn(text, "{");
		if ((r = buf_add(out, text, len, e)) < 0)
			return r;
		text += len;
		if (*text == '\0')
			break;
		if ((end = strchr(text, '}')) == NULL ||
		    (value = value_of(
			 words, n, text + 1, (size_t)(end - text) - 1)) == NULL)
			return err_tag(e, ERR_CONFLICT, "letter-word",
			    "the letter asks for a word that this one has not");
		if ((r = put_value(out, value, e)) < 0)
			return r;
		text = end + 1;
	}
	return 0;
}

/* A mention may run over the end of a line. */
static int
is_said(const char *text, const char *mention)
{
	size_t i;

	for (; *text != '\0'; text++) {
		for (i = 0; mention[i] != '\0'; i++)
			if (text[i] != mention[i] &&
			    !(text[i] == '\n' && mention[i] == ' '))
				break;
		if (mention[i] == '\0')
			return 1;
	}
	return 0;
}

int
letter_write(const struct policy *p, const char *name, int32_t day,
    const struct letter_word *words, size_t n, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 }, filled = { 0 };
	const struct policy_letter *l = policy_letter(p, name);
	size_t i;
	int r;

	if (l == NULL || l->sha256 == NULL || !policy_in_force(&l->when, day))
		return err_tag(e, ERR_CONFLICT, "letter-missing",
		    "the rules have no letter %s on that day", name);
	/* The file's own bytes, which no zero ends. */
	if ((r = buf_add(&text, l->text, l->size, e)) < 0 ||
	    (r = fill(buf_str(&text), words, n, &filled, e)) < 0)
		return r;
	for (i = 0; l->mentions[i] != NULL; i++)
		if (!is_said(buf_str(&filled), l->mentions[i]))
			return err_tag(e, ERR_CONFLICT, "letter-mentions",
			    "the letter would not say \"%s\"", l->mentions[i]);
	return buf_add(out, filled.p, filled.len, e);
}
