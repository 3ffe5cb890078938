#include "daemon/watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/core/attest.h"
#include "daemon/core/correct.h"

#define WAIT_MS 500
#define RETRY_MS 1000

struct watch {
	struct core *core;
	char path[SETTINGS_PATH_MAX];
	uid_t uid_keys;
	pthread_t thread;
	int stop; /* eventfd */
	int open; /* the core was told of an unseal */
};

/* What each ceremony is in the log. */
static const struct {
	enum agent_event_kind kind;
	enum leaf_class klass;
	enum leaf_outcome outcome;
	const char *what;
} ceremonies[] = {
	{ AGENT_UNSEALED, LEAF_UNSEAL, LEAF_OK, "unsealed" },
	{ AGENT_SEALED, LEAF_SEAL, LEAF_OK, "sealed" },
	{ AGENT_UNSEAL_FAILED, LEAF_UNSEAL, LEAF_DENIED, "wrong passphrase" },
	{ AGENT_REFUSED_PEER, LEAF_UNSEAL, LEAF_DENIED, "not a custodian" },
	{ AGENT_RESTORED, LEAF_KEY_CEREMONY, LEAF_OK,
	    "older data restored: the last signed head was set aside" },
	{ AGENT_ATTESTED, LEAF_KEY_CEREMONY, LEAF_OK,
	    "a custodian stands behind a page" },
	{ AGENT_ATTEST_FAILED, LEAF_KEY_CEREMONY, LEAF_DENIED,
	    "wrong passphrase for a page" },
	{ AGENT_SELF_SEALED, LEAF_SEAL, LEAF_FAILED,
	    "the agent sealed itself: a promise about the log was broken" },
};

static void
became_sealed(struct watch *w)
{
	if (w->open)
		core_sealed(w->core);
	w->open = 0;
}

static void
became_open(struct watch *w)
{
	struct err e = { 0 };

	if (w->open)
		return;
	if (core_unsealed(w->core, &e) < 0) {
		log_error("after the unsealing: %s", e.text);
		return;
	}
	w->open = 1;
	/* What a crash cut ends now; if it cannot, it waits, and is told. */
	if (correct_take_up(w->core, &e) < 0)
		log_error("a correction is not ended: %s", e.text);
}

static int
is_of_page(const struct agent_event *ev)
{
	return ev->kind == AGENT_ATTESTED || ev->kind == AGENT_ATTEST_FAILED;
}

struct ceremony_leaf {
	struct core *core;
	const struct agent_event *ev;
	size_t row;
};

static int
enter_ceremony(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct ceremony_leaf *c = arg;
	struct actor actor = { .uid = c->ev->uid };
	struct audit_entry en = {
		.klass = ceremonies[c->row].klass,
		.outcome = ceremonies[c->row].outcome,
		.actor = &actor,
	};
	char page[2 * SHA256_LEN + 1];
	uint64_t seq;
	int r;

	snprintf(actor.account, sizeof(actor.account), "%s", c->ev->account);
	snprintf(actor.role, sizeof(actor.role), "custodian");
	en.detail = json_pack("{s:s}", "what", ceremonies[c->row].what);
	if (is_of_page(c->ev)) {
		hex_format(c->ev->digest, sizeof(c->ev->digest), page);
		json_object_set_new(en.detail, "page", json_string(page));
	}
	r = audit_append(tx, c->core->audit, &en, now_ms, &seq, e);
	json_decref(en.detail);
	if (r < 0 || c->ev->kind != AGENT_ATTESTED)
		return r;
	return attest_enter(tx, c->ev->digest, &actor,
	    audit_time(c->core->audit, now_ms), seq, e);
}

/* The core first, so that the leaf can have its detail; then the leaf; then
 * the agent may forget the event. */
static int
take_event(struct watch *w, struct agent *a, const struct agent_event *ev,
    struct err *e)
{
	struct ceremony_leaf c = { w->core, ev, 0 };
	struct change ch = { .apply = enter_ceremony, .arg = &c };
	int r;

	if (ev->kind == AGENT_UNSEALED)
		became_open(w);
	else if (ev->kind == AGENT_SEALED || ev->kind == AGENT_SELF_SEALED)
		became_sealed(w);
	while (c.row < NELEMS(ceremonies) && ceremonies[c.row].kind != ev->kind)
		c.row++;
	if (c.row < NELEMS(ceremonies) &&
	    (r = commit_run(w->core->committer, &ch, e)) < 0)
		return r;
	return agent_event_done(a, ev->number, e);
}

static int
stopped(struct watch *w, int timeout_ms)
{
	struct pollfd p = { .fd = w->stop, .events = POLLIN };

	return poll(&p, 1, timeout_ms) > 0;
}

/* One connection's life. Returns when it breaks or we stop. */
static void
follow(struct watch *w, struct agent *a)
{
	struct agent_status st;
	struct agent_event ev;
	struct err e = { 0 };
	int r;

	if (agent_status(a, &st, &e) < 0)
		return;
	if (!st.sealed)
		became_open(w);
	while (!stopped(w, 0)) {
		r = agent_event(a, WAIT_MS, &ev, &e);
		if (r == 0)
			r = take_event(w, a, &ev, &e);
		if (r < 0 && r != -(int)ERR_BUSY) {
			log_warn("agent: %s", e.text);
			return;
		}
	}
}

static void *
watching(void *arg)
{
	struct watch *w = arg;

	while (!stopped(w, 0)) {
		AUTO(agent_freep) struct agent *a = NULL;
		struct err e = { 0 };

		if (agent_open(w->path, w->uid_keys, &a, &e) == 0)
			follow(w, a);
		if (stopped(w, 0))
			break;
		became_sealed(w);
		if (stopped(w, RETRY_MS))
			break;
	}
	return NULL;
}

int
watch_open(struct core *core, const char *agent_path, uid_t uid_keys,
    struct watch **out, struct err *e)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return err_set(e, ERR_NOMEM, "watcher");
	w->core = core;
	w->uid_keys = uid_keys;
	snprintf(w->path, sizeof(w->path), "%s", agent_path);
	if ((w->stop = eventfd(0, EFD_CLOEXEC)) < 0 ||
	    pthread_create(&w->thread, NULL, watching, w) != 0) {
		if (w->stop >= 0)
			close(w->stop);
		free(w);
		return err_set(e, ERR_NOMEM, "watcher thread");
	}
	*out = w;
	return 0;
}

void
watch_freep(struct watch **w)
{
	uint64_t one = 1;

	if (*w == NULL)
		return;
	(void)!write((*w)->stop, &one, sizeof(one));
	pthread_join((*w)->thread, NULL);
	close((*w)->stop);
	free(*w);
	*w = NULL;
}
