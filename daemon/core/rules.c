/* The rules in force: opening, the sets that are kept, which one decides. */
#include "daemon/core/rules.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/core/clock.h"
#include "daemon/core/rules_rows.h"

/* A set that was loaded. None is let go before the daemon ends, because who
 * decides holds its strings without counting. */
struct kept {
	uint32_t generation;
	struct policy *policy;
	struct kept *next;
};

struct rules {
	pthread_mutex_t lock; /* guards kept */
	struct kept *kept;
	pthread_mutex_t applying; /* one set at a time takes its place */
};

/* --- sets ---------------------------------------------------------------- */

static struct kept *
find_kept(struct rules *rules, uint32_t generation)
{
	struct kept *k;

	for (k = rules->kept; k != NULL; k = k->next)
		if (k->generation == generation)
			return k;
	return NULL;
}

int
rules_keep(
    struct core *core, uint32_t generation, struct policy *p, struct err *e)
{
	struct kept *k = calloc(1, sizeof(*k));

	if (k == NULL) {
		policy_freep(&p);
		return err_set(e, ERR_NOMEM, "rules");
	}
	k->generation = generation;
	k->policy = p;
	pthread_mutex_lock(&core->rules->lock);
	k->next = core->rules->kept;
	core->rules->kept = k;
	pthread_mutex_unlock(&core->rules->lock);
	return 0;
}

/* Leaves carry the version, and vault time obeys the rules too. */
static void
set_audit(struct core *core, const struct policy *p)
{
	audit_set_policy(core->audit, policy_version(p));
	clock_set_rules(core, p);
}

void
rules_switch(struct core *core, uint32_t generation)
{
	struct kept *k;

	pthread_mutex_lock(&core->rules->lock);
	k = find_kept(core->rules, generation);
	if (k != NULL)
		core->policy = k->policy;
	pthread_mutex_unlock(&core->rules->lock);
	if (k != NULL)
		set_audit(core, k->policy);
}

uint32_t
rules_generation_of(const struct core *core, const struct policy *p)
{
	uint32_t generation = 0;
	struct kept *k;

	if (core->rules == NULL)
		return 0;
	pthread_mutex_lock(&core->rules->lock);
	for (k = core->rules->kept; k != NULL && generation == 0; k = k->next)
		if (k->policy == p)
			generation = k->generation;
	pthread_mutex_unlock(&core->rules->lock);
	return generation;
}

uint32_t
rules_generation(const struct core *core)
{
	return rules_generation_of(core, core->policy);
}

/* From the catalog; another thread may load the same one meanwhile. */
static int
load_generation(struct core *core, uint32_t generation, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(rules_row_done) struct rules_row row = { 0 };
	AUTO(rules_files_done) struct rules_files f = { 0 };
	struct policy *p = NULL;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = rules_row_of(&tx, generation, &row, e)) < 0 ||
	    (r = rules_files_load(&tx, &row.id, &f, e)) < 0 ||
	    (r = policy_load_files(f.v, f.n, &p, NULL, e)) < 0)
		return r;
	return rules_keep(core, generation, p, e);
}

static const struct policy *
look_up(struct rules *rules, uint32_t generation)
{
	struct kept *k;

	pthread_mutex_lock(&rules->lock);
	k = find_kept(rules, generation);
	pthread_mutex_unlock(&rules->lock);
	return k != NULL ? k->policy : NULL;
}

int
rules_at(struct core *core, uint32_t generation, const struct policy **out,
    struct err *e)
{
	const struct policy *p = look_up(core->rules, generation);
	int r;

	if (p == NULL) {
		if ((r = load_generation(core, generation, e)) < 0)
			return r;
		p = look_up(core->rules, generation);
	}
	*out = p;
	return 0;
}

int
rules_when(
    struct core *core, int64_t at_ms, uint32_t *generation, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT coalesce(max(generation), 1) FROM rule_set"
		 " WHERE at <= ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, at_ms, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	*generation = (uint32_t)sql_get_int(q, 0);
	return 0;
}

