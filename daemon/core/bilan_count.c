#include "daemon/core/bilan_count.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/core/suppress.h"

static int
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "bilan");
}

int
bilan_count_month(struct tx *tx, int32_t month, json_t **counts, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT code, a, b, n FROM indicator WHERE month = ?"
		 " ORDER BY code, a, b",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, month, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if (json_array_append_new(
			list, json_pack("[s, s, s, I]", sql_get_text(q, 0),
				  sql_get_text(q, 1), sql_get_text(q, 2),
				  (json_int_t)sql_get_int(q, 3))) < 0)
			return no_memory(e);
	if (r < 0)
		return r;
	*counts = TAKE(list);
	return 0;
}

static const char *
word(const json_t *row, size_t i)
{
	const char *s = json_string_value(json_array_get(row, i));

	return s != NULL ? s : "";
}

static int64_t
number(const json_t *row)
{
	return json_integer_value(json_array_get(row, 3));
}

int
bilan_count_totals(const struct policy *p, const json_t *counts,
    json_t **totals, struct err *e)
{
	AUTO(json_decrefp) json_t *out = json_object();
	const struct policy_indicator *all;
	size_t i, j, n = policy_indicators(p, &all);
	json_t *row;
	int64_t sum;

	for (i = 0; i < n; i++) {
		if (!all[i].is_exact)
			continue;
		sum = 0;
		json_array_foreach(counts, j, row)
		{
			if (strcmp(word(row, 0), all[i].code) == 0)
				sum += number(row);
		}
		if (json_object_set_new(out, all[i].code, json_integer(sum)) <
		    0)
			return no_memory(e);
	}
	*totals = TAKE(out);
	return 0;
}

/* --- tables ------------------------------------------------------------- */

#define SIDE SUPPRESS_SIDE_MAX

struct table {
	char rows[SIDE][64], cols[SIDE][64];
	size_t nrows, ncols;
	int64_t v[SIDE][SIDE];
	int too_large;
};

/* The place of a word among those of a side; SIDE: no room. */
static size_t
place(char side[SIDE][64], size_t *n, const char *s)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (strcmp(side[i], s) == 0)
			return i;
	if (*n == SIDE)
		return SIDE;
	snprintf(side[*n], 64, "%s", s);
	return (*n)++;
}

static void
gather(struct table *t, const json_t *counts, const struct policy_indicator *p)
{
	int flat = p->dimensions[1] == NULL;
	size_t i, row, col;
	json_t *x;

	json_array_foreach(counts, i, x)
	{
		if (strcmp(word(x, 0), p->code) != 0)
			continue;
		row = place(t->rows, &t->nrows, word(x, 1));
		col = place(t->cols, &t->ncols, flat ? "" : word(x, 2));
		if (row == SIDE || col == SIDE)
			t->too_large = 1;
		else
			t->v[row][col] += number(x);
	}
}

static int
gather_months(struct tx *tx, int32_t first, int32_t last,
    const struct policy_indicator *p, struct table *t, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT counts FROM bilan WHERE month BETWEEN ? AND ?"
		 " ORDER BY month",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, first, e)) < 0 ||
	    (r = sql_int(q, 2, last, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		AUTO(json_decrefp)
		json_t *counts = json_loads(sql_get_text(q, 0), 0, NULL);

		if (counts == NULL)
			return err_set(e, ERR_INTEGRITY, "bilan: counts");
		gather(t, counts, p);
	}
	return r;
}

static int64_t
sum_of(const struct table *t, size_t row, size_t col)
{
	int64_t s = 0;
	size_t i, j;

	for (i = 0; i < t->nrows; i++)
		for (j = 0; j < t->ncols; j++)
			if ((row == SIDE || row == i) &&
			    (col == SIDE || col == j))
				s += t->v[i][j];
	return s;
}

static json_t *
shown(int64_t v, int hidden)
{
	return hidden ? json_null() : json_integer(v);
}

struct masked {
	uint8_t cell[SIDE * SIDE], row[SIDE], col[SIDE];
	struct suppress_mask m;
};

static int
mask(const struct table *t, int64_t k, int exact, struct masked *m,
    struct err *e)
{
	AUTO(mem_freep) int64_t *v = NULL;
	struct suppress_table table = { t->nrows, t->ncols, NULL, k, exact };
	size_t i, j;

	if ((v = calloc(SIDE * SIDE, sizeof(*v))) == NULL)
		return no_memory(e);
	for (i = 0; i < t->nrows; i++)
		for (j = 0; j < t->ncols; j++)
			v[i * t->ncols + j] = t->v[i][j];
	table.v = v;
	m->m = (struct suppress_mask){ m->cell, m->row, m->col, 0, 0 };
	return suppress(&table, &m->m, e);
}

static int
show_side(json_t *out, const char *names, char side[SIDE][64], size_t n)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		if (json_array_append_new(list, json_string(side[i])) < 0) {
			json_decref(list);
			return -1;
		}
	return json_object_set_new(out, names, list);
}

static int
show_cells(json_t *out, const struct table *t, const struct masked *m)
{
	json_t *cells = json_array(), *rows = json_array(),
	       *cols = json_array(), *row;
	size_t i, j;
	int r = 0;

	for (i = 0; i < t->nrows; i++) {
		row = json_array();
		for (j = 0; j < t->ncols; j++)
			r |= json_array_append_new(
			    row, shown(t->v[i][j], m->cell[i * t->ncols + j]));
		r |= json_array_append_new(cells, row);
		r |= json_array_append_new(
		    rows, shown(sum_of(t, i, SIDE), m->row[i]));
	}
	for (j = 0; j < t->ncols; j++)
		r |= json_array_append_new(
		    cols, shown(sum_of(t, SIDE, j), m->col[j]));
	r |= json_object_set_new(out, "cells", cells);
	if (t->ncols > 1) {
		r |= json_object_set(out, "row_totals", rows);
		r |= json_object_set(out, "col_totals", cols);
	}
	json_decref(rows);
	json_decref(cols);
	return r;
}

/* Too many lines for the proof: none of them is shown. */
static int
show(const struct table *t, const struct masked *m, int exact, json_t *out,
    struct err *e)
{
	int empty = t->nrows == 0, none = t->too_large;

	if (json_object_set_new(out, "total",
		shown(sum_of(t, SIDE, SIDE),
		    none ? !exact : !empty && m->m.total)) < 0 ||
	    json_object_set_new(
		out, "hidden", json_boolean(none || (!empty && m->m.all))) < 0)
		return no_memory(e);
	if (none || empty)
		return 0;
	return show_cells(out, t, m) < 0 ? no_memory(e) : 0;
}

int
bilan_count_table(struct tx *tx, int32_t first, int32_t last,
    const struct policy_indicator *i, int64_t k, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *j = json_object();
	AUTO(mem_freep) struct table *t = calloc(1, sizeof(*t));
	AUTO(mem_freep) struct masked *m = calloc(1, sizeof(*m));
	int r;

	if (j == NULL || t == NULL || m == NULL)
		return no_memory(e);
	if ((r = gather_months(tx, first, last, i, t, e)) < 0 ||
	    (t->nrows > 0 && !t->too_large &&
		(r = mask(t, k, i->is_exact, m, e)) < 0) ||
	    (r = show(t, m, i->is_exact, j, e)) < 0)
		return r;
	if (!t->too_large && (show_side(j, "rows", t->rows, t->nrows) < 0 ||
				 show_side(j, "cols", t->cols, t->ncols) < 0))
		return no_memory(e);
	*out = TAKE(j);
	return 0;
}
