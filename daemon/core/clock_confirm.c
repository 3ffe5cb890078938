/* People say that the clock is right: the page, its signatures, the leaf. */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/core/approval.h"
#include "daemon/core/clock_row.h"
#include "daemon/core/correct.h"
#include "daemon/core/json_of.h"

#define FORMAT "sceau clock confirmation 1\n"

struct confirming {
	struct core *core;
	const struct caller *caller;
	struct decision decision;
	struct clock_reading now; /* when it is read, and in the change */
	struct clock_row row;
	struct approval approval;
	int signing;   /* a signature, not the first word */
	int confirmed; /* by what this change does */
	uint64_t leaf;
};

static void
confirming_done(struct confirming *c)
{
	clock_row_done(&c->row);
}

/* --- what there is to confirm -------------------------------------------- */

/*
 * The suspicion that the catalog knows, of the clock as it is: who watches
 * enters it within a moment.
 */
static int
load_row(struct confirming *c, struct tx *tx, struct err *e)
{
	int r;

	vault_clock_read(c->core->clock->time, &c->now);
	if (c->now.trust == CLOCK_TRUSTED)
		return err_tag(e, ERR_CONFLICT, "clock-trusted",
		    "the clock is trusted: there is nothing to confirm");
	if ((r = clock_row_load(tx, &c->row, e)) < 0)
		return r;
	if (r == 0 || strcmp(c->row.state, CLOCK_SUSPECT) != 0)
		return err_tag(e, ERR_CONFLICT, "clock-changed",
		    "the clock jumped at this moment: ask again");
	return 0;
}

/* One person is enough: the run before ended as planned, and this one saw no
 * jump. */
static int
is_planned(const struct core *core, const struct clock_row *row)
{
	return row->planned && core->clock->planned;
}

static int64_t
ahead_of(const struct clock_row *row)
{
	return row->raw_ms - row->vault_ms;
}

/* --- the page --------------------------------------------------------------
 */

static int
page_times(const struct clock_row *row, struct buf *out, struct err *e)
{
	char since[TIME_TEXT], vault[TIME_TEXT], clock[TIME_TEXT];

	time_format(row->since_ms, since);
	time_format(row->vault_ms, vault);
	time_format(row->raw_ms, clock);
	return buf_addf(out, e,
	    "why %s\nlast-trusted %s\nvault-time %s\nclock %s\n",
	    clock_why(row->why), since, vault, clock);
}

static int
page_head(struct core *core, struct buf *out, struct err *e)
{
	char root[2 * HASH_LEN + 1];
	uint64_t size = audit_head_size(core->audit);
	struct hash h;
	int r;

	if (size == 0)
		return buf_addstr(out, "head 0\n", e);
	if ((r = audit_root(core->audit, size, &h, e)) < 0)
		return r;
	hex_format(h.b, HASH_LEN, root);
	return buf_addf(
	    out, e, "head %llu %s\n", (unsigned long long)size, root);
}

/* The same bytes for who signs them and who reads the log later. */
static int
write_page(struct confirming *c, struct err *e)
{
	struct core *core = c->core;
	struct buf *out = &c->row.page;
	char vault[ID_TEXT], id[ID_TEXT];
	int r;

	c->row.vault_ms = c->now.vault_ms;
	c->row.raw_ms = c->now.raw_ms;
	id_format(&core->settings.vault, vault);
	id_format(&c->row.id, id);
	buf_reset(out);
	if ((r = buf_addf(out, e, FORMAT "vault %s %s\nconfirmation %s\n",
		 vault, core->settings.origin, id)) < 0 ||
	    (r = page_times(&c->row, out, e)) < 0 ||
	    (r = page_head(core, out, e)) < 0)
		return r;
	return buf_addf(
	    out, e, "takes clock %u\n", approval_needed(core, "clock"));
}

static int
ask(struct confirming *c, struct tx *tx, int64_t now_ms, struct err *e)
{
	struct approval_subject s = {
		.id = c->row.id,
		.what = "clock",
		.asked_uid = c->caller->actor.uid,
		.asked_ms = audit_time(c->core->audit, now_ms),
		.policy = policy_version(c->core->policy),
	};
	int r;

	snprintf(
	    s.asked_by, sizeof(s.asked_by), "%s", c->caller->actor.account);
	if ((r = digest_of(DIGEST_SHA256, c->row.page.p, c->row.page.len,
		 s.page, e)) < 0 ||
	    (r = approval_ask(tx, &s, e)) < 0)
		return r;
	return clock_row_put(tx, &c->row, e);
}

/* --- confirming ------------------------------------------------------------
 */

