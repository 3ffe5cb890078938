#include "daemon/core/intake_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/core/person.h"
#include "daemon/core/search.h"

#define IGNORED (-1)
static const char motive[] = "motif";

/* What people read of a reason. */
static const struct {
	const char *reason, *words;
} reasons[] = {
	{ "columns", "nombre de colonnes différent de la première ligne" },
	{ "missing", "une case obligatoire est vide" },
	{ "birth-year", "année de naissance illisible ou impossible" },
	{ "characters", "caractères de contrôle dans une case" },
	{ "too-long", "une case est trop longue" },
	{ "maybe-known", "peut-être déjà connu : à vérifier" },
	{ "maybe-twice", "peut-être deux fois dans la liste : à vérifier" },
};

void
intake_lines_done(struct intake_lines *l)
{
	csv_done(&l->csv);
	if (l->v != NULL)
		secret_wipe(l->v, l->n * sizeof(*l->v));
	free(l->v);
	*l = (struct intake_lines){ 0 };
}

/* --- the header ----------------------------------------------------------- */

struct columns {
	const struct policy_intake *how;
	int of[CSV_COLUMNS_MAX]; /* position in how->columns, or IGNORED */
	size_t n;
};

static int
folded_same(const char *a, const char *b, int *same, struct err *e)
{
	AUTO(buf_done) struct buf x = { 0 }, y = { 0 };
	int r;

	if ((r = search_fold(a, &x, e)) < 0 || (r = search_fold(b, &y, e)) < 0)
		return r;
	*same = strcmp(buf_str(&x), buf_str(&y)) == 0;
	return 0;
}

static int
find_column(const struct policy_intake *how, const char *header, int *out,
    struct err *e)
{
	size_t i;
	int r, same;

	if ((r = folded_same(header, motive, &same, e)) < 0)
		return r;
	*out = IGNORED;
	for (i = 0; i < how->ncolumns && !same; i++) {
		if ((r = folded_same(
			 header, how->columns[i].header, &same, e)) < 0)
			return r;
		*out = (int)i;
	}
	return same;
}

static int
read_header(struct columns *c, const struct intake_lines *l, struct err *e)
{
	size_t i, j;
	int r;

	c->n = l->header->n;
	for (i = 0; i < c->n; i++) {
		r = find_column(
		    c->how, csv_cell(&l->csv, l->header, i), &c->of[i], e);
		if (r < 0)
			return r;
		if (r == 0)
			return err_tag(e, ERR_REFUSED, "intake-column",
			    "line %u: column %zu is not one of this list",
			    l->header->line, i + 1);
		for (j = 0; j < i && c->of[i] != IGNORED; j++)
			if (c->of[j] == c->of[i])
				return err_tag(e, ERR_REFUSED,
				    "intake-column-twice",
				    "line %u: column %zu is there twice",
				    l->header->line, i + 1);
	}
	for (j = 0; j < c->how->ncolumns; j++) {
		for (i = 0; i < c->n && c->of[i] != (int)j; i++)
			;
		if (i == c->n && c->how->columns[j].required)
			return err_tag(e, ERR_REFUSED, "intake-column-missing",
			    "column \"%s\" is missing",
			    c->how->columns[j].header);
	}
	return 0;
}

/* --- one line ------------------------------------------------------------- */

static void
reject(struct intake_line *line, const char *reason)
{
	if (line->fate == INTAKE_REJECTED)
		return;
	line->fate = INTAKE_REJECTED;
	line->reason = reason;
}

/* A cell without the spaces around it. */
static void
take_cell(struct intake_line *line, const struct policy_intake_column *c,
    const char *cell)
{
	char *out = line->text[c->to];
	size_t n;

	cell += strspn(cell, " ");
	for (n = strlen(cell); n > 0 && cell[n - 1] == ' '; n--)
		;
	if (n > CASE_TEXT_MAX) {
		reject(line, "too-long");
		return;
	}
	memcpy(out, cell, n);
	out[n] = '\0';
	if (n == 0 && c->required)
		reject(line, "missing");
	else if (text_check(out, CASE_TEXT_MAX, "cell", NULL) < 0)
		reject(line, "characters");
}

static int
is_digits(const char *s, size_t n)
{
	return strspn(s, "0123456789") >= n;
}

/* 1980, 12/05/1980 or 1980-05-12: the year alone is kept. */
static void
take_year(struct intake_line *line, const char *s, int64_t now_ms, int32_t *out)
{
	size_t n = strlen(s);
	const char *year = NULL;

	if (n == 0)
		return;
	if ((n == 4 || (n == 10 && s[4] == '-' && s[7] == '-')) &&
	    is_digits(s, 4))
		year = s;
	else if (n == 10 && s[2] == '/' && s[5] == '/' && is_digits(s + 6, 4))
		year = s + 6;
	if (year != NULL)
		*out = (int32_t)strtol(year, NULL, 10);
	if (year == NULL || *out == 0 ||
	    person_birth_year_check(*out, now_ms, NULL) < 0)
		reject(line, "birth-year");
}

