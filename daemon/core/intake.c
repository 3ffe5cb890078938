#include "daemon/core/intake.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/file.h"
#include "base/text.h"
#include "daemon/core/case_opening.h"
#include "daemon/core/closing.h"
#include "daemon/core/idempotency.h"
#include "daemon/core/indicator.h"
#include "daemon/core/intake_lines.h"
#include "daemon/core/intake_row.h"
#include "daemon/core/json_of.h"
#include "daemon/core/search.h"
#include "daemon/core/submission.h"
#include "daemon/core/upload.h"

static const struct id no_case;

/* A list on its way in. */
struct taking {
	struct core *core;
	const struct caller *caller;
	const struct intake_request *rq;
	const struct policy_intake *how;
	struct decision d;
	json_t *decision;
	struct upload *upload;
	struct settling *submission;
	struct buf text; /* UTF-8 */
	char sha256[2 * SHA256_LEN + 1];
	struct intake_lines lines;
	struct intake_row row;
	struct fresh_key key;
	struct opening *openings; /* as many as lines are good */
	size_t nopenings;
	struct reopening **again; /* as many as cases live again */
	size_t nagain;
	uint64_t newest, read_leaf;
	json_t *same_as;
};

static void
taking_done(struct taking *t)
{
	size_t i;

	upload_put(&t->upload);
	submission_list_freep(&t->submission);
	buf_done(&t->text);
	intake_lines_done(&t->lines);
	buf_done(&t->row.sealed);
	fresh_key_done(&t->key);
	for (i = 0; i < t->nopenings; i++)
		opening_done(&t->openings[i]);
	free(t->openings);
	for (i = 0; i < t->nagain; i++)
		reopening_freep(&t->again[i]);
	free(t->again);
	json_decref(t->decision);
	json_decref(t->same_as);
}

/* --- the file ------------------------------------------------------------- */

/* What came as Windows-1252 is looked at as the text that it became. */
static int
look_at(struct taking *t, struct err *e)
{
	AUTO(mem_freep) struct inspect_type *type = calloc(1, sizeof(*type));
	AUTO(inspect_turn_done) struct inspect_turn turn = { 0 };
	AUTO(fd_closep) int fd = -1;
	int r;

	if (type == NULL)
		return err_set(e, ERR_NOMEM, "inspection");
	inspect_turn_take(t->core->inspector, t->caller->actor.uid, &turn);
	if ((r = memfd_new("list", &fd, e)) < 0 ||
	    (r = fd_write_all(fd, t->text.p, t->text.len, e)) < 0 ||
	    (r = inspect_type(
		 t->core->inspector, fd, t->text.len, 1, type, e)) < 0)
		return r;
	if (!type->agreed || (strcmp(type->media, "text/plain") != 0 &&
				 strcmp(type->media, "text/csv") != 0))
		return err_tag(e, ERR_REFUSED, "intake-type",
		    "this file is no list in text");
	return 0;
}

