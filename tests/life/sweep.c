/* A sweep, and what it must have done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/archive.h"
#include "daemon/core/erasure.h"
#include "daemon/core/retention.h"
#include "team.h"

#define MONTHS_MAX 400

/* --- sets of ids ------------------------------------------------------------
 */

struct ids {
	char (*v)[LIFE_ID];
	size_t n, cap;
};

static void
ids_add(struct ids *s, const char *id)
{
	if (s->n == s->cap) {
		s->cap = s->cap > 0 ? 2 * s->cap : 64;
		s->v = realloc(s->v, s->cap * sizeof(*s->v));
		assert_non_null(s->v);
	}
	snprintf(s->v[s->n++], LIFE_ID, "%.26s", id);
}

static void
ids_done(struct ids *s)
{
	free(s->v);
	*s = (struct ids){ 0 };
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, LIFE_ID);
}

/* Sorted, each once. */
static void
ids_sort(struct ids *s)
{
	size_t i, n = 0;

	if (s->n == 0)
		return;
	qsort(s->v, s->n, sizeof(*s->v), by_id);
	for (i = 1; i < s->n; i++)
		if (by_id(s->v[i], s->v[n]) != 0)
			memmove(s->v[++n], s->v[i], LIFE_ID);
	s->n = n + 1;
}

static int
ids_equal(const struct ids *a, const struct ids *b)
{
	return a->n == b->n &&
	       (a->n == 0 || memcmp(a->v, b->v, a->n * sizeof(*a->v)) == 0);
}

/* --- the oracle's word
 * --------------------------------------------------------
 */

struct verdict {
	struct ids due; /* documents and cases of which something must go */
	struct ids cases, consents; /* those that go whole; whose consents go */
	size_t living, documents, held;
};

static void
judge_life(struct verdict *v, const struct life *l, int32_t today)
{
	int i, kept, restricted = life_is_restricted(l);

	if (l->id[0] == '\0' || l->gone != LIFE_NOT_YET)
		return;
	for (i = 0; i < l->ndocs; i++) {
		if (l->docs[i].filed == LIFE_NOT_YET ||
		    l->docs[i].gone != LIFE_NOT_YET)
			continue;
		v->living++;
		if (life_last_day(l, i, today) >= today)
			continue;
		kept = restricted || life_is_held(l, i);
		v->held += kept;
		v->documents += !kept;
		if (!kept)
			ids_add(&v->due, l->docs[i].id);
	}
	if (restricted || life_is_held(l, LIFE_ANY))
		return;
	if (life_case_last_day(l, today) < today)
		ids_add(&v->cases, l->id);
	if (life_has_consents(l) && life_consents_last_day(l, today) < today)
		ids_add(&v->consents, l->id);
}

static void
judge(const struct team *t, struct verdict *v)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		judge_life(v, &t->lives[i], t->today);
	for (i = 0; i < v->cases.n; i++)
		ids_add(&v->due, v->cases.v[i]);
	for (i = 0; i < v->consents.n; i++)
		ids_add(&v->due, v->consents.v[i]);
	ids_sort(&v->due);
	ids_sort(&v->cases);
	ids_sort(&v->consents);
}

/* --- the vault's
 * ---------------------------------------------------------------
 */

/* Which life an id is of, and until when it may be kept. */
static void
find_life(const struct team *t, const char *id, size_t *n, int32_t *until)
{
	const struct life *l;
	size_t i;
	int d;

	for (i = 0; i < t->n; i++) {
		l = &t->lives[i];
		*n = i;
		*until = life_case_last_day(l, t->today);
		if (strcmp(l->id, id) == 0)
			return;
		for (d = 0; d < l->ndocs; d++) {
			*until = life_last_day(l, d, t->today);
			if (strcmp(l->docs[d].id, id) == 0)
				return;
		}
	}
}

static void
wrong(struct team *t, const char *what, const char *id, const char *how)
{
	char day[11], last[11] = "";
	int32_t until = LIFE_NEVER;
	size_t n = 0;

	life_day_text(t->today, day);
	if (id[0] != '\0')
		find_life(t, id, &n, &until);
	if (until != LIFE_NEVER)
		life_day_text(until, last);
	print_error("%s: %s: %s", day, what, how);
	if (id[0] != '\0')
		print_error(" (life %zu, last day %s)", n,
		    until != LIFE_NEVER ? last : "not known yet");
	print_error("\n");
	if (t->wrong++ >= 20)
		fail_msg("enough");
}