static int
enter_leaf(struct confirming *c, struct tx *tx, const char *state,
    const uint8_t *approvals, int64_t now_ms, struct err *e)
{
	struct audit_entry en = { .klass = LEAF_CLOCK_CONFIRM,
		.actor = &c->caller->actor,
		.object = c->row.id,
		.approvals = approvals };
	int r;

	en.detail = json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "state",
	    state, "why", clock_why(c->row.why), "planned",
	    is_planned(c->core, &c->row), "since",
	    json_of_time(c->row.since_ms), "vault_at",
	    json_of_time(c->row.vault_ms), "clock_at",
	    json_of_time(c->row.raw_ms), "decision",
	    decision_json(c->core, &c->decision));
	if (en.detail == NULL)
		return err_set(e, ERR_NOMEM, "clock");
	r = core_enter(c->core, tx, c->caller, &en, now_ms, &c->leaf, e);
	json_decref(en.detail);
	return r;
}

static int
confirm(struct confirming *c, struct tx *tx, const uint8_t *approvals,
    int64_t now_ms, struct err *e)
{
	int r;

	snprintf(c->row.state, sizeof(c->row.state), "%s", CLOCK_CONFIRMED);
	if ((r = clock_row_put(tx, &c->row, e)) < 0)
		return r;
	c->confirmed = 1;
	return enter_leaf(c, tx, CLOCK_CONFIRMED, approvals, now_ms, e);
}

/* The page that waits is kept while the clock says what it names. */
static int
apply_word(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct confirming *c = arg;
	int r;

	if ((r = load_row(c, tx, e)) < 0)
		return r;
	if (is_planned(c->core, &c->row)) {
		c->row.vault_ms = c->now.vault_ms;
		c->row.raw_ms = c->now.raw_ms;
		return confirm(c, tx, NULL, now_ms, e);
	}
	if ((c->row.page.len == 0 ||
		!vault_clock_is_at(c->core->clock->time, ahead_of(&c->row))) &&
	    ((r = write_page(c, e)) < 0 || (r = ask(c, tx, now_ms, e)) < 0))
		return r;
	return enter_leaf(c, tx, "waiting", NULL, now_ms, e);
}

static int
check_page(struct confirming *c, struct tx *tx, struct err *e)
{
	int r;

	if ((r = load_row(c, tx, e)) < 0)
		return r;
	if (c->row.page.len == 0)
		return err_tag(e, ERR_CONFLICT, "clock-unasked",
		    "no page waits for signatures");
	if (!vault_clock_is_at(c->core->clock->time, ahead_of(&c->row)))
		return err_tag(e, ERR_CONFLICT, "clock-changed",
		    "the clock says something else than the page by now");
	return 0;
}

static int
apply_signature(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct confirming *c = arg;
	const struct id asked = c->approval.subject;
	uint8_t hash[32];
	uint32_t have, need;
	int r;

	if ((r = check_page(c, tx, e)) < 0)
		return r;
	if (!id_equal(&c->row.id, &asked))
		return err_tag(e, ERR_CONFLICT, "clock-changed",
		    "the clock jumped since: ask again");
	if ((r = approval_enter(c->core, tx, c->caller, &c->approval, 0,
		 &c->decision, now_ms, e)) < 0 ||
	    (r = approval_count(
		 c->core, tx, &c->row.id, now_ms, &have, &need, e)) < 0)
		return r;
	c->leaf = c->approval.leaf;
	if (have < need)
		return 0;
	if ((r = approval_check(c->core, tx, &c->row.id, now_ms, hash, e)) < 0)
		return r;
	return confirm(c, tx, hash, now_ms, e);
}

/*
 * The leaf that confirms has vault time as it was; those after it have the
 * clock's. A clock that jumped in between stays suspect, and who watches
 * enters it anew.
 */
static int
commit(struct confirming *c, struct err *e)
{
	struct change ch = {
		.apply = c->signing ? apply_signature : apply_word,
		.arg = c,
		.need_head = 1,
	};
	struct clock *k = c->core->clock;
	int r;

	pthread_mutex_lock(&k->lock);
	r = commit_run(c->core->committer, &ch, e);
	if ((r == 0 || r == -(int)ERR_PENDING) && c->confirmed) {
		k->kept = CLOCK_KEPT_CONFIRMED;
		if (!vault_clock_confirm(k->time, ahead_of(&c->row)))
			log_warn("the clock jumped while it was confirmed");
	}
	pthread_mutex_unlock(&k->lock);
	return r;
}

/* --- answers ----------------------------------------------------------------
 */

static int
add_page(json_t *j, const struct clock_row *row, struct err *e)
{
	char sha[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];
	int r;

	if ((r = digest_of(DIGEST_SHA256, row->page.p, row->page.len, sum, e)) <
	    0)
		return r;
	hex_format(sum, sizeof(sum), sha);
	if (json_object_set_new(j, "page",
		json_stringn((const char *)row->page.p, row->page.len)) < 0 ||
	    json_object_set_new(j, "sha256", json_string(sha)) < 0)
		return err_set(e, ERR_NOMEM, "clock");
	return 0;
}