static int
take_bytes(struct taking *t, const void *p, size_t n, struct err *e)
{
	uint8_t sum[SHA256_LEN];
	int r;

	if (n == 0)
		return err_tag(
		    e, ERR_REFUSED, "intake-empty", "the list is empty");
	if ((r = digest_of(DIGEST_SHA256, p, n, sum, e)) < 0 ||
	    (r = csv_decode(p, n, &t->text, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), t->sha256);
	return look_at(t, e);
}

static int
take_upload(struct taking *t, struct err *e)
{
	AUTO(buf_done) struct buf raw = { 0 };
	struct upload_facts f;
	ssize_t n;
	int r;

	if ((r = uploads_take(
		 t->core, t->caller, t->rq->upload, &t->upload, &f, e)) < 0)
		return r;
	if (f.size > CSV_BYTES_MAX || !f.whole)
		return err_tag(e, ERR_TOO_LARGE, "csv-size",
		    "a list over %zu bytes", CSV_BYTES_MAX);
	if ((r = buf_reserve(&raw, (size_t)f.size + 1, e)) < 0)
		return r;
	while (raw.len < f.size) {
		n = pread(f.fd, raw.p + raw.len, (size_t)f.size - raw.len,
		    (off_t)raw.len);
		if (n <= 0)
			return err_sys(e, ERR_IO, "upload's memory");
		raw.len += (size_t)n;
	}
	return take_bytes(t, raw.p, raw.len, e);
}

static int
take_submission(struct taking *t, struct id *object, struct err *e)
{
	AUTO(buf_done) struct buf raw = { 0 };
	int r;

	if ((r = submission_list_open(t->core, t->caller, t->rq->submission,
		 !t->rq->dry_run, object, &raw, &t->submission, e)) < 0)
		return r;
	return take_bytes(t, raw.p, raw.len, e);
}

/* --- before the change ---------------------------------------------------- */

static int
enter_reading(struct taking *t, struct err *e)
{
	json_t *detail = json_pack("{s:s, s:b, s:O}", "source", t->rq->source,
	    "dry_run", t->rq->dry_run, "decision", t->decision);
	int r;

	r = core_read_leaf(
	    t->core, t->caller, LEAF_INTAKE, NULL, detail, &t->read_leaf, e);
	json_decref(detail);
	return r;
}

/* The index has all that was committed before newest was read. */
static int
catch_up(struct taking *t, struct err *e)
{
	{
		AUTO(tx_end) struct tx tx = { 0 };
		int r;

		if ((r = tx_read(t->core->catalog, &tx, e)) < 0 ||
		    (r = intake_row_newest(&tx, &t->newest, e)) < 0)
			return r;
	}
	return search_update(t->core, &no_case, t->read_leaf, e);
}

static int
compare_digest(
    void *arg, const struct sealed_row *row, json_t *opened, struct err *e)
{
	struct taking *t = arg;
	const char *sum = json_string_value(json_object_get(opened, "sha256"));

	if (t->same_as != NULL || sum == NULL || strcmp(sum, t->sha256) != 0)
		return 0;
	t->same_as = json_pack("{s:O, s:O}", "intake",
	    json_object_get(row->clear, "intake"), "at",
	    json_object_get(row->clear, "at"));
	return t->same_as != NULL ? 0 : err_set(e, ERR_NOMEM, "intake");
}

static int
find_same(struct taking *t, struct err *e)
{
	AUTO(rows_done) struct sealed_rows rows = { 0 };
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(t->core->catalog, &tx, e)) < 0 ||
		    (r = intake_row_all(&tx, t->caller->who->team, t->how->name,
			 &rows, e)) < 0)
			return r;
	}
	return rows_open(t->core, &rows, t->read_leaf, compare_digest, t, e);
}

/* Two lines that lead to one case are one household. */
static void
join_reopened(struct taking *t)
{
	struct intake_line *a, *b;
	size_t i, j;

	for (i = 0; i < t->lines.n; i++) {
		a = &t->lines.v[i];
		for (j = 0; a->fate == INTAKE_REOPEN && j < i; j++) {
			b = &t->lines.v[j];
			if (b->fate == INTAKE_REOPEN &&
			    id_equal(&a->known, &b->known))
				a->fate = INTAKE_DUPLICATE;
		}
	}
}

static void
count(struct taking *t)
{
	struct intake_row *row = &t->row;
	const struct intake_line *line;
	size_t i;

	join_reopened(t);
	row->lines = (int)t->lines.n;
	for (i = 0; i < t->lines.n; i++) {
		line = &t->lines.v[i];
		row->opened += line->fate == INTAKE_GOOD;
		row->duplicates += line->fate == INTAKE_DUPLICATE;
		row->reopen += line->fate == INTAKE_REOPEN;
		row->reopened +=
		    line->fate == INTAKE_REOPEN && line->may_reopen;
		row->rejected += line->fate == INTAKE_REJECTED;
	}
}

