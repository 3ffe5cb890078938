#include "daemon/core/certified.h"

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/clock.h"
#include "daemon/core/destroy.h"
#include "daemon/core/erasure.h"
#include "daemon/core/json_of.h"

const char *const certified_schema =
    "CREATE TABLE certificate ("
    " erasure BLOB PRIMARY KEY, rotated INTEGER NOT NULL,"
    " complete INTEGER NOT NULL, json TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX certificate_open ON certificate (rotated)"
    " WHERE complete = 0;";

const struct certified_kind certified_kinds[CERTIFIED_DATES] = {
	{ "mirrors", "mirrors_pruned", "mirrors pruned",
	    "fetch --prune, gc --prune=now", "certificate-mirrors",
	    "object-removal-days" },
	{ "recovery", "recovery_copy_refreshed", "recovery copy refreshed",
	    "made anew, the one before destroyed", "certificate-recovery",
	    "recovery-refresh-days" },
	{ "backups", "oldest_backup_expired", "oldest backup expired",
	    "those made before the keys went", "certificate-backups",
	    "backup-expiry-days" },
};

/* --- the JSON ------------------------------------------------------------- */

/* {"due": day or null, "date": null}: what is not true yet. */
static json_t *
waiting(struct core *core, const char *figure, int64_t rotated_ms)
{
	int64_t after = due_after(core, figure, rotated_ms);

	return json_pack("{s:o, s:n}", "due",
	    after > 0 ? json_of_day(civil_day(after) - 1) : json_null(),
	    "date");
}

static json_t *
months_json(const uint32_t *months, size_t n)
{
	json_t *a = json_array();
	char text[16];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%04u-%02u", months[i] / 12,
		    months[i] % 12 + 1);
		json_array_append_new(a, json_string(text));
	}
	return a;
}

/* Who approved: role and key, never a name. */
static json_t *
approvals_json(const json_t *approvals)
{
	json_t *a = json_array(), *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)approvals, i, one)
	{
		json_array_append_new(
		    a, json_pack("{s:O, s:O, s:O, s:O}", "at",
			   json_object_get(one, "at"), "role",
			   json_object_get(one, "role"), "fingerprint",
			   json_object_get(one, "fingerprint"), "counts",
			   json_object_get(one, "counts")));
	}
	return a;
}

static json_t *
facts_json(struct core *core, const struct certified_facts *f)
{
	int sweep = id_is_zero(&f->kase);
	char plan[2 * 32 + 1];
	json_t *j;
	size_t i;

	hex_format(f->plan, 32, plan);
	j = json_pack("{s:i, s:s, s:o, s:o, s:s, s:s, s:I, s:I, s:o, s:o, s:I,"
		      " s:i, s:o, s:o, s:O?, s:b}",
	    "format", 1, "vault", core->settings.origin, "erasure",
	    json_of_id(&f->erasure), "case",
	    sweep ? json_null() : json_of_id(&f->kase), "what",
	    sweep ? "retention" : "erasure", "plan", plan, "leaf",
	    (json_int_t)f->leaf, "keys_destroyed", (json_int_t)f->destroyed,
	    "keys_gone_at", json_of_time(f->rotated_ms), "live_copies_gone_at",
	    json_of_time(f->live_ms), "canaries_looked_for",
	    (json_int_t)f->canaries, "canaries_found", 0, "months",
	    months_json(f->months, f->nmonths), "approvals",
	    approvals_json(f->approvals), "visa", f->visa, "complete", 0);
	for (i = 0; j != NULL && i < CERTIFIED_DATES; i++)
		if (json_object_set_new(j, certified_kinds[i].member,
			waiting(core, certified_kinds[i].figure,
			    f->rotated_ms)) < 0) {
			json_decref(j);
			return NULL;
		}
	return j;
}

/* --- the text ------------------------------------------------------------- */

static const char *
text_of(const json_t *j, const char *member)
{
	const char *s = json_string_value(json_object_get(j, member));

	return s != NULL ? s : "none";
}