/* Documents that the vault judged so, by its own counts. */
static size_t
judged(const json_t *answer, const char *verdict)
{
	const char *key, *last;
	size_t sum = 0;
	json_t *n;

	json_object_foreach(json_object_get(answer, "counts"), key, n)
	{
		last = strrchr(key, ' ');
		if (strncmp(key, "case ", 5) == 0 ||
		    strncmp(key, "consents ", 9) == 0 ||
		    strncmp(key, "extracts ", 9) == 0 ||
		    (verdict != NULL && strcmp(last + 1, verdict) != 0))
			continue;
		sum += (size_t)json_integer_value(n);
	}
	return sum;
}

static int
analyse(struct team *t, int dry, int64_t share, json_t **answer)
{
	struct caller c = core_fixture_caller(t->f, NOA);
	struct retention_asking a = { "", dry, share };

	return retention_analyse(t->f->core, &c, &a, answer, &t->f->e);
}

/* A dry run says of how many what the oracle says. */
static void
look_first(struct team *t, const struct verdict *v)
{
	json_t *answer = NULL;

	if (analyse(t, 1, -1, &answer) < 0)
		fail_msg("analyse: %s", t->f->e.text);
	if (judged(answer, NULL) != v->living ||
	    judged(answer, "DESTROY") != v->documents ||
	    judged(answer, "CONFLICT") != v->held) {
		print_error("living %zu, not %zu; due %zu, not %zu; held %zu, "
			    "not %zu\n",
		    judged(answer, NULL), v->living, judged(answer, "DESTROY"),
		    v->documents, judged(answer, "CONFLICT"), v->held);
		wrong(t, "judged", "", "another count of what is due");
	}
	t->conflicts += v->held;
	json_decref(answer);
}

/* The plan; 0 when nothing is due. */
static int
plan(struct team *t, json_t **answer)
{
	int64_t share = 0;
	int r = analyse(t, 0, -1, answer);

	if (r == -(int)ERR_CONFLICT &&
	    strcmp(err_name(&t->f->e), "sweep-share") == 0) {
		share = strtol(t->f->e.text, NULL, 10);
		r = analyse(t, 0, share, answer);
	}
	if (r == -(int)ERR_CONFLICT &&
	    strcmp(err_name(&t->f->e), "nothing-to-erase") == 0)
		return 0;
	if (r < 0)
		fail_msg("analyse: %s", t->f->e.text);
	return 1;
}

/* Lines "object KIND ID …" of a page, but those of months of the log. */
static void
page_ids(const char *page, struct ids *out)
{
	const char *line = page, *id;

	for (; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "object ", 7) != 0)
			continue;
		id = strchr(line + 7, ' ');
		assert_non_null(id);
		if (strncmp(line + 7, "journal ", 8) != 0)
			ids_add(out, id + 1);
	}
	ids_sort(out);
}

static void
approve(struct team *t, const char *sweep, const char *page, enum person who)
{
	struct caller c = core_fixture_caller(t->f, who);
	AUTO(buf_done) struct buf sig = { 0 };
	json_t *answer = NULL;

	team_sign(who, page, &sig);
	if (erasure_approve(t->f->core, &c, sweep, buf_str(&sig), &t->f->object,
		&answer, &t->f->e) < 0)
		fail_msg("approve: %s", t->f->e.text);
	json_decref(answer);
}

static void
visa(struct team *t, const char *sweep)
{
	struct caller c = core_fixture_caller(t->f, DIRECTOR);
	struct sweep_visa v = { sweep, "AD77-000", "" };
	json_t *answer = NULL;

	if (retention_visa(t->f->core, &c, &v, &answer, &t->f->e) < 0)
		fail_msg("visa: %s", t->f->e.text);
	json_decref(answer);
}

static void
run(struct team *t, const char *sweep, json_t **answer)
{
	struct caller c = core_fixture_caller(t->f, DIRECTOR);

	if (erasure_run(
		t->f->core, &c, sweep, &t->f->object, answer, &t->f->e) < 0)
		fail_msg("run: %s", t->f->e.text);
}

/* --- what the log says of it
 * ----------------------------------------------------
 */

struct told {
	struct ids ids;
	size_t keys;
	uint64_t done;
	uint8_t page[32]; /* SHA-256 of what was signed */
};

static void
tell_leaf(struct told *x, const struct leaf *l)
{
	char id[ID_TEXT];
	uint32_t i;

	if (l->klass == LEAF_ERASE_DONE)
		x->done = l->seq;
	if (l->klass != LEAF_ERASE_RUN || l->outcome != LEAF_OK)
		return;
	for (i = 0; i < l->nclear; i++) {
		id_format(&l->clear[i].id, id);
		ids_add(&x->ids, id);
	}
	x->keys += l->nclear;
}