/* How many more the figures leave; at: vault time. */
static int
room(struct tx *tx, const struct taking *t, int64_t at, int64_t *out,
    struct err *e)
{
	const char *const figures[] = { t->how->quota_month,
		t->how->quota_year };
	struct civil_date d = civil_date(civil_day(at));
	int64_t had, value, left = INT64_MAX;
	size_t i;
	int r;

	for (i = 0; i < NELEMS(figures); i++) {
		if ((r = policy_figure_on(t->core->policy, figures[i],
			 civil_day(at), &value, e)) < 0 ||
		    (r = intake_row_count(tx, t->how->name,
			 civil_start_ms(
			     civil_days(d.year, i == 0 ? d.month : 1, 1)),
			 &had, e)) < 0)
			return r;
		if (value - had < left)
			left = value - had;
	}
	*out = left;
	return 0;
}

/* The first ones are within, in the order of the list. */
static int
mark_over(struct tx *tx, struct taking *t, int64_t at, struct err *e)
{
	struct intake_line *line;
	int64_t left;
	size_t i;
	int r;

	if ((r = room(tx, t, at, &left, e)) < 0)
		return r;
	t->row.over_quota = 0;
	for (i = 0; i < t->lines.n; i++) {
		line = &t->lines.v[i];
		if (line->fate != INTAKE_GOOD && line->fate != INTAKE_REOPEN)
			continue;
		line->over = left-- <= 0;
		t->row.over_quota += line->over;
	}
	return 0;
}

static int
mark_over_now(struct taking *t, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(t->core->catalog, &tx, e)) < 0)
		return r;
	return mark_over(&tx, t, core_now(t->core), e);
}

/* --- the change ----------------------------------------------------------- */

static size_t
persons_of(const struct intake_line *line, struct case_person out[3])
{
	size_t n = 0;

	out[n++] = (struct case_person){ .role = "titulaire",
		.name = line->holder,
		.birth_year = line->year };
	if (line->second[0] != '\0')
		out[n++] = (struct case_person){ .role = "co-titulaire",
			.name = line->second,
			.birth_year = line->second_year };
	if (line->text[INTAKE_LANDLORD_NAME][0] != '\0')
		out[n++] = (struct case_person){ .role = "bailleur",
			.name = line->text[INTAKE_LANDLORD_NAME] };
	return n;
}

static int
prepare_one(struct taking *t, const struct intake_line *line, struct err *e)
{
	struct case_person persons[3];
	struct case_opening o = {
		.stage = t->how->stage,
		.source = t->how->case_source,
		.title = line->text[INTAKE_TITLE],
		.commune = line->text[INTAKE_COMMUNE],
		.reference = line->text[INTAKE_REFERENCE],
		.persons = persons,
	};
	int r;

	o.npersons = persons_of(line, persons);
	if (o.title[0] == '\0')
		o.title = line->text[INTAKE_HOLDER_NAME];
	if ((r = opening_check(&o, core_now(t->core), e)) < 0 ||
	    (r = opening_prepare(t->core, t->caller, &o, t->decision,
		 &t->openings[t->nopenings], e)) < 0)
		return r;
	t->nopenings++;
	return 0;
}

static int
lives_again(const struct intake_line *line)
{
	return line->fate == INTAKE_REOPEN && line->may_reopen;
}

/* By its own decision: the list is why. */
static int
prepare_again(struct taking *t, const struct intake_line *line, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct case_facts f;
	struct decision d;
	int r;

	if ((r = tx_read(t->core->catalog, &tx, e)) < 0 ||
	    (r = case_by_id(&tx, &line->known, &f, e)) < 0 ||
	    (r = core_authorize(t->core, t->caller, OP_CASE_REOPEN, NULL, &f,
		 core_now(t->core), &d, e)) < 0)
		return r;
	tx_end(&tx);
	r = reopening_prepare(
	    t->core, t->caller, &f, &d, t->how->title, &t->again[t->nagain], e);
	if (r == 0)
		t->nagain++;
	return r;
}