void
rules_enter(struct core *core)
{
	pthread_mutex_lock(&core->rules->applying);
}

void
rules_leave(struct core *core)
{
	pthread_mutex_unlock(&core->rules->applying);
}

void
rules_freep(struct rules **rp)
{
	struct rules *rules = TAKE(*rp);
	struct kept *k, *next;

	if (rules == NULL)
		return;
	for (k = rules->kept; k != NULL; k = next) {
		next = k->next;
		policy_freep(&k->policy);
		free(k);
	}
	pthread_mutex_destroy(&rules->lock);
	pthread_mutex_destroy(&rules->applying);
	free(rules);
}

/* --- the first set -------------------------------------------------------- */

struct genesis {
	struct core *core;
	struct rules_row row;
	struct rules_files files;
};

static int
genesis_leaf(struct genesis *g, struct tx *tx, int64_t now_ms, struct err *e)
{
	struct actor actor = { .uid = g->row.uid };
	struct audit_entry en = { .klass = LEAF_POLICY,
		.actor = &actor,
		.object = g->row.id,
		.bind = g->row.set };
	char set[2 * SHA256_LEN + 1];
	int r;

	snprintf(actor.account, sizeof(actor.account), "%s", g->row.account);
	hex_format(g->row.set, SHA256_LEN, set);
	en.detail = json_pack("{s:i, s:i, s:s, s:s}", "generation", 1,
	    "version", (int)g->row.version, "set", set, "what", g->row.what);
	if (en.detail == NULL)
		return err_set(e, ERR_NOMEM, "rules");
	r = audit_append(
	    tx, g->core->audit, &en, now_ms, &g->row.applied_leaf, e);
	json_decref(en.detail);
	return r;
}

static int
apply_genesis(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct genesis *g = arg;
	int r;

	g->row.at_ms = audit_time(g->core->audit, now_ms);
	if ((r = genesis_leaf(g, tx, now_ms, e)) < 0)
		return r;
	g->row.leaf = g->row.applied_leaf;
	g->row.applied_ms = g->row.at_ms;
	if ((r = rules_insert(tx, &g->row, &g->files, e)) < 0)
		return r;
	return rules_insert_generation(tx, &g->row, e);
}

/* What sceau init laid down is what everything begins with; the first leaf
 * of the log says so. */
static int
enter_genesis(struct core *core, const struct policy *p, struct err *e)
{
	struct genesis g = { .core = core };
	struct change ch = { .apply = apply_genesis, .arg = &g };
	int r;

	g.row.generation = 1;
	g.row.uid = g.row.applied_uid = geteuid();
	snprintf(g.row.what, sizeof(g.row.what), "genesis");
	snprintf(g.row.account, sizeof(g.row.account), "sceaud");
	snprintf(g.row.applied_by, sizeof(g.row.applied_by), "sceaud");
	rules_files_of(p, &g.files);
	if ((r = id_random(&g.row.id, e)) < 0 ||
	    (r = rules_row_fill(&g.row, p, &g.files, e)) < 0)
		return r;
	return commit_run(core->committer, &ch, e);
}

static int
begin(struct core *core, struct policy **folder, struct err *e)
{
	struct policy *p = TAKE(*folder);
	int r;

	if (audit_size(core->audit) > 0) {
		policy_freep(&p);
		return err_tag(e, ERR_INCONSISTENT, "rules-edited",
		    "the log has leaves, and the catalog no rules");
	}
	/* Its own leaf already carries its version. */
	set_audit(core, p);
	if ((r = rules_keep(core, 1, p, e)) < 0 ||
	    (r = enter_genesis(core, p, e)) < 0)
		return r;
	rules_switch(core, 1);
	return 0;
}

/* --- the folder ------------------------------------------------------------
 */

/* How the folder differs from a set, in names of files. */
static int
differences(const struct rules_files *folder, const struct rules_files *set,
    struct buf *out, size_t *n, struct err *e)
{
	const struct policy_file *b;
	size_t i;
	int r = 0;