static long long
int_of(const json_t *j, const char *member)
{
	return json_integer_value(json_object_get(j, member));
}

static int
date_line(const json_t *j, const struct certified_kind *k, struct buf *text,
    struct err *e)
{
	const json_t *d = json_object_get(j, k->member);

	if (json_is_null(json_object_get(d, "date")))
		return buf_addf(text, e, "%s: not yet, due %s (%s)\n", k->line,
		    text_of(d, "due"), k->how);
	return buf_addf(text, e, "%s %s, leaf %lld, by %s\n", k->line,
	    text_of(d, "date"), int_of(d, "leaf"), text_of(d, "by"));
}

static int
approval_lines(const json_t *j, struct buf *text, struct err *e)
{
	json_t *a;
	size_t i;
	int r;

	json_array_foreach(json_object_get(j, "approvals"), i, a)
	{
		r = buf_addf(text, e, "%s %s by %s %s\n",
		    json_is_false(json_object_get(a, "counts")) ? "opinion"
								: "approved",
		    text_of(a, "at"), text_of(a, "role"),
		    text_of(a, "fingerprint"));
		if (r < 0)
			return r;
	}
	return 0;
}

static int
month_line(const json_t *j, struct buf *text, struct err *e)
{
	json_t *months = json_object_get(j, "months"), *m;
	size_t i;
	int r;

	if (json_array_size(months) == 0)
		return 0;
	if ((r = buf_addstr(text, "details of the log expired", e)) < 0)
		return r;
	json_array_foreach(months, i, m)
	{
		if ((r = buf_addf(text, e, " %s", json_string_value(m))) < 0)
			return r;
	}
	return buf_addstr(text, "\n", e);
}

static int
body(const json_t *j, struct buf *text, struct err *e)
{
	const json_t *visa = json_object_get(j, "visa");
	size_t i;
	int r;

	if ((r = buf_addf(text, e,
		 "sceau erasure certificate 1\n"
		 "vault %s\nerasure %s\ncase %s\nplan %s\nleaf %lld\n"
		 "keys destroyed %lld\nkeys gone %s\nlive copies gone %s\n"
		 "canaries looked for %lld, found 0\n",
		 text_of(j, "vault"), text_of(j, "erasure"), text_of(j, "case"),
		 text_of(j, "plan"), int_of(j, "leaf"),
		 int_of(j, "keys_destroyed"), text_of(j, "keys_gone_at"),
		 text_of(j, "live_copies_gone_at"),
		 int_of(j, "canaries_looked_for"))) < 0 ||
	    (r = month_line(j, text, e)) < 0)
		return r;
	for (i = 0; i < CERTIFIED_DATES; i++)
		if ((r = date_line(j, &certified_kinds[i], text, e)) < 0)
			return r;
	if (json_is_object(visa) &&
	    (r = buf_addf(text, e, "archives visa %s of %s, leaf %lld\n",
		 text_of(visa, "reference"), text_of(visa, "date"),
		 int_of(visa, "leaf"))) < 0)
		return r;
	if ((r = approval_lines(j, text, e)) < 0)
		return r;
	return buf_addf(text, e, "complete %s\n",
	    json_is_true(json_object_get(j, "complete")) ? "yes" : "no");
}

/* Both, from one source: the text ends with the digest of the bytes. */
static int
write_both(const json_t *j, struct buf *json, struct buf *text, struct err *e)
{
	uint8_t digest[32];
	char hex[2 * 32 + 1], *dump;
	int r;

	dump = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
	if (dump == NULL)
		return err_set(e, ERR_NOMEM, "certificate");
	r = buf_addstr(json, dump, e);
	free(dump);
	if (r < 0 || (r = body(j, text, e)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, json->p, json->len, digest, e)) < 0)
		return r;
	hex_format(digest, 32, hex);
	return buf_addf(text, e, "json sha256 %s\n", hex);
}

int
certified_make(struct core *core, const struct certified_facts *f,
    struct buf *json, struct buf *text, struct err *e)
{
	json_t *j = facts_json(core, f);
	int r;

