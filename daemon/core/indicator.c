#include "daemon/core/indicator.h"

#include <string.h>

#include "base/civil.h"
#include "daemon/core/row.h"

const char *const indicator_schema =
    /* month: 12 times the year, and the month from 0. */
    "CREATE TABLE indicator ("
    " month INTEGER NOT NULL,"
    " code TEXT NOT NULL,"
    " a TEXT NOT NULL,"
    " b TEXT NOT NULL,"
    " n INTEGER NOT NULL CHECK (n > 0),"
    " PRIMARY KEY (month, code, a, b)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE dossier_counted ("
    " dossier BLOB NOT NULL REFERENCES dossier (id),"
    " code TEXT NOT NULL,"
    " PRIMARY KEY (dossier, code)) STRICT, WITHOUT ROWID;";

int32_t
indicator_month(int64_t at_ms)
{
	struct civil_date d = civil_date(civil_day(at_ms));

	return d.year * 12 + d.month - 1;
}

/* Letters, digits, and - . : between: a word of the rules, never of people. */
static int
is_word(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-.:");

	return s[n] == '\0' && n <= INDICATOR_WORD_MAX;
}

/* A slip of ours, and not of who acts: what is counted anonymously must not
 * become a place for words about somebody. */
static int
check(const char *code, const char *a, const char *b, struct err *e)
{
	if (!policy_is_indicator(code))
		return err_set(
		    e, ERR_INTERNAL, "nothing is counted as \"%s\"", code);
	if (!is_word(a) || !is_word(b))
		return err_set(e, ERR_INTERNAL,
		    "a dimension of \"%s\" is no word of the rules", code);
	return 0;
}

int
indicator_add(struct tx *tx, int64_t at_ms, const char *code, const char *a,
    const char *b, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = check(code, a, b, e)) < 0 ||
	    (r = sql_open(tx,
		 "INSERT INTO indicator (month, code, a, b, n)"
		 " VALUES (?, ?, ?, ?, 1)"
		 " ON CONFLICT (month, code, a, b) DO UPDATE SET n = n + 1",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, indicator_month(at_ms), e)) < 0 ||
	    (r = sql_text(q, 2, code, e)) < 0 ||
	    (r = sql_text(q, 3, a, e)) < 0 || (r = sql_text(q, 4, b, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* 1: marked now; 0: it had been. */
static int
mark(struct tx *tx, const struct id *kase, const char *code, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO dossier_counted (dossier, code) VALUES (?, ?)"
		 " ON CONFLICT DO NOTHING",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_text(q, 2, code, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	return sql_changes(tx) > 0;
}

int
indicator_once(struct tx *tx, const struct id *kase, int64_t at_ms,
    const char *code, const char *a, const char *b, struct err *e)
{
	int r;

	if ((r = check(code, a, b, e)) < 0 ||
	    (r = mark(tx, kase, code, e)) <= 0)
		return r;
	if ((r = indicator_add(tx, at_ms, code, a, b, e)) < 0)
		return r;
	return 1;
}

int
indicator_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	return rows_run(
	    tx, "DELETE FROM dossier_counted WHERE dossier = ?", kase, e);
}