static int
prepare_row(struct taking *t, struct err *e)
{
	json_t *words = json_pack("{s:s}", "sha256", t->sha256);
	int r;

	if (words == NULL)
		return err_set(e, ERR_NOMEM, "intake");
	snprintf(t->row.source, sizeof(t->row.source), "%s", t->how->name);
	snprintf(t->row.team, sizeof(t->row.team), "%s", t->caller->who->team);
	if ((r = id_random(&t->row.id, e)) == 0 &&
	    (r = keypool_take(t->core->keys, &t->key, e)) == 0)
		r = row_seal(t->core, t->key.key.p, &no_case, &t->row.id, 1,
		    words, &t->row.sealed, e);
	json_decref(words);
	t->row.key = t->key.number;
	return r;
}

static int
prepare(struct taking *t, struct err *e)
{
	size_t i;
	int r;

	if ((r = prepare_row(t, e)) < 0)
		return r;
	t->openings = calloc((size_t)t->row.opened + 1, sizeof(*t->openings));
	t->again = calloc((size_t)t->row.reopened + 1, sizeof(*t->again));
	if (t->openings == NULL || t->again == NULL)
		return err_set(e, ERR_NOMEM, "intake");
	for (i = 0; i < t->lines.n; i++) {
		if (t->lines.v[i].fate == INTAKE_GOOD &&
		    (r = prepare_one(t, &t->lines.v[i], e)) < 0)
			return r;
		if (lives_again(&t->lines.v[i]) &&
		    (r = prepare_again(t, &t->lines.v[i], e)) < 0)
			return r;
	}
	return 0;
}

static int
check_meanwhile(struct tx *tx, const struct taking *t, struct err *e)
{
	uint64_t newest;
	int r;

	if ((r = intake_row_newest(tx, &newest, e)) < 0)
		return r;
	if (newest != t->newest)
		return err_tag(e, ERR_CONFLICT, "intake-meanwhile",
		    "another list was taken in at this moment: try again");
	return 0;
}

static int
enter_leaf(struct tx *tx, struct taking *t, int64_t now_ms, struct err *e)
{
	const struct intake_row *row = &t->row;
	json_t *detail =
	    json_pack("{s:o, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:O}",
		"intake", json_of_id(&row->id), "source", row->source, "sha256",
		t->sha256, "lines", row->lines, "opened", row->opened,
		"over_quota", row->over_quota, "duplicates", row->duplicates,
		"reopen", row->reopen, "reopened", row->reopened, "rejected",
		row->rejected, "decision", t->decision);
	int r;

	r = core_leaf(t->core, tx, t->caller, LEAF_INTAKE, LEAF_OK, &row->id,
	    detail, now_ms, &t->row.leaf, e);
	json_decref(detail);
	return r;
}

static const char *
what_of(const struct intake_line *line)
{
	if (line->fate == INTAKE_GOOD)
		return "opened";
	return line->may_reopen ? "reopened" : "reopen";
}

/* Each case, and its line. */
static int
enter_cases(struct tx *tx, struct taking *t, int64_t now_ms, struct err *e)
{
	const struct intake_line *line;
	const struct id *kase;
	size_t i, next = 0, again = 0;
	int good, r;

	for (i = 0; i < t->lines.n; i++) {
		line = &t->lines.v[i];
		good = line->fate == INTAKE_GOOD;
		if (!good && line->fate != INTAKE_REOPEN)
			continue;
		kase = good ? &t->openings[next].id : &line->known;
		if (good && (r = opening_apply(
				 tx, &t->openings[next++], now_ms, e)) < 0)
			return r;
		if (lives_again(line) &&
		    (r = reopening_apply(tx, t->again[again++], now_ms, e)) < 0)
			return r;
		if ((r = intake_row_line(tx, &t->row.id, (int)i + 1, kase,
			 what_of(line), line->over, e)) < 0 ||
		    (line->over &&
			(r = indicator_add(tx, t->row.at, "over-quota",
			     t->how->name, "", e)) < 0))
			return r;
	}
	return 0;
}