	*n = 0;
	for (i = 0; i < folder->n && r == 0; i++) {
		b = rules_file_named(set, folder->v[i].name);
		if (b != NULL && b->n == folder->v[i].n &&
		    memcmp(b->p, folder->v[i].p, b->n) == 0)
			continue;
		(*n)++;
		r = buf_addf(out, e, " %s", folder->v[i].name);
	}
	for (i = 0; i < set->n && r == 0; i++)
		if (rules_file_named(folder, set->v[i].name) == NULL) {
			(*n)++;
			r = buf_addf(out, e, " %s (missing)", set->v[i].name);
		}
	return r;
}

struct closest {
	struct buf names;
	size_t n;
	uint32_t generation;
};

static int
compare_with(struct core *core, const struct rules_files *folder,
    uint32_t generation, struct closest *best, struct err *e)
{
	AUTO(buf_done) struct buf names = { 0 };
	struct rules_files set = { 0 };
	const struct policy *p;
	size_t n;
	int r;

	if ((r = rules_at(core, generation, &p, e)) < 0)
		return r;
	rules_files_of(p, &set);
	if ((r = differences(folder, &set, &names, &n, e)) < 0)
		return r;
	if (best->generation == 0 || n < best->n) {
		buf_done(&best->names);
		best->names = names;
		memset(&names, 0, sizeof(names));
		best->n = n;
		best->generation = generation;
	}
	return 0;
}

/*
 * The folder is one of the generations: the newest, or an older one, because
 * applying does not write there. Else somebody edited it, and who starts the
 * vault believes that to be in force.
 */
static int
check_folder(struct core *core, const struct policy *folder, uint32_t newest,
    struct err *e)
{
	AUTO(buf_done) struct buf names = { 0 };
	struct closest best = { 0 };
	struct rules_files files = { 0 };
	uint32_t g;
	int r = 0;

	rules_files_of(folder, &files);
	for (g = newest; g > 0 && r == 0; g--) {
		r = compare_with(core, &files, g, &best, e);
		if (best.generation > 0 && best.n == 0)
			break;
	}
	names = best.names;
	if (r < 0)
		return r;
	if (best.n > 0)
		return err_tag(e, ERR_INCONSISTENT, "rules-edited",
		    "the policy folder was edited without signatures:%.160s",
		    buf_str(&names));
	if (best.generation != newest)
		log_warn("the policy folder has generation %u of the rules; "
			 "%u is in force",
		    best.generation, newest);
	return 0;
}

/* --- opening ----------------------------------------------------------------
 */

static int
open_known(struct core *core, uint32_t newest, const struct policy *folder,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = rules_check(core, &tx, newest, e)) < 0 ||
	    (r = check_folder(core, folder, newest, e)) < 0)
		return r;
	rules_switch(core, newest);
	return 0;
}

static int
count_generations(struct core *core, uint32_t *newest, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	return rules_newest(&tx, newest, e);
}

int
rules_open(struct core *core, const char *dir, struct err *e)
{
	AUTO(policy_freep) struct policy *folder = NULL;
	struct rules *rules = calloc(1, sizeof(*rules));
	uint32_t newest;
	int r;

	if (rules == NULL)
		return err_set(e, ERR_NOMEM, "rules");
	pthread_mutex_init(&rules->lock, NULL);
	pthread_mutex_init(&rules->applying, NULL);
	core->rules = rules;
	if ((r = count_generations(core, &newest, e)) < 0)
		return r;
	r = policy_load(dir, &folder, NULL, e);
	if (r == -(int)ERR_INVALID && newest > 0) {
		struct err why = *e;

		return err_tag(e, ERR_INCONSISTENT, "rules-edited",
		    "the policy folder was edited: %.180s", why.text);
	}
	if (r < 0)
		return r;
	return newest == 0 ? begin(core, &folder, e)
			   : open_known(core, newest, folder, e);
}
