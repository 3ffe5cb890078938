/* The clock over restarts: opening, watching, the end of a run. */
#include "daemon/core/clock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/core/approval.h"
#include "daemon/core/clock_row.h"
#include "daemon/core/json_of.h"

#define DAY_MS INT64_C(86400000)
#define MINUTE_MS INT64_C(60000)
/* Rules of before there was such a figure. */
#define DRIFT_MINUTES 2

/* --- opening -------------------------------------------------------------- */

/* What was confirmed, of a clock ahead or behind, counts as a leaf would. */
static void
take_up_confirmed(struct clock *k, const struct clock_row *row, int64_t last_ms)
{
	int64_t on = last_ms - row->vault_ms;

	k->kept = CLOCK_KEPT_CONFIRMED;
	vault_clock_behind(k->time, row->raw_ms + (on > 0 ? on : 0));
}

static void
take_up_suspect(struct clock *k, const struct clock_row *row)
{
	/* A run that was killed since makes it another suspicion. */
	k->kept =
	    row->planned && !k->planned ? CLOCK_KEPT_OTHER : CLOCK_KEPT_SUSPECT;
	vault_clock_suspect(k->time, row->why, row->since_ms);
}

static int
load(struct core *core, const struct clocks *clocks, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(clock_row_done) struct clock_row row = { 0 };
	struct clock *k = core->clock;
	int64_t last_ms = INT64_MIN;
	uint16_t klass = 0;
	int r, known;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = audit_last(&tx, &klass, &last_ms, e)) < 0 ||
	    (known = r = clock_row_load(&tx, &row, e)) < 0)
		return r;
	k->planned = klass == LEAF_VAULT_STOP;
	if (known && strcmp(row.state, CLOCK_CONFIRMED) == 0 &&
	    row.raw_ms > last_ms)
		last_ms = row.raw_ms;
	if ((r = vault_clock_new(clocks, last_ms, &k->time, e)) < 0)
		return r;
	if (known && strcmp(row.state, CLOCK_CONFIRMED) == 0)
		take_up_confirmed(k, &row, last_ms);
	else if (known)
		take_up_suspect(k, &row);
	return 0;
}

int
clock_open(struct core *core, const struct clocks *clocks, struct err *e)
{
	if ((core->clock = calloc(1, sizeof(*core->clock))) == NULL)
		return err_set(e, ERR_NOMEM, "clock");
	pthread_mutex_init(&core->clock->lock, NULL);
	return load(core, clocks, e);
}