static int
apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct taking *t = arg;
	int r;

	t->row.at = audit_time(t->core->audit, now_ms);
	if ((r = check_meanwhile(tx, t, e)) < 0 ||
	    (r = mark_over(tx, t, t->row.at, e)) < 0 ||
	    (r = enter_leaf(tx, t, now_ms, e)) < 0 ||
	    (r = intake_row_insert(tx, &t->row, e)) < 0 ||
	    (r = enter_cases(tx, t, now_ms, e)) < 0 ||
	    (t->submission != NULL &&
		(r = submission_list_taken(tx, t->submission, now_ms, e)) < 0))
		return r;
	return idempotency_keep(
	    tx, t->caller, "intake", &t->row.id, 0, t->row.leaf, now_ms, e);
}

/* A list with nobody new: only what a partner handed in has to go. */
static int
is_nothing(const struct taking *t)
{
	return t->row.opened == 0 && t->row.reopen == 0 &&
	       t->submission == NULL;
}

static int
commit(struct taking *t, struct err *e)
{
	struct change ch = { .apply = apply, .arg = t, .need_head = 1 };
	int r;

	if (t->rq->dry_run || is_nothing(t))
		return 0;
	if ((r = prepare(t, e)) < 0 ||
	    (r = commit_run(t->core->committer, &ch, e)) < 0)
		return r;
	upload_drop(&t->upload);
	if ((r = search_update(t->core, &t->row.id, t->row.leaf, e)) < 0)
		return err_wrap(e, "the list is in; the search index");
	return 0;
}

/* --- the answer ----------------------------------------------------------- */

static int
add_problem(json_t *into, const struct intake_line *line)
{
	json_t *j = json_pack(
	    "{s:i, s:s}", "line", (int)line->at->line, "reason", line->reason);
	char ref[REF_TEXT];

	id_ref(&line->known, ref);
	if (j != NULL && !id_is_zero(&line->known) &&
	    (json_object_set_new(j, "case", json_of_id(&line->known)) < 0 ||
		json_object_set_new(j, "ref", json_string(ref)) < 0)) {
		json_decref(j);
		return -1;
	}
	return json_array_append_new(into, j);
}

static json_t *
problems_json(const struct taking *t)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; a != NULL && i < t->lines.n; i++)
		if (t->lines.v[i].fate == INTAKE_REJECTED &&
		    add_problem(a, &t->lines.v[i]) < 0) {
			json_decref(a);
			return NULL;
		}
	return a;
}

static int
answer_list(const struct taking *t, json_t **answer, struct err *e)
{
	AUTO(buf_done) struct buf rejects = { 0 };
	const struct intake_row *row = &t->row;
	int r;

	if ((r = intake_lines_rejects(t->how, &t->lines, &rejects, e)) < 0)
		return r;
	*answer = json_pack("{s:s, s:b, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o,"
			    " s:s, s:O*, s:o*, s:I}",
	    "source", t->how->name, "dry_run", t->rq->dry_run, "lines",
	    row->lines, "opened", row->opened, "over_quota", row->over_quota,
	    "duplicates", row->duplicates, "reopen", row->reopen, "reopened",
	    row->reopened, "rejected", row->rejected, "problems",
	    problems_json(t), "rejects", buf_str(&rejects), "same_as",
	    t->same_as, "intake", row->leaf != 0 ? json_of_id(&row->id) : NULL,
	    "leaf", (json_int_t)(row->leaf != 0 ? row->leaf : t->read_leaf));
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "intake");
}