	if (j == NULL)
		return err_set(e, ERR_NOMEM, "certificate");
	r = write_both(j, json, text, e);
	json_decref(j);
	return r;
}

/* --- the row -------------------------------------------------------------- */

int
certified_keep(struct tx *tx, const struct id *erasure, int64_t rotated,
    const struct buf *json, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT OR REPLACE INTO certificate"
		 " (erasure, rotated, complete, json) VALUES (?, ?, 0, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, erasure, e)) < 0 ||
	    (r = sql_int(q, 2, rotated, e)) < 0 ||
	    (r = sql_text(q, 3, buf_str((struct buf *)(uintptr_t)json), e)) < 0)
		return r;
	return sql_run(q, e);
}

int
certified_load(
    struct tx *tx, const struct id *erasure, struct buf *json, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "SELECT json FROM certificate WHERE erasure = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, erasure, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	return buf_addstr(json, sql_get_text(q, 0), e);
}

/* --- a date that came true ------------------------------------------------ */

struct settling {
	struct core *core;
	const struct caller *caller;
	const struct certified_kind *kind;
	struct id erasure;
	int32_t day;
	int64_t rotated;
	struct decision d;
	json_t *j;
	uint64_t leaf;
	int complete;
	struct buf json, note;
};

static void
settling_done(struct settling *s)
{
	json_decref(s->j);
	buf_done(&s->json);
	buf_done(&s->note);
}

static const struct certified_kind *
kind_of(const char *what)
{
	size_t i;

	for (i = 0; i < CERTIFIED_DATES; i++)
		if (strcmp(certified_kinds[i].what, what) == 0)
			return &certified_kinds[i];
	return NULL;
}