void
clock_freep(struct clock **kp)
{
	struct clock *k = TAKE(*kp);

	if (k == NULL)
		return;
	vault_clock_freep(&k->time);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

void
clock_set_rules(struct core *core, const struct policy *p)
{
	struct err e = { 0 };
	int64_t jump, drift;

	if (policy_figure(p, "clock-jump-days", &jump, &e) < 0) {
		log_warn("rules: %s", e.text);
		return;
	}
	if (policy_figure(p, "clock-drift-minutes", &drift, &e) < 0)
		drift = DRIFT_MINUTES;
	vault_clock_rules(core->clock->time, jump * DAY_MS, drift * MINUTE_MS);
}

/* --- reading -------------------------------------------------------------- */

int64_t
core_now(const struct core *core)
{
	struct clock_reading now;

	vault_clock_read(core->clock->time, &now);
	return now.vault_ms;
}

int
core_clock_suspect(const struct core *core)
{
	struct clock_reading now;

	vault_clock_read(core->clock->time, &now);
	return now.trust != CLOCK_TRUSTED;
}

int
clock_check(const struct core *core, struct err *e)
{
	if (!core_clock_suspect(core))
		return 0;
	return err_tag(e, ERR_CONFLICT, "clock-suspect",
	    "the machine's clock is not believed: nothing is destroyed until "
	    "it is confirmed");
}

json_t *
clock_brief(const struct core *core)
{
	struct clock_reading now;
	json_t *j;

	vault_clock_read(core->clock->time, &now);
	j = json_pack("{s:b, s:b, s:o, s:o}", "suspect",
	    now.trust != CLOCK_TRUSTED, "behind", now.behind, "vault_at",
	    json_of_time(now.vault_ms), "clock_at", json_of_time(now.raw_ms));
	if (j == NULL || now.trust == CLOCK_TRUSTED)
		return j;
	if (json_object_set_new(j, "since", json_of_time(now.since_ms)) < 0 ||
	    json_object_set_new(j, "why", json_string(clock_why(now.trust))) <
		0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

/* --- watching ------------------------------------------------------------- */

struct watching {
	struct core *core;
	struct clock_reading now;
	int kept; /* after it */
};

static int
enter_leaf(struct watching *w, struct tx *tx, const struct clock_row *row,
    const char *state, int64_t now_ms, struct err *e)
{
	struct actor actor = { .uid = getuid(), .account = "sceaud" };
	struct audit_entry en = {
		.klass = LEAF_CLOCK_SUSPECT, .actor = &actor, .object = row->id
	};
	uint64_t leaf;
	int r;

	en.detail = json_pack("{s:s, s:s, s:b, s:o, s:o, s:o}", "state", state,
	    "why", clock_why(row->why), "planned", row->planned, "since",
	    json_of_time(row->since_ms), "vault_at",
	    json_of_time(w->now.vault_ms), "clock_at",
	    json_of_time(w->now.raw_ms));
	if (en.detail == NULL)
		return err_set(e, ERR_NOMEM, "clock");
	r = audit_append(tx, w->core->audit, &en, now_ms, &leaf, e);
	json_decref(en.detail);
	return r;
}

/* A suspicion of its own: what was signed for another has no part in it. */
static int
begin_suspicion(
    struct watching *w, struct tx *tx, int64_t now_ms, struct err *e)
{
	struct clock_row row = {
		.state = CLOCK_SUSPECT,
		.why = w->now.trust,
		.planned =
		    w->core->clock->planned && w->now.trust != CLOCK_STEP,
		.since_ms = w->now.since_ms,
		.vault_ms = w->now.vault_ms,
		.raw_ms = w->now.raw_ms,
	};
	int r;

	if ((r = id_random(&row.id, e)) < 0 ||
	    (r = clock_row_put(tx, &row, e)) < 0)
		return r;
	return enter_leaf(w, tx, &row, CLOCK_SUSPECT, now_ms, e);
}

/* The clock agrees with vault time again, or has caught up with it. */
static int
end_suspicion(struct watching *w, struct tx *tx, int64_t now_ms, struct err *e)
{
	AUTO(clock_row_done) struct clock_row row = { 0 };
	int r;

	if ((r = clock_row_load(tx, &row, e)) <= 0)
		return r;
	if ((r = approval_void(tx, &row.id, e)) < 0 ||
	    (r = clock_row_drop(tx, e)) < 0)
		return r;
	return enter_leaf(w, tx, &row, "agrees", now_ms, e);
}

static int
apply_watch(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct watching *w = arg;

	vault_clock_read(w->core->clock->time, &w->now);
	if (w->now.trust != CLOCK_TRUSTED) {
		w->kept = CLOCK_KEPT_SUSPECT;
		return begin_suspicion(w, tx, now_ms, e);
	}
	w->kept = CLOCK_KEPT_NOTHING;
	return end_suspicion(w, tx, now_ms, e);
}

/* Does the catalog say what the clock is? */
static int
is_entered(const struct clock_reading *now, int kept)
{
	if (now->trust != CLOCK_TRUSTED)
		return kept == CLOCK_KEPT_SUSPECT;
	return kept == CLOCK_KEPT_NOTHING ||
	       (kept == CLOCK_KEPT_CONFIRMED && now->behind);
}

int
clock_watch(struct core *core, struct err *e)
{
	struct watching w = { .core = core };
	struct change ch = { .apply = apply_watch, .arg = &w };
	int r;

	pthread_mutex_lock(&core->clock->lock);
	vault_clock_read(core->clock->time, &w.now);
	if (is_entered(&w.now, core->clock->kept)) {
		pthread_mutex_unlock(&core->clock->lock);
		return 0;
	}
	if ((r = commit_run(core->committer, &ch, e)) == 0)
		core->clock->kept = w.kept;
	pthread_mutex_unlock(&core->clock->lock);
	if (r < 0)
		return r;
	if (w.now.trust != CLOCK_TRUSTED)
		log_warn("the clock is not believed (%s): nothing is destroyed "
			 "until it is confirmed",
		    clock_why(w.now.trust));
	else
		log_note("the clock agrees with the vault's time");
	return 0;
}

/* --- the end of a run -------------------------------------------------------
 */

static int
apply_stop(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct core *core = arg;
	struct actor actor = { .uid = getuid(), .account = "sceaud" };
	struct audit_entry en = { .klass = LEAF_VAULT_STOP, .actor = &actor };
	uint64_t leaf;

	return audit_append(tx, core->audit, &en, now_ms, &leaf, e);
}

int
clock_stop(struct core *core, struct err *e)
{
	struct change ch = { .apply = apply_stop, .arg = core };
	int r;

	if ((r = clock_watch(core, e)) < 0)
		return r;
	return commit_run(core->committer, &ch, e);
}