/* The first answer, in its numbers: the refused lines were not kept. */
static int
taken_before(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint32_t version;
	uint64_t first;
	struct id id;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = idempotency_find(
		 &tx, caller, "intake", &id, &version, &first, e)) <= 0)
		return r;
	if ((r = intake_row_get(&tx, &id, answer, e)) < 0)
		return r;
	if (json_object_set_new(
		*answer, "leaf", json_integer((json_int_t)first)) < 0 ||
	    json_object_set_new(*answer, "again", json_true()) < 0) {
		json_decref(*answer);
		*answer = NULL;
		return err_set(e, ERR_NOMEM, "intake");
	}
	return 1;
}

static int
run(struct taking *t, struct id *object, json_t **answer, struct err *e)
{
	int r;

	if ((r = enter_reading(t, e)) < 0 ||
	    (r = t->rq->submission[0] != '\0' ? take_submission(t, object, e)
					      : take_upload(t, e)) < 0 ||
	    (r = intake_lines_read(
		 t->how, &t->text, core_now(t->core), &t->lines, e)) < 0 ||
	    (r = catch_up(t, e)) < 0 || (r = find_same(t, e)) < 0 ||
	    (r = intake_lines_known(t->core, t->caller, &t->lines, e)) < 0)
		return r;
	count(t);
	if ((r = mark_over_now(t, e)) < 0 || (r = commit(t, e)) < 0)
		return r;
	return answer_list(t, answer, e);
}

static int
check_request(struct taking *t, struct err *e)
{
	const struct principal *who = t->caller->who;
	int32_t day = civil_day(core_now(t->core));

	if (who->team == NULL || who->organisation == NULL)
		return err_tag(e, ERR_DENIED, "no-team",
		    "a case belongs to a team, and the caller has none");
	t->how = policy_intake(t->core->policy, t->rq->source);
	if (t->how == NULL || !policy_in_force(&t->how->when, day))
		return err_tag(e, ERR_REFUSED, "intake-source",
		    "the rules know no list of this source");
	if ((t->rq->upload[0] == '\0') == (t->rq->submission[0] == '\0'))
		return err_tag(e, ERR_INVALID, "member-missing",
		    "either an upload or a submission");
	return core_check_open(t->core, e);
}

int
intake_run(struct core *core, const struct caller *caller,
    const struct intake_request *rq, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(idempotency_leave) struct idempotency_turn turn = { 0 };
	AUTO(taking_done)
	struct taking t = { .core = core, .caller = caller, .rq = rq };
	int r;

	if ((r = core_authorize(core, caller, OP_INTAKE, NULL, NULL,
		 core_now(core), &t.d, e)) < 0 ||
	    (r = check_request(&t, e)) < 0)
		return r;
	if ((t.decision = decision_json(core, &t.d)) == NULL)
		return err_set(e, ERR_NOMEM, "intake");
	if (!rq->dry_run &&
	    ((r = idempotency_enter(core, caller, "intake", &turn, e)) < 0 ||
		(r = taken_before(core, caller, answer, e)) != 0))
		return r < 0 ? r : 0;
	return run(&t, object, answer, e);
}

/* --- the list ------------------------------------------------------------- */

int
intake_list(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e)
{
	AUTO(rows_done) struct sealed_rows rows = { 0 };
	json_t *list = NULL, *detail;
	struct decision d;
	uint64_t leaf;
	size_t i;
	int r;

	if ((r = core_authorize(core, caller, OP_INTAKE, NULL, NULL,
		 core_now(core), &d, e)) < 0)
		return r;
	{
		AUTO(tx_end) struct tx tx = { 0 };
		const char *team = caller->who->team;

		if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = intake_row_all(
			 &tx, team != NULL ? team : "", "", &rows, e)) < 0)
			return r;
	}
	detail = json_pack(
	    "{s:s, s:o}", "what", "list", "decision", decision_json(core, &d));
	r = core_read_leaf(core, caller, LEAF_INTAKE, NULL, detail, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	if ((list = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "intakes");
	for (i = 0; i < rows.n; i++)
		json_array_append(list, rows.v[i].clear);
	*answer =
	    json_pack("{s:o, s:I}", "intakes", list, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "intakes");
}
