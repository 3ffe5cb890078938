#include "client/authorized_keys.h"

#include <string.h>

#include "base/sshsig.h"
#include "base/text.h"

#define PLACE_CHARS                                                            \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-"
#define PLACE_MAX 86   /* bytes: a socket's path has 107, with its name */
#define KEY_BYTES 8192 /* bytes of a line */
#define LINES_MAX 1024 /* of one file */

int
authorized_check_places(const struct authorized_places *at, struct err *e)
{
	const char *const places[] = { at->program, at->run };
	size_t i, n;

	for (i = 0; i < NELEMS(places); i++) {
		n = strlen(places[i]);
		if (places[i][0] != '/' || n > PLACE_MAX ||
		    strspn(places[i], PLACE_CHARS) != n)
			return err_set(e, ERR_USAGE, "%.100s", places[i]);
	}
	return 0;
}

/* "TYPE BASE64" of a public key line, without its comment. */
static int
add_key(const char *line, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf blob = { 0 };
	int r;

	if ((r = ssh_public_parse(line, &blob, e)) < 0 ||
	    (r = buf_add(out, line, strcspn(line, " "), e)) < 0 ||
	    (r = buf_addstr(out, " ", e)) < 0)
		return r;
	return base64_format(blob.p, blob.len, out, e);
}

static int
add_options(const struct principal *who, const struct authorized_places *at,
    struct buf *out, struct err *e)
{
	if (who->recipient != NULL)
		return buf_addf(out, e,
		    "restrict,command=\"%s partner --socket %s/partner.sock\" ",
		    at->program, at->run);
	return buf_addf(out, e,
	    "restrict,port-forwarding,permitopen=\"[%s/api.sock]:*\","
	    "permitopen=\"[%s/web/%lu.sock]:*\",permitlisten=\"localhost:1\","
	    "command=\"%s relay --socket %s/api.sock\" ",
	    at->run, at->run, (unsigned long)who->uid, at->program, at->run);
}

int
authorized_lines(const struct principal *who,
    const struct authorized_places *at, struct buf *out, struct err *e)
{
	const char *const *k = who->keys;
	int r;

	if (who->status != POLICY_ACTIVE || k == NULL)
		return 0;
	for (; *k != NULL; k++)
		if ((r = add_options(who, at, out, e)) < 0 ||
		    (r = add_key(*k, out, e)) < 0 ||
		    (r = buf_addf(out, e, " %s\n", who->account)) < 0)
			return r;
	return 0;
}

/* --- comparing ---------------------------------------------------------- */

/* A line of authorized_keys: options, then a key; what follows is comment. */
struct line {
	const char *p;	       /* in the file */
	size_t n, options_len; /* without the blank after them */
	size_t key_len;	       /* from p to the end of the key */
	struct buf blob;
	int used;
};

struct lines {
	struct line *v;
	size_t n;
};

static void
lines_done(struct lines *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		buf_done(&l->v[i].blob);
	free(l->v);
}

/* A key's type stands where options would: it has no "=" and is known. */
static int
is_key_type(const char *p, size_t n)
{
	static const char *const begins[] = { "ssh-", "ecdsa-", "sk-" };
	size_t i, k;

	for (i = 0; i < NELEMS(begins); i++) {
		k = strlen(begins[i]);
		if (n > k && memcmp(p, begins[i], k) == 0)
			return 1;
	}
	return 0;
}

/* Bytes up to the first blank that is not in quotes (sshd(8)). */
static size_t
options_length(const char *p, size_t n)
{
	int quoted = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '\\' && i + 1 < n && p[i + 1] == '"')
			i++;
		else if (p[i] == '"')
			quoted = !quoted;
		else if (!quoted && (p[i] == ' ' || p[i] == '\t'))
			break;
	}
	return i;
}

