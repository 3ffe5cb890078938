#include "client/bilannote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define TITLE "sceau bilan 1"
#define CODE_MAX 48 /* bytes */

static int
forged(struct err *e, const char *what)
{
	return err_tag(e, ERR_INTEGRITY, "forged-bilan", "%s", what);
}

/* --- one note ----------------------------------------------------------- */

struct lines {
	const char *s, *line;
	size_t left, n;
};

/* The next line, if it begins with word and a blank: what is behind. */
static int
next_is(struct lines *l, const char *word, const char **rest, size_t *n)
{
	size_t w = strlen(word);

	if (!text_line(&l->s, &l->left, &l->line, &l->n) || l->n <= w + 1 ||
	    memcmp(l->line, word, w) != 0 || l->line[w] != ' ')
		return 0;
	*rest = l->line + w + 1;
	*n = l->n - w - 1;
	return 1;
}

static int
month_is_right(const char *s, size_t n, char out[8])
{
	char day[16];
	int32_t days;

	if (n != 7 || memchr(s, '\0', n) != NULL)
		return 0;
	snprintf(day, sizeof(day), "%.7s-01", s);
	if (date_parse(day, &days, NULL) < 0)
		return 0;
	snprintf(out, 8, "%.7s", s);
	return 1;
}

/* "CODE NUMBER" */
static int
total_is_right(const char *s, size_t n, char code[CODE_MAX + 1], uint64_t *v)
{
	const char *blank = memchr(s, ' ', n);
	size_t len = blank != NULL ? (size_t)(blank - s) : 0;

	if (len == 0 || len > CODE_MAX ||
	    strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
		return 0;
	snprintf(code, CODE_MAX + 1, "%.*s", (int)len, s);
	return text_decimal(blank + 1, n - len - 1, v, NULL) == 0;
}

static int
digest_is_right(const char *s, size_t n)
{
	char hex[2 * SHA256_LEN + 1];
	uint8_t bytes[SHA256_LEN];

	if (n != 2 * SHA256_LEN)
		return 0;
	snprintf(hex, sizeof(hex), "%.*s", (int)n, s);
	return hex_parse(hex, bytes, sizeof(bytes), NULL) == 0;
}

typedef int total_fn(void *arg, const char *code, uint64_t n, struct err *e);

/* All lines of the text, in their order and no other. */
static int
read_lines(const char *text, size_t len, struct bilan_note *out, total_fn *each,
    void *arg, struct err *e)
{
	struct lines l = { .s = text, .left = len };
	char code[CODE_MAX + 1];
	const char *s;
	uint64_t v;
	size_t n;
	int r;

	if (!text_line(&l.s, &l.left, &l.line, &l.n) || l.n != strlen(TITLE) ||
	    memcmp(l.line, TITLE, l.n) != 0 || !next_is(&l, "month", &s, &n) ||
	    !month_is_right(s, n, out->month) || !next_is(&l, "leaf", &s, &n) ||
	    text_decimal(s, n, &out->leaf, NULL) < 0)
		return forged(e, "bilan");
	while (next_is(&l, "total", &s, &n)) {
		if (!total_is_right(s, n, code, &v))
			return forged(e, out->month);
		if (each != NULL && (r = each(arg, code, v, e)) < 0)
			return r;
		out->ntotals++;
	}
	if (l.n <= 7 || memcmp(l.line, "counts ", 7) != 0 ||
	    !digest_is_right(l.line + 7, l.n - 7) || l.left != 0)
		return forged(e, out->month);
	return 0;
}

int
bilan_note_check(const struct buf *note, const struct note_key *key,
    struct bilan_note *out, struct err *e)
{
	struct bilan_note got = { .text = 0 };
	const char *p = (const char *)note->p;
	int r;

	r = note_verify(p, note->len, key, 1, &got.text, NULL, e);
	if (r == -(int)ERR_INVALID || r == -(int)ERR_INTEGRITY)
		return forged(e, "bilan");
	if (r < 0 || (r = read_lines(p, got.text, &got, NULL, NULL, e)) < 0)
		return r;
	*out = got;
	return 0;
}

int
bilan_note_totals(const struct buf *note, const struct bilan_note *checked,
    total_fn *each, void *arg, struct err *e)
{
	struct bilan_note again = { .text = 0 };

	return read_lines(
	    (const char *)note->p, checked->text, &again, each, arg, e);
}

/* --- a folder of them --------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct bilan_note *)a)->month,
	    ((const struct bilan_note *)b)->month);
}

/* The month after, as text. Both are digits: month_is_right. */
static void
next_month(const char *month, char out[16])
{
	unsigned y = (unsigned)strtoul(month, NULL, 10);
	unsigned m = (unsigned)strtoul(month + 5, NULL, 10);

	snprintf(out, 16, "%04u-%02u", m == 12 ? y + 1 : y, m % 12 + 1);
}

static int
check_order(const struct bilan_note *v, size_t n, struct err *e)
{
	char month[16];
	size_t i;

	for (i = 1; i < n; i++) {
		next_month(v[i - 1].month, month);
		if (strcmp(month, v[i].month) != 0)
			return err_tag(
			    e, ERR_INCOMPLETE, "bilan-missing", "%s", month);
		if (v[i].leaf <= v[i - 1].leaf)
			return forged(e, v[i].month);
	}
	return 0;
}

static int
check_file(int fd, const char *name, const struct note_key *key,
    struct bilan_note *out, struct err *e)
{
	AUTO(buf_done) struct buf note = { 0 };
	int r = file_read(fd, name, NOTE_MAX, &note, e);

	if (r == -(int)ERR_TOO_LARGE || r == -(int)ERR_IO)
		return forged(e, name);
	if (r < 0)
		return r;
	if (bilan_note_check(&note, key, out, NULL) < 0 ||
	    strcmp(out->month, name) != 0)
		return forged(e, name);
	return 0;
}

static void
dir_closep(DIR **d)
{
	if (*d != NULL)
		closedir(*d);
}

int
bilan_notes_check(int dirfd, const char *path, const struct note_key *key,
    struct bilan_note *out, size_t *n, struct err *e)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(dir_closep) DIR *d = NULL;
	const struct dirent *one;
	int r;

	*n = 0;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(e, ERR_IO, "%s", path);
	if ((d = fdopendir(fd)) == NULL) {
		close(fd);
		return err_sys(e, ERR_IO, "%s", path);
	}
	while ((one = readdir(d)) != NULL) {
		if (one->d_name[0] == '.')
			continue;
		if (*n == BILAN_NOTES_MAX)
			return err_set(e, ERR_TOO_LARGE, "%d", BILAN_NOTES_MAX);
		if ((r = check_file(fd, one->d_name, key, &out[*n], e)) < 0)
			return r;
		++*n;
	}
	qsort(out, *n, sizeof(*out), compare);
	return check_order(out, *n, e);
}
