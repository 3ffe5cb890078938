#include "daemon/core/core.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "daemon/core/case.h"
#include "daemon/core/clock_row.h"
#include "daemon/core/document.h"
#include "daemon/core/glass.h"
#include "daemon/core/idempotency.h"
#include "daemon/core/keypool.h"
#include "daemon/core/rules.h"
#include "daemon/core/search.h"
#include "daemon/core/step_up.h"
#include "daemon/core/tables.h"
#include "daemon/core/upload.h"

/* --- opening -----------------------------------------------------------------
 */

static int
open_catalog(struct core *c, struct err *e)
{
	char path[SETTINGS_PATH_MAX];
	const char *const *schemas;
	size_t n = tables_schemas(&schemas);
	int r;

	if ((r = settings_path(&c->settings, "data", path, e)) < 0 ||
	    (r = dir_make(AT_FDCWD, path, 0700, e)) < 0 ||
	    (r = settings_path(&c->settings, "data/catalog.db", path, e)) < 0)
		return r;
	return catalog_open(path, schemas, n, &c->catalog, e);
}

static int
open_agent(struct core *c, struct err *e)
{
	char path[SETTINGS_PATH_MAX];
	int r;

	if ((r = settings_path(&c->settings, "run/agent.sock", path, e)) < 0 ||
	    (r = agent_open(path, c->settings.uid_keys, &c->agent, e)) < 0 ||
	    (r = settings_path(&c->settings, "run/inspect.sock", path, e)) < 0)
		return r;
	return inspector_open(path, c->settings.uid_inspect, &c->inspector, e);
}

static int
open_store(struct core *c, struct err *e)
{
	char path[SETTINGS_PATH_MAX];
	int r;

	if ((r = settings_path(&c->settings, "data/store", path, e)) < 0 ||
	    (r = store_open(
		 path, c->catalog, c->settings.reserve, &c->store, e)) < 0 ||
	    (r = settings_path(&c->settings, "data/audit", path, e)) < 0)
		return r;
	if ((r = audit_open(path, c->catalog, c->agent, &c->settings.vault,
		 &c->audit, e)) < 0)
		return r;
	return step_ups_new(audit_size(c->audit), &c->step_ups, e);
}

static int
open_rest(struct core *c, struct err *e)
{
	char path[SETTINGS_PATH_MAX];
	int r;

	if ((r = keypool_open(c->agent, &c->keys, e)) < 0 ||
	    (r = uploads_open(&c->uploads, e)) < 0 ||
	    (r = inflight_open(&c->inflight, e)) < 0 ||
	    (r = settings_path(&c->settings, "data/search", path, e)) < 0 ||
	    (r = search_open(path, &c->settings.vault, &c->search, e)) < 0)
		return r;
	if ((r = glass_open(c, &c->glass, e)) < 0)
		return r;
	return committer_open(
	    c->catalog, c->store, c->audit, c->clock->time, &c->committer, e);
}

/* They are in the catalog, with their leaves: everything else comes first. */
static int
open_rules(struct core *c, struct err *e)
{
	char path[SETTINGS_PATH_MAX];
	int r;

	if ((r = settings_path(&c->settings, "policy", path, e)) < 0)
		return r;
	return rules_open(c, path, e);
}

/* A daemon that starts beside an open agent is open at once. */
static int
open_if_unsealed(struct core *c, struct err *e)
{
	struct agent_status st;
	int r;

	if ((r = agent_status(c->agent, &st, e)) < 0)
		return r;
	return st.sealed ? 0 : core_unsealed(c, e);
}

int
core_open_by(const struct settings *s, const struct clocks *clocks,
    struct core **out, struct err *e)
{
	AUTO(core_freep) struct core *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return err_set(e, ERR_NOMEM, "core");
	c->settings = *s;
	pthread_mutex_init(&c->lock, NULL);
	if ((r = open_catalog(c, e)) < 0 || (r = open_agent(c, e)) < 0 ||
	    (r = open_store(c, e)) < 0 || (r = clock_open(c, clocks, e)) < 0 ||
	    (r = open_rest(c, e)) < 0 || (r = open_rules(c, e)) < 0 ||
	    (r = open_if_unsealed(c, e)) < 0)
		return r;
	*out = TAKE(c);
	return 0;
}

