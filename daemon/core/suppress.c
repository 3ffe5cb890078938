#include "daemon/core/suppress.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

/*
 * A cell or total as an arc of a circulation: rows are nodes 0 … rows - 1,
 * then one for the row of totals, then the columns, then the column of
 * totals. Of a list all arcs go between two nodes.
 */
struct arc {
	size_t from, to;
	int64_t v;
	int64_t cost;	/* of hiding it */
	int64_t gained; /* by the flow in hand */
	uint8_t hidden;
	uint8_t fixed;	/* may not be hidden */
	uint8_t *shown; /* where its mark goes */
};

struct net {
	const struct suppress_table *t;
	struct arc *arcs;
	size_t narcs, nodes;
	/* The cheapest way to each node; by which arc, 1: along it. */
	int64_t *dist;
	size_t *by;
	uint8_t *along;
};

#define FAR INT64_MAX
#define TOTALS_COST 4 /* a total is worth so many cells */

static void
add(struct net *n, size_t from, size_t to, int64_t v, int64_t weight,
    uint8_t *shown)
{
	struct arc *a = &n->arcs[n->narcs++];

	*a = (struct arc){ .from = from, .to = to, .v = v, .shown = shown };
	a->cost = weight * (v + 1);
	/* A zero is published. */
	a->fixed = v == 0;
	a->hidden = v > 0 && v < n->t->k;
}

static int64_t
row_sum(const struct suppress_table *t, size_t i)
{
	int64_t s = 0;
	size_t j;

	for (j = 0; j < t->cols; j++)
		s += t->v[i * t->cols + j];
	return s;
}

static int64_t
col_sum(const struct suppress_table *t, size_t j)
{
	int64_t s = 0;
	size_t i;

	for (i = 0; i < t->rows; i++)
		s += t->v[i * t->cols + j];
	return s;
}

static void
build(struct net *n, struct suppress_mask *m)
{
	const struct suppress_table *t = n->t;
	size_t R = t->rows, C = t->cols, i, j;
	int list = C == 1;
	size_t sums = R, col = R + 1, last = R + 1 + C;
	int64_t total = 0;

	n->nodes = list ? 2 : R + C + 2;
	for (i = 0; i < R; i++) {
		for (j = 0; j < C; j++)
			add(n, list ? 0 : i, list ? 1 : col + j,
			    t->v[i * C + j], 1, &m->cell[i * C + j]);
		if (!list)
			add(n, last, i, row_sum(t, i), TOTALS_COST, &m->row[i]);
		total += row_sum(t, i);
	}
	for (j = 0; !list && j < C; j++)
		add(n, col + j, sums, col_sum(t, j), TOTALS_COST, &m->col[j]);
	add(n, list ? 1 : sums, list ? 0 : last, total,
	    TOTALS_COST * TOTALS_COST, &m->total);
	if (t->exact) {
		n->arcs[n->narcs - 1].hidden = 0;
		n->arcs[n->narcs - 1].fixed = 1;
	}
}

/* What can still go along (1) or against (0) an arc: what is hidden has no
 * upper bound, and is at least 1. */
static int64_t
room(const struct arc *a, int along)
{
	if (a->fixed)
		return 0;
	return along ? FAR : a->v + a->gained - 1;
}

static int
relax(struct net *n, size_t k, int along)
{
	const struct arc *a = &n->arcs[k];
	size_t from = along ? a->from : a->to, to = along ? a->to : a->from;
	int64_t d;

	if (n->dist[from] == FAR || room(a, along) == 0)
		return 0;
	d = n->dist[from] + (a->hidden || a->gained != 0 ? 0 : a->cost);
	if (d >= n->dist[to])
		return 0;
	n->dist[to] = d;
	n->by[to] = k;
	n->along[to] = (uint8_t)along;
	return 1;
}