static void
read_log(struct team *t, uint64_t from, struct told *x)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint64_t i, size = audit_size(t->f->core->audit);
	AUTO(buf_done) struct buf entry = { 0 };
	struct leaf_clear *clear;
	struct leaf l;

	assert_int_equal(tx_read(t->f->core->catalog, &tx, NULL), 0);
	for (i = from; i < size; i++) {
		clear = NULL;
		buf_reset(&entry);
		if (audit_leaf(&tx, i, &entry, &t->f->e) < 0 ||
		    leaf_decode(entry.p, entry.len, &l, &clear, &t->f->e) < 0)
			fail_msg("log: %s", t->f->e.text);
		tell_leaf(x, &l);
		free(clear);
	}
	ids_sort(&x->ids);
}

/* The number behind a word of the certificate. */
static uint64_t
certified(const char *certificate, const char *word)
{
	const char *s = strstr(certificate, word);

	assert_non_null(s);
	return strtoull(s + strlen(word), NULL, 10);
}

static void
check_certificate(struct team *t, const json_t *answer, const struct told *x)
{
	const char *s =
	    json_string_value(json_object_get(answer, "certificate"));
	struct agent_public pub = { 0 };
	char sha[2 * 32 + 1];
	size_t len;

	assert_non_null(s);
	assert_int_equal(agent_public(t->f->core->agent, &pub, &t->f->e), 0);
	if (note_verify(s, strlen(s), &pub.log, 1, &len, NULL, &t->f->e) < 0)
		wrong(t, "certificate", "", t->f->e.text);
	agent_public_done(&pub);
	if (certified(s, "\nleaf ") != x->done)
		wrong(t, "certificate", "", "names another leaf");
	if (certified(s, "\nkeys destroyed ") != x->keys)
		wrong(t, "certificate", "", "counts other keys than the log");
	hex_format(x->page, sizeof(x->page), sha);
	if (strstr(s, "\nplan ") == NULL ||
	    strncmp(strstr(s, "\nplan ") + 6, sha, 64) != 0)
		wrong(t, "certificate", "", "is of another page");
	if (strstr(s, "found 0\n") == NULL)
		wrong(t, "certificate", "", "says that copies are left");
}

/* --- what is there, and what is not
 * ----------------------------------------------
 */

static int
is_there(struct tx *tx, const char *sql, const char *id)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id raw;

	assert_int_equal(id_parse(id, &raw, NULL), 0);
	assert_int_equal(sql_open(tx, sql, &q, NULL), 0);
	assert_int_equal(sql_id(q, 1, &raw, NULL), 0);
	return sql_step(q, NULL) == 1;
}

#define A_DOCUMENT "SELECT 1 FROM document WHERE id = ? AND state <> 'erased'"
#define A_CASE "SELECT 1 FROM dossier WHERE id = ? AND state <> 'erased'"

#define CONSENTS "SELECT 1 FROM consent WHERE kase = ? AND key > 0"

static int
is_in(const struct ids *s, const char *id)
{
	return s->n > 0 && bsearch(id, s->v, s->n, LIFE_ID, by_id) != NULL;
}

static void
look_at_consents(struct team *t, struct tx *tx, struct life *l,
    const struct verdict *v, struct ids *gone)
{
	int there = is_there(tx, CONSENTS, l->id);

	if (!life_has_consents(l)) {
		if (there)
			wrong(t, "consents", l->id, "nobody gave them");
		return;
	}
	if (there == is_in(&v->consents, l->id))
		wrong(t, "consents", l->id,
		    there ? "kept too long" : "gone early");
	if (there)
		return;
	l->consents_gone = t->today;
	ids_add(gone, l->id);
}

static void
look_at(struct team *t, struct tx *tx, struct life *l, const struct verdict *v,
    struct ids *gone)
{
	int i, there;

	if (l->id[0] == '\0' || l->gone != LIFE_NOT_YET)
		return;
	for (i = 0; i < l->ndocs; i++) {
		struct life_doc *d = &l->docs[i];

		if (d->filed == LIFE_NOT_YET || d->gone != LIFE_NOT_YET)
			continue;
		there = is_there(tx, A_DOCUMENT, d->id);
		if (there == is_in(&v->due, d->id))
			wrong(t, d->kind, d->id,
			    there ? "kept too long" : "gone early");
		if (there)
			continue;
		d->gone = t->today;
		t->destroyed++;
		ids_add(gone, d->id);
	}
	look_at_consents(t, tx, l, v, gone);
	there = is_there(tx, A_CASE, l->id);
	if (there == is_in(&v->cases, l->id))
		wrong(t, "case", l->id, there ? "kept too long" : "gone early");
	if (there)
		return;
	l->gone = t->today;
	t->cases_gone++;
	ids_add(gone, l->id);
}