int
core_open(const struct settings *s, int64_t (*now_ms)(void), struct core **out,
    struct err *e)
{
	const struct clocks clocks = { .now_ms = now_ms };

	return core_open_by(s, &clocks, out, e);
}

static void
public_free(struct agent_public *p)
{
	if (p != NULL)
		agent_public_done(p);
	free(p);
}

void
core_freep(struct core **cp)
{
	struct core *c = TAKE(*cp);

	if (c == NULL)
		return;
	committer_freep(&c->committer);
	search_freep(&c->search);
	inflight_freep(&c->inflight);
	uploads_freep(&c->uploads);
	keypool_freep(&c->keys);
	glass_freep(&c->glass);
	step_ups_freep(&c->step_ups);
	clock_freep(&c->clock);
	audit_freep(&c->audit);
	store_freep(&c->store);
	inspector_freep(&c->inspector);
	agent_freep(&c->agent);
	catalog_freep(&c->catalog);
	rules_freep(&c->rules);
	public_free(c->public);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* --- sealed and unsealed
 * ------------------------------------------------------- */

/* The greatest key number that any row uses, plus one. */
static int
number_floor(struct core *c, uint64_t *floor, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	const char *const *texts;
	size_t i, n = tables_key_maxima(&texts);
	uint64_t top = 0, one;
	int r;

	if ((r = tx_read(c->catalog, &tx, e)) < 0)
		return r;
	for (i = 0; i < n; i++) {
		AUTO(sql_done) struct sql *q = NULL;

		if ((r = sql_open(&tx, texts[i], &q, e)) < 0 ||
		    (r = sql_step(q, e)) < 0)
			return r;
		if (r > 0 && !sql_is_null(q, 0)) {
			one = (uint64_t)sql_get_int(q, 0) + 1;
			top = one > top ? one : top;
		}
	}
	*floor = top;
	return 0;
}

static int
fetch_public(struct core *c, struct err *e)
{
	struct agent_public *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL)
		return err_set(e, ERR_NOMEM, "public keys");
	if ((r = agent_public(c->agent, p, e)) < 0) {
		free(p);
		return r;
	}
	pthread_mutex_lock(&c->lock);
	public_free(c->public);
	c->public = p;
	pthread_mutex_unlock(&c->lock);
	return 0;
}

static void
set_open(struct core *c, int open)
{
	pthread_mutex_lock(&c->lock);
	c->open = open;
	pthread_mutex_unlock(&c->lock);
}

/* Once in a run, before anything is drawn in it. */
static int
note_keys_before(struct core *c, uint64_t floor, struct err *e)
{
	struct agent_status st;
	int r;

	if ((r = agent_status(c->agent, &st, e)) < 0)
		return r;
	pthread_mutex_lock(&c->lock);
	if (c->keys_before == 0)
		c->keys_before = st.given > floor ? st.given : floor;
	pthread_mutex_unlock(&c->lock);
	return 0;
}

int
core_unsealed(struct core *c, struct err *e)
{
	uint64_t floor = 0;
	int r;

	if ((r = fetch_public(c, e)) < 0 ||
	    (r = number_floor(c, &floor, e)) < 0 ||
	    (r = agent_floor(c->agent, floor, e)) < 0 ||
	    (r = note_keys_before(c, floor, e)) < 0)
		return r;
	keypool_fill(c->keys, floor);
	set_open(c, 1);
	if ((r = search_load(c, e)) < 0) {
		core_sealed(c);
		return r;
	}
	return 0;
}

void
core_sealed(struct core *c)
{
	set_open(c, 0);
	keypool_seal(c->keys);
	audit_seal(c->audit);
	uploads_reset(c->uploads);
	search_drop(c->search);
}

int
core_check_open(struct core *c, struct err *e)
{
	int open;

	pthread_mutex_lock(&c->lock);
	open = c->open;
	pthread_mutex_unlock(&c->lock);
	return open ? 0 : err_set(e, ERR_SEALED, "the vault is sealed");
}
