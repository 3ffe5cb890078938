#include "base/statement.h"

#include <string.h>

#include "base/text.h"

#define MAGIC "sceau-step-up/1"

int
statement_format(const struct statement *s, struct buf *out, struct err *e)
{
	char vault[ID_TEXT], nonce[2 * STATEMENT_NONCE_LEN + 1];
	char expires[TIME_TEXT];

	id_format(&s->vault, vault);
	hex_format(s->nonce, sizeof(s->nonce), nonce);
	time_format(s->expires_ms, expires);
	return buf_addf(out, e,
	    MAGIC "\nvault %s\noperation %s\nobject %s\npurpose %s\n"
		  "log-size %llu\nnonce %s\nexpires %s\n",
	    vault, s->operation, s->object, s->purpose,
	    (unsigned long long)s->log_size, nonce, expires);
}

/* --- reading ---------------------------------------------------------- */

struct reader {
	const char *at;
	size_t left;
};

static int
bad_line(const char *name, struct err *e)
{
	return err_set(e, ERR_INVALID, "the statement's line \"%s\"", name);
}

/* The value of the next line, which must be "name value", into out. */
static int
read_line(
    struct reader *r, const char *name, char *out, size_t size, struct err *e)
{
	size_t n, len = strlen(name);
	const char *line;

	if (!text_line(&r->at, &r->left, &line, &n) || n < len + 2 ||
	    memcmp(line, name, len) != 0 || line[len] != ' ' ||
	    n - len - 1 >= size)
		return bad_line(name, e);
	memcpy(out, line + len + 1, n - len - 1);
	out[n - len - 1] = '\0';
	return 0;
}

/* Letters, digits and what stands in names, ids and references. */
static int
read_word(
    struct reader *r, const char *name, char *out, size_t size, struct err *e)
{
	static const char symbols[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-.:";
	int ret;

	if ((ret = read_line(r, name, out, size, e)) < 0)
		return ret;
	return strspn(out, symbols) == strlen(out) ? 0 : bad_line(name, e);
}

static int
read_numbers(struct reader *r, struct statement *s, struct err *e)
{
	char size[24], nonce[2 * STATEMENT_NONCE_LEN + 1], expires[TIME_TEXT];
	int ret;

	if ((ret = read_line(r, "log-size", size, sizeof(size), e)) < 0)
		return ret;
	if (text_decimal(size, strlen(size), &s->log_size, NULL) < 0)
		return bad_line("log-size", e);
	if ((ret = read_line(r, "nonce", nonce, sizeof(nonce), e)) < 0)
		return ret;
	if (strspn(nonce, "0123456789abcdef") != 2 * STATEMENT_NONCE_LEN ||
	    hex_parse(nonce, s->nonce, sizeof(s->nonce), NULL) < 0)
		return bad_line("nonce", e);
	if ((ret = read_line(r, "expires", expires, sizeof(expires), e)) < 0)
		return ret;
	if (time_parse(expires, &s->expires_ms, NULL) < 0)
		return bad_line("expires", e);
	return 0;
}

static int
read_all(struct reader *r, struct statement *s, struct err *e)
{
	char vault[ID_TEXT];
	const char *line;
	size_t n;
	int ret;

	if (!text_line(&r->at, &r->left, &line, &n) || n != strlen(MAGIC) ||
	    memcmp(line, MAGIC, n) != 0)
		return bad_line(MAGIC, e);
	if ((ret = read_line(r, "vault", vault, sizeof(vault), e)) < 0)
		return ret;
	if (id_parse(vault, &s->vault, NULL) < 0)
		return bad_line("vault", e);
	if ((ret = read_word(
		 r, "operation", s->operation, sizeof(s->operation), e)) < 0 ||
	    (ret = read_word(r, "object", s->object, sizeof(s->object), e)) <
		0 ||
	    (ret = read_word(r, "purpose", s->purpose, sizeof(s->purpose), e)) <
		0 ||
	    (ret = read_numbers(r, s, e)) < 0)
		return ret;
	return r->left == 0 ? 0 : bad_line("after expires", e);
}

int
statement_parse(const void *p, size_t n, struct statement *out, struct err *e)
{
	struct reader r = { p, n };
	struct statement s = { 0 };
	int ret;

	if (memchr(p, 0, n) != NULL)
		return err_set(e, ERR_INVALID, "a NUL in the statement");
	if ((ret = read_all(&r, &s, e)) < 0)
		return ret;
	*out = s;
	return 0;
}

/* --- the header ------------------------------------------------------- */

int
statement_pack(const struct buf *text, const struct buf *armored,
    struct buf *out, struct err *e)
{
	int r;

	if ((r = base64_format(text->p, text->len, out, e)) < 0 ||
	    (r = buf_addstr(out, ".", e)) < 0 ||
	    (r = base64_format(armored->p, armored->len, out, e)) < 0)
		return r;
	if (out->len > STEP_UP_HEADER_MAX)
		return err_set(e, ERR_TOO_LARGE,
		    "a signed statement over %d bytes", STEP_UP_HEADER_MAX);
	return 0;
}

int
statement_unpack(
    const char *header, struct buf *text, struct buf *armored, struct err *e)
{
	const char *dot = strchr(header, '.');
	size_t n = strlen(header);
	int r;

	if (n > STEP_UP_HEADER_MAX)
		return err_set(e, ERR_TOO_LARGE,
		    "a signed statement over %d bytes", STEP_UP_HEADER_MAX);
	if (dot == NULL || dot == header || dot[1] == '\0')
		return err_set(e, ERR_INVALID, "no statement and signature");
	if ((r = base64_parse(header, (size_t)(dot - header), text, e)) < 0)
		return r;
	return base64_parse(
	    dot + 1, n - (size_t)(dot - header) - 1, armored, e);
}