/* 0: blank, or a comment. blob stays empty when there is no key in it. */
static int
read_line(const char *p, size_t n, struct line *out)
{
	size_t at = 0, len;
	char key[KEY_BYTES];

	for (; n > 0 && (*p == ' ' || *p == '\t'); p++, n--)
		;
	if (n == 0 || *p == '#')
		return 0;
	*out = (struct line){ .p = p, .n = n };
	if (!is_key_type(p, n)) {
		out->options_len = options_length(p, n);
		at = out->options_len + 1;
	}
	if (at >= n || n - at >= sizeof(key))
		return 1;
	memcpy(key, p + at, n - at);
	key[n - at] = '\0';
	len = strcspn(key, " ");
	if (key[len] == ' ')
		len += 1 + strcspn(key + len + 1, " ");
	key[len] = '\0';
	out->key_len = at + len;
	(void)!ssh_public_parse(key, &out->blob, NULL);
	return 1;
}

/* sshd also reads a last line that has no end: so do we. text is borrowed by
 * the lines. */
static int
read_lines(const struct buf *text, struct lines *out, struct err *e)
{
	const char *p = (const char *)text->p, *end;
	size_t left = text->len, n;

	if ((out->v = calloc(LINES_MAX, sizeof(*out->v))) == NULL)
		return err_set(e, ERR_NOMEM, "authorized_keys");
	for (; left > 0; p += n, left -= n) {
		end = memchr(p, '\n', left);
		n = end != NULL ? (size_t)(end - p) + 1 : left;
		if (out->n == LINES_MAX)
			return err_set(
			    e, ERR_TOO_LARGE, "authorized_keys: lines");
		if (read_line(p, n - (end != NULL), &out->v[out->n]))
			out->n++;
	}
	return 0;
}

static struct line *
find(struct lines *l, const struct line *of)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (!l->v[i].used && l->v[i].blob.len == of->blob.len &&
		    memcmp(l->v[i].blob.p, of->blob.p, of->blob.len) == 0)
			return &l->v[i];
	return NULL;
}

struct comparing {
	int (*found)(void *arg, enum authorized_drift what, const char *line,
	    const char *key);
	void *arg;
};

static int
tell(const struct comparing *c, enum authorized_drift what,
    const struct line *l, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	char key[64] = "";
	int r;

	if ((r = buf_add(&text, l->p, l->n, e)) < 0 ||
	    (l->blob.len > 0 &&
		(r = ssh_fingerprint(l->blob.p, l->blob.len, key, e)) < 0))
		return r;
	return c->found(c->arg, what, buf_str(&text), key);
}

/* One line of the file against what is wanted. */
static int
compare_line(const struct comparing *c, const struct line *l,
    struct lines *wanted, struct err *e)
{
	struct line *w;

	if (l->blob.len == 0)
		return tell(c, AUTHORIZED_UNREADABLE, l, e);
	if ((w = find(wanted, l)) == NULL)
		return tell(c, AUTHORIZED_EXTRA, l, e);
	w->used = 1;
	if (w->key_len != l->key_len || memcmp(w->p, l->p, l->key_len) != 0)
		return tell(c, AUTHORIZED_CHANGED, l, e);
	return 0;
}

int
authorized_compare(const struct buf *file, const struct buf *wanted,
    int (*found)(void *arg, enum authorized_drift what, const char *line,
	const char *key),
    void *arg, struct err *e)
{
	struct comparing c = { found, arg };
	AUTO(lines_done) struct lines has = { 0 }, must = { 0 };
	size_t i;
	int r;

	if ((r = read_lines(file, &has, e)) < 0 ||
	    (r = read_lines(wanted, &must, e)) < 0)
		return r;
	for (i = 0; i < has.n; i++)
		if ((r = compare_line(&c, &has.v[i], &must, e)) != 0)
			return r;
	for (i = 0; i < must.n; i++)
		if (!must.v[i].used &&
		    (r = tell(&c, AUTHORIZED_MISSING, &must.v[i], e)) != 0)
			return r;
	return 0;
}
