#include "daemon/core/publish.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sshsig.h"

#define PUBLISH_MINUTES 60 /* rules of before there was such a figure */

/* One publication or sweep at a time: both rewrite refs and segments. */
static pthread_mutex_t publishing = PTHREAD_MUTEX_INITIALIZER;

static int
sign_commit(void *arg, const uint8_t tree[20], const uint8_t *parent,
    uint32_t version, uint64_t hour, struct buf *commit, struct err *e)
{
	struct core *core = arg;

	return agent_sign_commit(
	    core->agent, tree, parent, version, hour, commit, e);
}

struct wrapped {
	int (*apply)(struct tx *tx, void *arg, struct err *e);
	void *arg;
};

static int
apply_wrapped(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct wrapped *w = arg;

	(void)now_ms;
	return w->apply(tx, w->arg, e);
}

static int
commit_rows(void *arg,
    int (*apply)(struct tx *tx, void *apply_arg, struct err *e),
    void *apply_arg, struct err *e)
{
	struct core *core = arg;
	struct wrapped w = { apply, apply_arg };
	struct change ch = { .apply = apply_wrapped, .arg = &w };

	return commit_run(core->committer, &ch, e);
}

static struct store_hooks
hooks_of(struct core *core)
{
	return (struct store_hooks){
		.arg = core,
		.sign = sign_commit,
		.commit = commit_rows,
	};
}

/* What stock git checks commits with (ssh-keygen(1), ALLOWED SIGNERS). */
static int
write_signers(struct core *core, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	char path[SETTINGS_PATH_MAX];
	int r;

	if ((r = buf_addstr(&text, "* namespaces=\"git\" ", e)) < 0)
		return r;
	pthread_mutex_lock(&core->lock);
	r = core->public == NULL ? err_set(e, ERR_SEALED, "the vault is sealed")
				 : ssh_public_line(core->public->store,
				       core->settings.origin, &text, e);
	pthread_mutex_unlock(&core->lock);
	if (r < 0 || (r = settings_path(&core->settings,
			  "data/store/allowed_signers", path, e)) < 0)
		return r;
	return file_write(AT_FDCWD, path, text.p, text.len, 0600, e);
}

int
core_publish(struct core *core, const struct caller *caller,
    struct store_report *rep, uint64_t *leaf, struct err *e)
{
	struct store_hooks h = hooks_of(core);
	int64_t now = core_now(core);
	struct decision d;
	json_t *detail;
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = core_authorize(
		 core, caller, OP_PUBLISH, NULL, NULL, now, &d, e)) < 0)
		return r;
	detail = json_pack("{s:o}", "decision", decision_json(core, &d));
	r = core_read_leaf(core, caller, LEAF_PUBLISH, NULL, detail, leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	pthread_mutex_lock(&publishing);
	if ((r = write_signers(core, e)) == 0)
		r = store_publish(core->store, &h, rep, e);
	pthread_mutex_unlock(&publishing);
	return r;
}

int64_t
publish_every_ms(const struct core *core)
{
	int64_t minutes;

	if (policy_figure(core->policy, "publication-minutes", &minutes, NULL) <
	    0)
		minutes = PUBLISH_MINUTES;
	return minutes * INT64_C(60000);
}

/* The leaf of what the vault does on its own: what became of it. */
struct own_leaf {
	struct core *core;
	const struct store_report *rep;
	const struct err *why; /* NULL: it went well */
};

static int
enter_own(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct own_leaf *l = arg;
	struct actor actor = { .uid = getuid(), .account = "sceaud" };
	struct audit_entry en = { .klass = LEAF_PUBLISH,
		.outcome = l->why != NULL ? LEAF_FAILED : LEAF_OK,
		.actor = &actor };
	uint64_t leaf;
	int r;

	en.detail = json_pack("{s:I, s:I}", "versions",
	    (json_int_t)l->rep->versions, "refs", (json_int_t)l->rep->refs);
	if (en.detail == NULL)
		return err_set(e, ERR_NOMEM, "publication");
	if (l->why != NULL)
		json_object_set_new(
		    en.detail, "code", json_string(err_name(l->why)));
	r = audit_append(tx, l->core->audit, &en, now_ms, &leaf, e);
	json_decref(en.detail);
	return r;
}

static int
has_new(struct core *core, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	return store_has_unpublished(&tx, e);
}

int
core_publish_new(struct core *core, struct err *e)
{
	struct store_hooks h = hooks_of(core);
	struct store_report rep = { 0 };
	struct err why = { 0 };
	struct own_leaf l = { core, &rep, NULL };
	struct change ch = { .apply = enter_own, .arg = &l };
	int r, entered;

	if ((r = core_check_open(core, e)) < 0 || (r = has_new(core, e)) <= 0)
		return r;
	pthread_mutex_lock(&publishing);
	if ((r = write_signers(core, &why)) == 0)
		r = store_publish(core->store, &h, &rep, &why);
	pthread_mutex_unlock(&publishing);
	if (r < 0)
		l.why = &why;
	entered = commit_run(core->committer, &ch, e);
	if (r < 0 && e != NULL)
		*e = why;
	return r < 0 ? r : entered;
}

int
core_sweep(
    struct core *core, double share, struct store_report *rep, struct err *e)
{
	struct store_hooks h = hooks_of(core);
	struct store_report published = { 0 };
	int r;

	pthread_mutex_lock(&publishing);
	if ((r = store_publish(core->store, &h, &published, e)) == 0)
		r = store_sweep(core->store, &h, share, rep, e);
	pthread_mutex_unlock(&publishing);
	return r;
}
