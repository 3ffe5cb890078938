#include "tests/unit/core/retention_fill.h"

#include "base/civil.h"

#define SEALED 176 /* bytes of a sealed row: one of few words, padded */
#define CASES_OF_A_TRANSACTION 2000
#define DAY_MS INT64_C(86400000)
#define SEVEN_YEARS 2557

static const char *const kinds[RETENTION_FILL_DOCUMENTS] = { "diagnostic",
	"piece", "piece", "acte", "contrat-engagement", "plan-apurement",
	"demarche", "contact", "fiche-transfert", "notice-art14" };

struct filling {
	struct tx *tx;
	uint64_t key, seed;
	int32_t today;
	uint8_t sealed[SEALED];
};

/* SplitMix64: the same numbers for the same seed. */
static uint64_t
next(struct filling *f)
{
	uint64_t z = f->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void
next_id(struct filling *f, struct id *id)
{
	uint64_t a = next(f), b = next(f);

	memcpy(id->b, &a, 8);
	memcpy(id->b + 8, &b, 8);
}

static int
put_case(struct filling *f, const struct id *id, int32_t day, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(f->tx,
		 "INSERT INTO dossier (id, ref, team, organisation, state,"
		 " stage, opened_by, opened_ms, changed, key, sealed)"
		 " VALUES (?, ?, 'nord', 'asso', 'open', 'amont', 1, ?, 1, ?,"
		 " ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)(next(f) >> 30), e)) < 0 ||
	    (r = sql_int(q, 3, day * DAY_MS, e)) < 0 ||
	    (r = sql_int(q, 4, (int64_t)f->key++, e)) < 0 ||
	    (r = sql_blob(q, 5, f->sealed, SEALED, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
put_moment(struct filling *f, const struct id *kase, const char *name,
    int32_t day, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(f->tx,
		 "INSERT INTO moment (kase, name, object, day, at, leaf)"
		 " VALUES (?1, ?2, ?1, ?3, 0, 1)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_text(q, 2, name, e)) < 0 ||
	    (r = sql_int(q, 3, day < f->today ? day : f->today, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
put_moments(
    struct filling *f, const struct id *kase, int32_t day, struct err *e)
{
	int32_t met = day + (int32_t)(next(f) % 30),
		last = met + (int32_t)(next(f) % 400);
	int r;

	if ((r = put_moment(f, kase, "entry", day, e)) < 0 || next(f) % 4 == 0)
		return r;
	if ((r = put_moment(f, kase, "first-contact", met, e)) < 0 ||
	    (r = put_moment(f, kase, "last-contact", last, e)) < 0 ||
	    next(f) % 2 == 0)
		return r;
	if ((r = put_moment(f, kase, "step-done", last + 20, e)) < 0)
		return r;
	return put_moment(f, kase, "closing", last + 60, e);
}

static int
put_document(struct filling *f, const struct id *kase, const struct id *id,
    const char *kind, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(f->tx,
		 "INSERT INTO document (id, ref, dossier, kind, state,"
		 " versions, draft) VALUES (?, ?, ?, ?, 'filed', 1, 0)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)(next(f) >> 30), e)) < 0 ||
	    (r = sql_id(q, 3, kase, e)) < 0 ||
	    (r = sql_text(q, 4, kind, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
put_version(struct filling *f, const struct id *id, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(f->tx,
		 "INSERT INTO version (document, version, key, leaf, filed_ms,"
		 " author, sealed) VALUES (?, 1, ?, 1, 0, 1, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)f->key++, e)) < 0 ||
	    (r = sql_blob(q, 3, f->sealed, SEALED, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
put_hold(struct filling *f, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	next_id(f, &id);
	if ((r = sql_open(f->tx,
		 "INSERT INTO hold (id, kase, state, review, at, released,"
		 " leaf, key) VALUES (?, ?, 'set', ?, 0, 0, 1, 0)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &id, e)) < 0 || (r = sql_id(q, 2, kase, e)) < 0 ||
	    (r = sql_int(q, 3, f->today + 30, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
put_one(struct filling *f, uint64_t n, struct err *e)
{
	int32_t day = f->today - (int32_t)(next(f) % SEVEN_YEARS);
	struct id kase, doc;
	size_t i;
	int r;

	next_id(f, &kase);
	if ((r = put_case(f, &kase, day, e)) < 0 ||
	    (r = put_moments(f, &kase, day, e)) < 0 ||
	    (n % 100 == 0 && (r = put_hold(f, &kase, e)) < 0))
		return r;
	for (i = 0; i < RETENTION_FILL_DOCUMENTS; i++) {
		next_id(f, &doc);
		if ((r = put_document(f, &kase, &doc, kinds[i], e)) < 0 ||
		    (r = put_version(f, &doc, e)) < 0)
			return r;
	}
	return 0;
}

int
retention_fill(struct core *core, size_t documents, int32_t today,
    uint64_t first, uint64_t *after, struct err *e)
{
	struct filling f = { .key = first, .seed = first, .today = today };
	size_t cases = documents / RETENTION_FILL_DOCUMENTS, i, k;
	int r;

	memset(f.sealed, 0x5a, sizeof(f.sealed));
	for (i = 0; i < cases;) {
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_begin(core->catalog, &tx, e)) < 0)
			return r;
		f.tx = &tx;
		for (k = 0; k < CASES_OF_A_TRANSACTION && i < cases; k++, i++)
			if ((r = put_one(&f, i, e)) < 0)
				return r;
		if ((r = tx_commit(&tx, e)) < 0)
			return r;
	}
	*after = f.key;
	return catalog_checkpoint(core->catalog, 1, e);
}
