#include "daemon/api/api.h"

#include "base/civil.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "daemon/core/clock.h"

/* DER to PEM (RFC 7468): lines of 64 symbols. */
static json_t *
pem_json(const struct buf *der)
{
	AUTO(buf_done) struct buf b64 = { 0 }, out = { 0 };
	size_t at, n;

	if (base64_format(der->p, der->len, &b64, NULL) < 0 ||
	    buf_addstr(&out, "-----BEGIN CERTIFICATE-----\n", NULL) < 0)
		return NULL;
	for (at = 0; at < b64.len; at += n) {
		n = b64.len - at < 64 ? b64.len - at : 64;
		if (buf_add(&out, b64.p + at, n, NULL) < 0 ||
		    buf_addstr(&out, "\n", NULL) < 0)
			return NULL;
	}
	if (buf_addstr(&out, "-----END CERTIFICATE-----\n", NULL) < 0)
		return NULL;
	return json_string(buf_str(&out));
}

/* The public keys by which others check the vault's work. */
static int
add_public(struct core *core, json_t *j, struct err *e)
{
	AUTO(buf_done) struct buf vkey = { 0 }, ssh = { 0 };
	int r = 0;

	pthread_mutex_lock(&core->lock);
	if (core->public != NULL &&
	    (r = note_key_format(&core->public->log, &vkey, e)) == 0 &&
	    (r = ssh_public_line(
		 core->public->store, core->settings.origin, &ssh, e)) == 0) {
		json_object_set_new(j, "log_key", json_string(buf_str(&vkey)));
		ssh.len = strcspn(buf_str(&ssh), "\n");
		json_object_set_new(j, "store_key", json_string(buf_str(&ssh)));
		json_object_set_new(
		    j, "certificate", pem_json(&core->public->certificate));
	}
	pthread_mutex_unlock(&core->lock);
	return r;
}

/* Account names, separated by a space, to an array. */
static json_t *
names_json(const char *s)
{
	json_t *a = json_array();
	size_t n;

	for (; *s != '\0'; s += n) {
		s += strspn(s, " ");
		if ((n = strcspn(s, " ")) > 0)
			json_array_append_new(a, json_stringn(s, n));
	}
	return a;
}

static json_t *
policy_json(const struct policy *p)
{
	char hex[2 * SHA256_LEN + 1];

	hex_format(policy_sha256(p), SHA256_LEN, hex);
	return json_pack(
	    "{s:i, s:s}", "version", (int)policy_version(p), "sha256", hex);
}

static int
status_get(struct api_call *c, struct err *e)
{
	struct core *core = c->core;
	struct agent_status st = { .sealed = 1 };
	struct err away = { 0 };
	char vault[ID_TEXT];
	int answers, sealed;

	/* Without its agent the vault is as good as sealed, and says so; also
	 * between the agent's unsealing and ours. */
	answers = agent_status(core->agent, &st, &away) == 0;
	sealed = !answers || st.sealed || core_check_open(core, &away) < 0;
	id_format(&core->settings.vault, vault);
	c->answer =
	    json_pack("{s:s, s:s, s:s, s:b, s:b, s:o, s:i, s:i, s:o, s:I, s:I, "
		      "s:o, s:s}",
		"version", SCEAU_VERSION, "vault", vault, "origin",
		core->settings.origin, "sealed", sealed, "agent", answers,
		"custodians", names_json(st.custodians), "slots", st.slots,
		"generation", (int)st.generation, "policy",
		policy_json(core->policy), "head_size",
		(json_int_t)audit_head_size(core->audit), "room",
		(json_int_t)store_room(core->store), "clock", clock_brief(core),
		"account", c->caller.actor.account);
	if (c->answer == NULL)
		return err_set(e, ERR_NOMEM, "status");
	return add_public(core, c->answer, e);
}

static int
is_offered(const struct decision *d)
{
	return d->allowed ||
	       (d->tag != NULL && strcmp(d->tag, "no-rule") != 0 &&
		   strcmp(d->tag, "nobody") != 0 &&
		   strcmp(d->tag, "kind-unknown") != 0 &&
		   strcmp(d->tag, "other-team") != 0);
}

/* What is always of a kind: of any. */
static int
may(const struct core *core, const struct access_facts *asked)
{
	const struct policy_kind *kinds;
	struct access_facts f = *asked;
	size_t n = policy_kinds(core->policy, &kinds), i;
	struct decision d;

	policy_authorize(core->policy, &f, &d);
	if (d.tag == NULL || strcmp(d.tag, "kind-unknown") != 0)
		return is_offered(&d);
	for (i = 0; i < n; i++) {
		f.kind = kinds[i].name;
		policy_authorize(core->policy, &f, &d);
		if (is_offered(&d))
			return 1;
	}
	return 0;
}

/*
 * May the caller do this at all: of no case, or on an open one of their own,
 * with whatever purpose, statement or kind it takes? For what a client offers;
 * each act is decided anew when it comes.
 */
static int
may_ever(
    const struct core *core, const struct principal *who, enum policy_op op)
{
	struct access_facts f = {
		.who = who, .op = op, .day = civil_day(core_now(core))
	};

	if (may(core, &f))
		return 1;
	/* Who is of no team may have rights in all: "-" is any of them. */
	f.team = who->team != NULL ? who->team : "-";
	f.organisation = who->organisation;
	f.case_state = "open";
	f.own_case = 1;
	return may(core, &f);
}

static int
me_get(struct api_call *c, struct err *e)
{
	const struct principal *who = c->caller.who;
	const char *roles[POLICY_ROLES_MAX + 1];
	json_t *held = json_array(), *ops = json_array();
	size_t i;

	if (who == NULL) {
		json_decref(held);
		json_decref(ops);
		return err_tag(e, ERR_DENIED, "nobody", "no such account");
	}
	policy_roles_of(
	    c->core->policy, who, civil_day(core_now(c->core)), roles);
	for (i = 0; i < POLICY_ROLES_MAX && roles[i] != NULL; i++)
		json_array_append_new(held, json_string(roles[i]));
	for (i = 0; i < OP_COUNT; i++)
		if (may_ever(c->core, who, (enum policy_op)i))
			json_array_append_new(ops,
			    json_string(policy_op_name((enum policy_op)i)));
	c->answer = json_pack("{s:s, s:s*, s:s*, s:s*, s:o, s:o}", "account",
	    who->account, "name", who->name, "team", who->team, "organisation",
	    who->organisation, "roles", held, "operations", ops);
	return c->answer != NULL ? 0 : err_set(e, ERR_NOMEM, "me");
}

const struct route routes_status[] = {
	{ "GET", "/v1/me", API_DOOR_STAFF, 0, me_get, NULL },
	{ "GET", "/v1/status", API_DOOR_STAFF, 0, status_get, NULL },
	{ 0 },
};