/* The cheapest way from a node, without arc but. */
static void
find_ways(struct net *n, size_t from, size_t but)
{
	size_t i, k;
	int more = 1;

	for (i = 0; i < n->nodes; i++)
		n->dist[i] = FAR;
	n->dist[from] = 0;
	while (more) {
		more = 0;
		for (k = 0; k < n->narcs; k++)
			if (k != but)
				more |= relax(n, k, 1) | relax(n, k, 0);
	}
}

/* Send what can go, at most need, on the way found; how much went. */
static int64_t
send(struct net *n, size_t from, size_t to, int64_t need)
{
	int64_t width = need, c;
	struct arc *a;
	size_t at;

	for (at = to; at != from; at = n->along[at] ? a->from : a->to) {
		a = &n->arcs[n->by[at]];
		c = room(a, n->along[at]);
		width = c < width ? c : width;
	}
	for (at = to; at != from; at = n->along[at] ? a->from : a->to) {
		a = &n->arcs[n->by[at]];
		a->gained += n->along[at] ? width : -width;
		a->hidden = 1;
	}
	return width;
}

/* Hide what it takes that arc k could be k larger than it is. 0: cannot. */
static int
protect(struct net *n, size_t k)
{
	int64_t need = n->t->k;
	size_t i;

	for (i = 0; i < n->narcs; i++)
		n->arcs[i].gained = 0;
	while (need > 0) {
		find_ways(n, n->arcs[k].to, k);
		if (n->dist[n->arcs[k].from] == FAR)
			return 0;
		need -= send(n, n->arcs[k].to, n->arcs[k].from, need);
	}
	return 1;
}

/* Small ones only: what is hidden beside them needs nothing for itself. */
static int
protect_all(struct net *n)
{
	size_t k;

	for (k = 0; k < n->narcs; k++)
		if (n->arcs[k].v > 0 && n->arcs[k].v < n->t->k &&
		    !(n->t->exact && k == n->narcs - 1) && !protect(n, k))
			return 0;
	return 1;
}

static int
check(const struct suppress_table *t, struct err *e)
{
	size_t i;

	if (t->rows == 0 || t->cols == 0 || t->rows > SUPPRESS_SIDE_MAX ||
	    t->cols > SUPPRESS_SIDE_MAX || t->k < 1)
		return err_set(e, ERR_INVALID, "table");
	for (i = 0; i < t->rows * t->cols; i++)
		if (t->v[i] < 0 || t->v[i] > INT32_MAX)
			return err_set(e, ERR_INVALID, "table");
	return 0;
}

int
suppress(const struct suppress_table *t, struct suppress_mask *m, struct err *e)
{
	AUTO(mem_freep) struct arc *arcs = NULL;
	AUTO(mem_freep) int64_t *dist = NULL;
	AUTO(mem_freep) size_t *by = NULL;
	AUTO(mem_freep) uint8_t *along = NULL;
	struct net n = { .t = t };
	size_t room_for, i;
	int r;

	if ((r = check(t, e)) < 0)
		return r;
	room_for = (t->rows + 1) * (t->cols + 1);
	arcs = calloc(room_for, sizeof(*arcs));
	dist = calloc(t->rows + t->cols + 2, sizeof(*dist));
	by = calloc(t->rows + t->cols + 2, sizeof(*by));
	along = calloc(t->rows + t->cols + 2, 1);
	if (arcs == NULL || dist == NULL || by == NULL || along == NULL)
		return err_set(e, ERR_NOMEM, "table");
	n.arcs = arcs;
	n.dist = dist;
	n.by = by;
	n.along = along;
	m->all = 0;
	if (t->cols == 1) {
		memset(m->row, 0, t->rows);
		memset(m->col, 0, t->cols);
	}
	build(&n, m);
	if (!protect_all(&n)) {
		m->all = 1;
		for (i = 0; i < n.narcs; i++)
			n.arcs[i].hidden = 1;
		n.arcs[n.narcs - 1].hidden = !t->exact;
	}
	for (i = 0; i < n.narcs; i++)
		*n.arcs[i].shown = n.arcs[i].hidden;
	return 0;
}
