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
    " PRIMARY KEY (dossier, code)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE document_counted ("
    " document BLOB NOT NULL,"
    " code TEXT NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL,"
    " month INTEGER NOT NULL,"
    " PRIMARY KEY (document, code, a, b)) STRICT, WITHOUT ROWID;";

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

/* --- of a document -------------------------------------------------------- */

int
indicator_note(struct tx *tx, const struct id *document, int64_t at_ms,
    const char *code, const char *a, const char *b, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO document_counted (document, code, a, b, month)"
		 " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, document, e)) < 0 ||
	    (r = sql_text(q, 2, code, e)) < 0 ||
	    (r = sql_text(q, 3, a, e)) < 0 || (r = sql_text(q, 4, b, e)) < 0 ||
	    (r = sql_int(q, 5, indicator_month(at_ms), e)) < 0)
		return r;
	return sql_run(q, e);
}

/* A count of the table document_counted. */
struct noted {
	char code[INDICATOR_WORD_MAX + 1], a[INDICATOR_WORD_MAX + 1],
	    b[INDICATOR_WORD_MAX + 1];
	int64_t month;
};

#define NOTED_MAX 16 /* of one document */

static int
load_noted(struct tx *tx, const struct id *document, struct noted *v, size_t *n,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	*n = 0;
	if ((r = sql_open(tx,
		 "SELECT code, a, b, month FROM document_counted"
		 " WHERE document = ? AND NOT EXISTS (SELECT 1 FROM bilan"
		 " WHERE bilan.month = document_counted.month)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, document, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0 && *n < NOTED_MAX) {
		struct noted *x = &v[(*n)++];

		snprintf(x->code, sizeof(x->code), "%s", sql_get_text(q, 0));
		snprintf(x->a, sizeof(x->a), "%s", sql_get_text(q, 1));
		snprintf(x->b, sizeof(x->b), "%s", sql_get_text(q, 2));
		x->month = sql_get_int(q, 3);
	}
	return r < 0 ? r : 0;
}

static int
less(struct tx *tx, const char *sql, const struct noted *x, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, sql, &q, e)) < 0 ||
	    (r = sql_int(q, 1, x->month, e)) < 0 ||
	    (r = sql_text(q, 2, x->code, e)) < 0 ||
	    (r = sql_text(q, 3, x->a, e)) < 0 ||
	    (r = sql_text(q, 4, x->b, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
unmark(struct tx *tx, const struct id *kase, const char *code, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "DELETE FROM dossier_counted WHERE dossier = ? AND code = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_text(q, 2, code, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* One less; where it was the only one, its row goes. */
static int
take_one_back(
    struct tx *tx, const struct id *kase, const struct noted *x, struct err *e)
{
	int r;

	if ((r = less(tx,
		 "DELETE FROM indicator WHERE month = ? AND code = ?"
		 " AND a = ? AND b = ? AND n = 1",
		 x, e)) < 0)
		return r;
	if (sql_changes(tx) == 0 &&
	    (r = less(tx,
		 "UPDATE indicator SET n = n - 1 WHERE month = ? AND code = ?"
		 " AND a = ? AND b = ?",
		 x, e)) < 0)
		return r;
	return unmark(tx, kase, x->code, e);
}

int
indicator_take_back(struct tx *tx, const struct id *kase,
    const struct id *document,
    int (*stays)(void *arg, const char *code, struct err *e), void *arg,
    struct err *e)
{
	struct noted v[NOTED_MAX];
	size_t i, n;
	int r;

	if ((r = load_noted(tx, document, v, &n, e)) < 0)
		return r;
	for (i = 0; i < n; i++)
		if ((r = stays(arg, v[i].code, e)) < 0 ||
		    (r == 0 && (r = take_one_back(tx, kase, &v[i], e)) < 0))
			return r;
	return indicator_forget_document(tx, document, e);
}

int
indicator_forget_document(
    struct tx *tx, const struct id *document, struct err *e)
{
	return rows_run(
	    tx, "DELETE FROM document_counted WHERE document = ?", document, e);
}

int
indicator_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	return rows_run(
	    tx, "DELETE FROM dossier_counted WHERE dossier = ?", kase, e);
}