static void
take_name(struct intake_line *line, const char *first, const char *name,
    char out[CASE_TEXT_MAX + 1])
{
	size_t n = strlen(first), m = strlen(name);

	if (m == 0)
		return;
	if (n + 1 + m > CASE_TEXT_MAX) {
		reject(line, "too-long");
		return;
	}
	if (n > 0) {
		memcpy(out, first, n);
		out[n++] = ' ';
	}
	memcpy(out + n, name, m + 1);
}

static void
read_line_of(struct intake_line *line, const struct columns *c,
    const struct csv *csv, int64_t now_ms)
{
	size_t i;

	if (line->at->n != c->n) {
		reject(line, "columns");
		return;
	}
	for (i = 0; i < c->n; i++)
		if (c->of[i] != IGNORED &&
		    c->how->columns[c->of[i]].to != INTAKE_IGNORED)
			take_cell(line, &c->how->columns[c->of[i]],
			    csv_cell(csv, line->at, i));
	take_year(
	    line, line->text[INTAKE_HOLDER_BIRTH_YEAR], now_ms, &line->year);
	take_year(line, line->text[INTAKE_SECOND_BIRTH_YEAR], now_ms,
	    &line->second_year);
	take_name(line, line->text[INTAKE_HOLDER_FIRST_NAME],
	    line->text[INTAKE_HOLDER_NAME], line->holder);
	take_name(line, line->text[INTAKE_SECOND_FIRST_NAME],
	    line->text[INTAKE_SECOND_NAME], line->second);
}

static int
read_all(const struct policy_intake *how, int64_t now_ms,
    struct intake_lines *l, struct err *e)
{
	struct columns c = { .how = how };
	size_t i;
	int r;

	if (l->csv.nlines < 2)
		return err_tag(e, ERR_REFUSED, "intake-empty",
		    "the list has no line under its first");
	l->header = csv_line(&l->csv, 0);
	if ((r = read_header(&c, l, e)) < 0)
		return r;
	l->v = calloc(l->csv.nlines, sizeof(*l->v));
	if (l->v == NULL)
		return err_set(e, ERR_NOMEM, "list");
	l->n = l->csv.nlines - 1;
	for (i = 0; i < l->n; i++) {
		l->v[i].at = csv_line(&l->csv, i + 1);
		read_line_of(&l->v[i], &c, &l->csv, now_ms);
	}
	return 0;
}

int
intake_lines_read(const struct policy_intake *how, const struct buf *text,
    int64_t now_ms, struct intake_lines *out, struct err *e)
{
	struct intake_lines l = { 0 };
	int r;

	if ((r = csv_parse(text->p, text->len, how->separator, &l.csv, e)) <
		0 ||
	    (r = read_all(how, now_ms, &l, e)) < 0) {
		intake_lines_done(&l);
		return r;
	}
	*out = l;
	return 0;
}

/* --- what goes back ------------------------------------------------------- */

static const char *
words_of(const char *reason)
{
	size_t i;

	for (i = 0; i < NELEMS(reasons); i++)
		if (strcmp(reasons[i].reason, reason) == 0)
			return reasons[i].words;
	return reason;
}

/* All cells but a former reason, then the reason. */
static int
write_line(const struct policy_intake *how, const struct intake_lines *l,
    const struct csv_line *line, const char *reason, struct buf *out,
    struct err *e)
{
	size_t i, n = 0;
	int r, old;

	for (i = 0; i < line->n; i++) {
		if ((r = folded_same(
			 csv_cell(&l->csv, l->header, i), motive, &old, e)) < 0)
			return r;
		if (old)
			continue;
		if ((r = csv_write(out, csv_cell(&l->csv, line, i),
			 how->separator, n++ == 0, e)) < 0)
			return r;
	}
	if ((r = csv_write(out, reason, how->separator, n == 0, e)) < 0)
		return r;
	return csv_write_end(out, e);
}

int
intake_lines_rejects(const struct policy_intake *how,
    const struct intake_lines *l, struct buf *out, struct err *e)
{
	const struct intake_line *line;
	size_t i;
	int r;

	for (i = 0; i < l->n; i++) {
		line = &l->v[i];
		if (line->fate != INTAKE_REJECTED)
			continue;
		if (out->len == 0 && ((r = csv_write_mark(out, e)) < 0 ||
					 (r = write_line(how, l, l->header,
					      motive, out, e)) < 0))
			return r;
		if ((r = write_line(
			 how, l, line->at, words_of(line->reason), out, e)) < 0)
			return r;
	}
	return 0;
}