/* What waits for signatures. */
static int
add_waiting(struct core *core, struct tx *tx, const struct clock_row *row,
    json_t *j, struct err *e)
{
	uint32_t have, need;
	json_t *approvals;
	int r;

	if ((r = add_page(j, row, e)) < 0 ||
	    (r = approval_count(
		 core, tx, &row->id, core_now(core), &have, &need, e)) < 0 ||
	    (r = approval_list(tx, core, &row->id, &approvals, e)) < 0)
		return r;
	if (json_object_set_new(j, "approvals", approvals) < 0 ||
	    json_object_set_new(j, "have", json_integer(have)) < 0)
		return err_set(e, ERR_NOMEM, "clock");
	return 0;
}

static int
add_row(struct core *core, json_t *j, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(clock_row_done) struct clock_row row = { 0 };
	int planned, r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = clock_row_load(&tx, &row, e)) <= 0)
		return r;
	if (strcmp(row.state, CLOCK_SUSPECT) != 0)
		return 0;
	planned = is_planned(core, &row);
	if (json_object_set_new(j, "confirmation", json_of_id(&row.id)) < 0 ||
	    json_object_set_new(j, "planned", json_boolean(planned)) < 0 ||
	    json_object_set_new(j, "needed",
		json_integer(planned ? 1 : approval_needed(core, "clock"))) < 0)
		return err_set(e, ERR_NOMEM, "clock");
	return row.page.len > 0 ? add_waiting(core, &tx, &row, j, e) : 0;
}

static const char *
state_of(const json_t *j)
{
	if (!json_is_true(json_object_get(j, "suspect")))
		return "trusted";
	return json_object_get(j, "page") != NULL ? "waiting" : CLOCK_SUSPECT;
}

static int
answer_of(struct core *core, uint64_t leaf, const char *state, json_t **answer,
    struct err *e)
{
	json_t *j = clock_brief(core);
	int r;

	if (j == NULL)
		return err_set(e, ERR_NOMEM, "clock");
	if ((r = add_row(core, j, e)) < 0 ||
	    json_object_set_new(j, "leaf", json_integer((json_int_t)leaf)) <
		0 ||
	    json_object_set_new(j, "state",
		json_string(state != NULL ? state : state_of(j))) < 0) {
		json_decref(j);
		return r < 0 ? r : err_set(e, ERR_NOMEM, "clock");
	}
	*answer = j;
	return 0;
}

/* --- outside ------------------------------------------------------------ */

static int
begin(struct confirming *c, struct err *e)
{
	int r;

	if ((r = core_check_open(c->core, e)) < 0 ||
	    (r = core_authorize(c->core, c->caller, OP_CLOCK_CONFIRM, NULL,
		 NULL, core_now(c->core), &c->decision, e)) < 0)
		return r;
	return 0;
}

int
clock_show(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e)
{
	struct confirming c = { .core = core, .caller = caller };
	json_t *detail;
	int r;

	if ((r = begin(&c, e)) < 0)
		return r;
	detail =
	    json_pack("{s:o}", "decision", decision_json(core, &c.decision));
	r = core_read_leaf(
	    core, caller, LEAF_CLOCK_READ, NULL, detail, &c.leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	return answer_of(core, c.leaf, NULL, answer, e);
}

/* Corrections that waited for the clock: each was ordered by its author. What
 * cannot end now is taken up at the next unsealing. */
static void
end_what_waited(struct core *core)
{
	struct err none = { 0 };

	if (correct_take_up(core, &none) < 0)
		log_warn("a correction is not ended: %s", none.text);
}

int
clock_confirm(struct core *core, const struct caller *caller, struct id *object,
    json_t **answer, struct err *e)
{
	AUTO(confirming_done)
	struct confirming c = { .core = core, .caller = caller };
	int r;

	/* A jump of this very moment is entered first. */
	if ((r = begin(&c, e)) < 0 || (r = clock_watch(core, e)) < 0 ||
	    (r = commit(&c, e)) < 0)
		return r;
	if (c.confirmed)
		end_what_waited(core);
	*object = c.row.id;
	return answer_of(
	    core, c.leaf, c.confirmed ? CLOCK_CONFIRMED : NULL, answer, e);
}

static int
verify(struct confirming *c, const char *signature, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct approval_subject s;
	int r;

	if ((r = tx_read(c->core->catalog, &tx, e)) < 0 ||
	    (r = check_page(c, &tx, e)) < 0 ||
	    (r = approval_subject_get(&tx, &c->row.id, &s, e)) < 0)
		return r;
	return approval_verify(c->core, &s, c->row.page.p, c->row.page.len,
	    signature, core_now(c->core), &c->approval, e);
}

int
clock_approve(struct core *core, const struct caller *caller,
    const char *signature, struct id *object, json_t **answer, struct err *e)
{
	AUTO(confirming_done)
	struct confirming c = { .core = core, .caller = caller, .signing = 1 };
	int r;

	if ((r = begin(&c, e)) < 0 || (r = verify(&c, signature, e)) < 0)
		return r;
	*object = c.row.id;
	if ((r = commit(&c, e)) < 0)
		return r;
	return answer_of(
	    core, c.leaf, c.confirmed ? CLOCK_CONFIRMED : NULL, answer, e);
}
