/* Months frozen, and what is told of it all in the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/bilan.h"
#include "team.h"

static void
wrong(struct team *t, const char *where, const char *code, const char *a,
    const char *b, int64_t has, int64_t should)
{
	print_error("bilan, %s: %s %s %s is %lld, not %lld\n", where, code, a,
	    b, (long long)has, (long long)should);
	if (t->wrong++ >= 20)
		fail_msg("enough");
}

/* --- freezing ----------------------------------------------------------------
 */

static int32_t
first_month(const struct team *t)
{
	int32_t first = 0;
	size_t i;

	for (i = 0; i < t->tally.n; i++)
		if (first == 0 || t->tally.v[i].month < first)
			first = t->tally.v[i].month;
	return first;
}

void
team_freeze(struct team *t)
{
	int32_t month = t->frozen != 0 ? t->frozen + 1 : first_month(t);
	char text[BILAN_MONTH_TEXT];
	struct caller c;
	json_t *answer;

	for (; month != 0 && month < life_month(t->today); month++) {
		c = core_fixture_caller(t->f, NOA);
		answer = NULL;
		bilan_month_format(month, text);
		if (bilan_freeze(t->f->core, &c, text, &answer, &t->f->e) < 0)
			fail_msg("freeze %s: %s", text, t->f->e.text);
		json_decref(answer);
		t->frozen = month;
	}
}

/* --- the bilan
 * -----------------------------------------------------------------
 */

static json_t *
report(struct team *t, int32_t first, int32_t last)
{
	struct caller c = core_fixture_caller(t->f, DIRECTOR);
	char from[BILAN_MONTH_TEXT], until[BILAN_MONTH_TEXT];
	json_t *answer = NULL;

	bilan_month_format(first, from);
	bilan_month_format(last, until);
	if (bilan_report(t->f->core, &c, from, until, &answer, &t->f->e) < 0)
		fail_msg("bilan: %s", t->f->e.text);
	return answer;
}

static const char *
text(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	assert_non_null(s);
	return s;
}

static void
check_totals(struct team *t, const json_t *totals, int32_t first, int32_t last)
{
	int64_t has, should;
	json_t *v;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)totals, i, v)
	{
		has = json_integer_value(json_object_get(v, "n"));
		should = tally_sum(
		    &t->tally, first, last, text(v, "code"), NULL, NULL);
		if (has != should)
			wrong(t, "total", text(v, "code"), "", "", has, should);
	}
	assert_true(i > 10);
}

static void
check_months(struct team *t, const json_t *months)
{
	int64_t has, should;
	json_t *m, *n;
	const char *code;
	int32_t month;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)months, i, m)
	{
		assert_int_equal(
		    bilan_month_parse(text(m, "month"), &month, NULL), 0);
		json_object_foreach(json_object_get(m, "totals"), code, n)
		{
			has = json_integer_value(n);
			should = tally_sum(
			    &t->tally, month, month, code, NULL, NULL);
			if (has != should)
				wrong(t, text(m, "month"), code, "", "", has,
				    should);
		}
	}
}

static void
check_cell(struct team *t, const json_t *table, const json_t *cell,
    const char *a, const char *b, const int32_t months[2])
{
	const char *code = text(table, "code");
	int64_t has = json_integer_value(cell), should;

	if (json_is_null(cell))
		return;
	should = tally_sum(&t->tally, months[0], months[1], code, a, b);
	if (has != should)
		wrong(t, text(table, "from"), code, a != NULL ? a : "*",
		    b != NULL ? b : "*", has, should);
}

/* What is shown of it is right; returns how many cells were. */
static size_t
check_table(struct team *t, const json_t *table)
{
	const json_t *rows = json_object_get(table, "rows"),
		     *cols = json_object_get(table, "cols"),
		     *cells = json_object_get(table, "cells"), *c;
	const char *a, *b;
	int32_t months[2];
	size_t i, j, shown = 0;

	assert_int_equal(
	    bilan_month_parse(text(table, "from"), &months[0], NULL), 0);
	assert_int_equal(
	    bilan_month_parse(text(table, "until"), &months[1], NULL), 0);
	check_cell(
	    t, table, json_object_get(table, "total"), NULL, NULL, months);
	for (i = 0; i < json_array_size(rows); i++) {
		a = json_string_value(json_array_get(rows, i));
		if (json_object_get(table, "row_totals") != NULL)
			check_cell(t, table,
			    json_array_get(
				json_object_get(table, "row_totals"), i),
			    a, NULL, months);
		for (j = 0; j < json_array_size(cols); j++) {
			b = json_string_value(json_array_get(cols, j));
			c = json_array_get(json_array_get(cells, i), j);
			check_cell(t, table, c, a, b, months);
			shown += !json_is_null(c);
		}
	}
	return shown;
}