/* The certificate as it stands; there may be none yet. */
static int
find(struct settling *s, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = tx_read(s->core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT c.rotated, c.json FROM erasure e"
		 " LEFT JOIN certificate c ON c.erasure = e.id"
		 " WHERE e.id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &s->erasure, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "no such erasure");
	if (sql_is_null(q, 1))
		return err_tag(e, ERR_CONFLICT, "erasure-state",
		    "this erasure has no certificate yet");
	s->rotated = sql_get_int(q, 0);
	s->j = json_loads(sql_get_text(q, 1), 0, NULL);
	return s->j != NULL ? 0 : err_set(e, ERR_INTEGRITY, "certificate");
}

static int
check_day(struct settling *s, const char *date, struct err *e)
{
	int32_t today = civil_day(core_now(s->core));
	int r;

	s->day = today;
	if (date[0] != '\0' && (r = date_parse(date, &s->day, e)) < 0)
		return r;
	if (s->day > today || s->day < civil_day(s->rotated))
		return err_tag(e, ERR_REFUSED, "settle-date",
		    "between the day the keys went and today");
	return 0;
}

static int
apply_leaf(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct settling *s = arg;
	json_t *detail;
	int r;

	if ((r = clock_check(s->core, e)) < 0)
		return r;
	detail = json_pack("{s:o, s:s, s:o, s:o}", "erasure",
	    json_of_id(&s->erasure), "what", s->kind->what, "date",
	    json_of_day(s->day), "decision", decision_json(s->core, &s->d));
	r = core_leaf(s->core, tx, s->caller, LEAF_RETENTION_SETTLE, LEAF_OK,
	    NULL, detail, now_ms, &s->leaf, e);
	json_decref(detail);
	return r;
}

static int
enter_date(struct settling *s, struct err *e)
{
	json_t *d = json_object_get(s->j, s->kind->member);
	size_t i;

	if (json_object_set_new(d, "date", json_of_day(s->day)) < 0 ||
	    json_object_set_new(d, "leaf", json_integer((json_int_t)s->leaf)) <
		0 ||
	    json_object_set_new(d, "by", json_string(s->caller->actor.role)) <
		0)
		return err_set(e, ERR_NOMEM, "certificate");
	s->complete = 1;
	for (i = 0; i < CERTIFIED_DATES; i++)
		if (json_is_null(json_object_get(
			json_object_get(s->j, certified_kinds[i].member),
			"date")))
			s->complete = 0;
	return json_object_set_new(
		   s->j, "complete", json_boolean(s->complete)) < 0
		   ? err_set(e, ERR_NOMEM, "certificate")
		   : 0;
}

static int
apply_kept(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL, *note = NULL;
	struct settling *s = arg;
	int r;

	(void)now_ms;
	if ((r = sql_open(tx,
		 "UPDATE certificate SET json = ?, complete = ?"
		 " WHERE erasure = ?",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, buf_str(&s->json), e)) < 0 ||
	    (r = sql_int(q, 2, s->complete, e)) < 0 ||
	    (r = sql_id(q, 3, &s->erasure, e)) < 0 || (r = sql_run(q, e)) < 0 ||
	    (r = sql_open(tx, "UPDATE erasure SET certificate = ? WHERE id = ?",
		 &note, e)) < 0 ||
	    (r = sql_text(note, 1, buf_str(&s->note), e)) < 0 ||
	    (r = sql_id(note, 2, &s->erasure, e)) < 0)
		return r;
	return sql_run(note, e);
}

/* The leaf first; what is signed names no leaf that might not be. */
static int
settle(struct settling *s, struct err *e)
{
	struct change entered = {
		.apply = apply_leaf,
		.arg = s,
		.need_head = 1,
	};
	struct change kept = { .apply = apply_kept, .arg = s };
	AUTO(buf_done) struct buf text = { 0 };
	int r;

	if ((r = commit_run(s->core->committer, &entered, e)) < 0 ||
	    (r = enter_date(s, e)) < 0 ||
	    (r = write_both(s->j, &s->json, &text, e)) < 0 ||
	    (r = agent_sign_certificate(s->core->agent, (const char *)text.p,
		 text.len, (uint64_t)int_of(s->j, "leaf"), &s->note, e)) < 0)
		return r;
	return commit_run(s->core->committer, &kept, e);
}

static int
answer_of(struct settling *s, json_t **answer, struct err *e)
{
	*answer = json_pack("{s:o, s:s, s:o, s:b, s:s, s:s, s:I}", "erasure",
	    json_of_id(&s->erasure), "what", s->kind->what, "date",
	    json_of_day(s->day), "complete", s->complete, "certificate",
	    buf_str(&s->note), "certificate_json", buf_str(&s->json), "leaf",
	    (json_int_t)s->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "certificate");
}

static int
run(struct settling *s, const struct certified_date *d, json_t **answer,
    struct err *e)
{
	int r;

	if ((r = core_check_open(s->core, e)) < 0 ||
	    (r = core_authorize(s->core, s->caller, OP_RETENTION_SETTLE, NULL,
		 NULL, core_now(s->core), &s->d, e)) < 0)
		return r;
	if ((s->kind = kind_of(d->what)) == NULL)
		return err_tag(e, ERR_INVALID, "settle-what",
		    "mirrors, recovery or backups");
	if (id_parse(d->erasure, &s->erasure, NULL) < 0)
		return err_set(e, ERR_NOT_FOUND, "no such erasure");
	if ((r = find(s, e)) < 0 || (r = check_day(s, d->date, e)) < 0)
		return r;
	if (!json_is_null(json_object_get(
		json_object_get(s->j, s->kind->member), "date")))
		return err_tag(
		    e, ERR_CONFLICT, "settled", "it is entered already");
	if ((r = settle(s, e)) < 0)
		return r;
	return answer_of(s, answer, e);
}

int
certified_settle(struct core *core, const struct caller *caller,
    const struct certified_date *d, json_t **answer, struct err *e)
{
	AUTO(settling_done)
	struct settling s = { .core = core, .caller = caller };
	int r;

	/* Two dates of one certificate, one after the other. */
	destroy_begin();
	r = run(&s, d, answer, e);
	destroy_end();
	return r;
}