/* A case is in the archive when it should be, and never before. */
static void
look_at_state(struct team *t, struct tx *tx, const struct life *l)
{
	static const char *const states[] = { "open", "closed", "archived" };
	const char *should = life_is_restricted(l)
				 ? "restricted"
				 : states[life_state(l, t->today)];
	struct case_facts facts;
	struct id id;

	assert_int_equal(id_parse(l->id, &id, NULL), 0);
	assert_int_equal(case_by_id(tx, &id, &facts, NULL), 0);
	if (strcmp(facts.state, should) != 0)
		wrong(t, should, l->id, facts.state);
}

static void
look_at_states(struct team *t)
{
	AUTO(tx_end) struct tx tx = { 0 };
	size_t i;

	assert_int_equal(tx_read(t->f->core->catalog, &tx, NULL), 0);
	for (i = 0; i < t->n; i++)
		if (t->lives[i].id[0] != '\0' &&
		    t->lives[i].gone == LIFE_NOT_YET)
			look_at_state(t, &tx, &t->lives[i]);
}

static void
look(struct team *t, const struct verdict *v, struct ids *gone)
{
	AUTO(tx_end) struct tx tx = { 0 };
	size_t i;

	assert_int_equal(tx_read(t->f->core->catalog, &tx, NULL), 0);
	for (i = 0; i < t->n; i++)
		look_at(t, &tx, &t->lives[i], v, gone);
	ids_sort(gone);
}

/* Planned, approved, seen, run; then page, log and certificate. */
static void
destroy(
    struct team *t, const json_t *planned, struct ids *page, struct told *told)
{
	const char *text = json_string_value(json_object_get(planned, "plan"));
	uint64_t from = audit_size(t->f->core->audit);
	char sweep[LIFE_ID];
	json_t *answer = NULL;

	team_take((json_t *)(uintptr_t)planned, "erasure", sweep);
	page_ids(text, page);
	assert_int_equal(
	    digest_of(DIGEST_SHA256, text, strlen(text), told->page, NULL), 0);
	approve(t, sweep, text, DIRECTOR);
	approve(t, sweep, text, JURIST);
	if (strstr(text, "\narchives visa needed\n") != NULL)
		visa(t, sweep);
	run(t, sweep, &answer);
	read_log(t, from, told);
	check_certificate(t, answer, told);
	json_decref(answer);
	t->sweeps++;
}

/* Of the log, the details of each month whose time is not over. */
static void
look_at_months(struct team *t)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint32_t months[MONTHS_MAX];
	size_t i, n;

	assert_int_equal(tx_read(t->f->core->catalog, &tx, NULL), 0);
	if (audit_months(&tx, months, &n, MONTHS_MAX, &t->f->e) < 0)
		fail_msg("months: %s", t->f->e.text);
	for (i = 0; i < n; i++) {
		if (i == 0 && (int32_t)months[i] > t->month)
			t->month = (int32_t)months[i];
		if (life_details_last_day((int32_t)months[i]) < t->today)
			wrong(t, "details of the log", "", "kept too long");
	}
	if (life_details_last_day(t->month - 1) >= t->today &&
	    t->month > t->first)
		wrong(t, "details of the log", "", "gone early");
}

void
team_sweep(struct team *t)
{
	struct verdict v = { 0 };
	struct ids page = { 0 }, gone = { 0 };
	struct told told = { 0 };
	json_t *planned = NULL;
	size_t n;

	if (archive_pass(t->f->core, &n, &t->f->e) < 0)
		fail_msg("archive: %s", t->f->e.text);
	look_at_states(t);
	judge(t, &v);
	look_first(t, &v);
	if (plan(t, &planned))
		destroy(t, planned, &page, &told);
	look(t, &v, &gone);
	look_at_months(t);
	if (!ids_equal(&v.due, &page))
		wrong(t, "page", "", "lists other things than are due");
	if (!ids_equal(&page, &told.ids))
		wrong(t, "log", "", "tells other things than the page");
	if (!ids_equal(&told.ids, &gone))
		wrong(t, "catalog", "", "other rows are gone than the log has");
	json_decref(planned);
	ids_done(&v.due);
	ids_done(&v.cases);
	ids_done(&v.consents);
	ids_done(&page);
	ids_done(&gone);
	ids_done(&told.ids);
}