/* Every row that was ever counted, and none besides. */
static void
check_rows(struct team *t)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int64_t should;
	int32_t month;
	size_t n = 0;

	assert_int_equal(tx_read(t->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(
	    sql_open(
		&tx, "SELECT month, code, a, b, n FROM indicator", &q, NULL),
	    0);
	for (; sql_step(q, NULL) == 1; n++) {
		month = (int32_t)sql_get_int(q, 0);
		should = tally_sum(&t->tally, month, month, sql_get_text(q, 1),
		    sql_get_text(q, 2), sql_get_text(q, 3));
		if (sql_get_int(q, 4) != should)
			wrong(t, "rows", sql_get_text(q, 1), sql_get_text(q, 2),
			    sql_get_text(q, 3), sql_get_int(q, 4), should);
	}
	if (n != t->tally.n)
		wrong(
		    t, "rows", "all", "", "", (int64_t)n, (int64_t)t->tally.n);
}

void
team_check_bilan(struct team *t, int32_t first, int32_t last)
{
	json_t *answer = report(t, first, last), *table;
	size_t i, shown = 0;

	check_totals(t, json_object_get(answer, "totals"), first, last);
	check_months(t, json_object_get(answer, "months"));
	json_array_foreach(json_object_get(answer, "tables"), i, table)
	{
		shown += check_table(t, table);
	}
	json_decref(answer);
	check_rows(t);
	print_message("bilan: %zu tables, %zu cells shown\n", i, shown);
}

/* --- the log
 * -------------------------------------------------------------------
 */

void
team_head(struct team *t)
{
	AUTO(buf_done) struct buf note = { 0 };
	struct agent_public pub = { 0 };
	struct checkpoint cp;
	size_t len;

	assert_true(t->nheads < TEAM_HEADS);
	if (audit_checkpoint(t->f->core->audit, &note, &t->f->e) < 0 ||
	    agent_public(t->f->core->agent, &pub, &t->f->e) < 0 ||
	    note_verify((const char *)note.p, note.len, &pub.log, 1, &len, NULL,
		&t->f->e) < 0 ||
	    checkpoint_parse((const char *)note.p, len, &cp, &t->f->e) < 0)
		fail_msg("head: %s", t->f->e.text);
	agent_public_done(&pub);
	t->heads[t->nheads].size = cp.size;
	t->heads[t->nheads++].root = cp.root;
}

/* The entries as they are kept, hashed anew, under every head. */
void
team_check_log(struct team *t)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(merkle_freep) struct merkle *m = NULL;
	AUTO(buf_done) struct buf entry = { 0 };
	uint64_t i, leaves = 0, size = audit_size(t->f->core->audit);
	struct hash h;
	size_t k = 0;

	assert_int_equal(tx_read(t->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(merkle_new(&m, NULL), 0);
	for (i = 0; i <= size; i++) {
		for (; k < t->nheads && t->heads[k].size == i; k++) {
			assert_int_equal(merkle_root(m, i, &h, NULL), 0);
			assert_memory_equal(
			    h.b, t->heads[k].root.b, sizeof(h.b));
		}
		if (i == size)
			break;
		buf_reset(&entry);
		assert_int_equal(audit_leaf(&tx, i, &entry, NULL), 0);
		assert_int_equal(
		    merkle_leaf_hash(entry.p, entry.len, &h, NULL), 0);
		assert_int_equal(merkle_append(m, &h, NULL), 0);
	}
	assert_int_equal(k, t->nheads);
	if (audit_check(t->f->core->audit, &tx, &leaves, &t->f->e) < 0)
		fail_msg("log: %s", t->f->e.text);
	print_message("log: %llu leaves under %zu heads\n",
	    (unsigned long long)leaves, t->nheads);
}
