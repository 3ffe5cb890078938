#include "daemon/core/disclosure.h"

#include <fcntl.h>

#include "base/file.h"
#include "base/seal.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/cms.h"
#include "daemon/core/notice.h"
#include "daemon/core/payload.h"
#include "daemon/core/register.h"

#define DAY_MS INT64_C(86400000)
#define HOUR_MS INT64_C(3600000)

static json_t *
id_json(const struct id *id)
{
	char text[ID_TEXT];

	id_format(id, text);
	return json_string(text);
}

static json_t *
time_json(int64_t ms)
{
	char text[TIME_TEXT];

	if (ms == 0)
		return json_null();
	time_format(ms, text);
	return json_string(text);
}

/* --- deciding ---------------------------------------------------------------
 */

/* What an extract to a recipient would rest on. */
struct disclosing {
	struct core *core;
	const struct caller *caller;
	const char *recipient, *purpose;
	struct case_facts kase;
	struct consents_in_force consents;
	struct disclosure_decision d;
	struct decision access;
	const struct policy_recipient *to;
	int64_t now_ms;
};

/* Ask the policy with the facts as tx sees them. */
static int
decide(struct core *core, struct tx *tx, const struct case_facts *kase,
    const char *recipient, const char *purpose, int64_t now_ms,
    struct consents_in_force *consents, struct disclosure_decision *d,
    struct err *e)
{
	struct disclosure_facts f = {
		.recipient = recipient,
		.purpose = purpose,
		.stage = kase->stage,
		.case_state = kase->state,
		.day = (int32_t)(now_ms / DAY_MS),
	};
	int r;

	if ((r = consents_of_case(core, tx, &kase->id, now_ms, consents, e)) <
	    0)
		return r;
	f.consents = consents->purposes;
	f.objection = consents->objection;
	policy_disclose(core->policy, &f, d);
	if (!d->allowed)
		return err_tag(e, ERR_DENIED, d->tag, "%s", d->why);
	return 0;
}

static int
begin(struct disclosing *x, const char *kase, enum policy_op op,
    struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	x->now_ms = x->core->now_ms();
	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(x->core, &tx, x->caller, kase, op, NULL,
		 x->now_ms, &x->kase, object, &x->access, e)) < 0)
		return r;
	x->to = policy_recipient(x->core->policy, x->recipient);
	if (x->to == NULL)
		return err_tag(e, ERR_DENIED, "recipient-unknown",
		    "no such recipient: %.64s", x->recipient);
	return decide(x->core, &tx, &x->kase, x->recipient, x->purpose,
	    x->now_ms, &x->consents, &x->d, e);
}

/* The decision as leaves and answers tell it. */
static json_t *
disclosure_json(const struct disclosing *x)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:o}",
	    "recipient", x->recipient, "purpose", x->d.rule->purpose, "rule",
	    x->d.rule->name, "basis", x->d.rule->basis, "citation",
	    x->d.rule->citation, "policy", (int)policy_version(x->core->policy),
	    "why", x->d.why, "decision", decision_json(x->core, &x->access));
}

static json_t *
consent_json(const struct disclosing *x)
{
	json_t *ids = json_array();
	size_t i;

	if (x->d.rule->consent == NULL) {
		json_decref(ids);
		return json_null();
	}
	for (i = 0; x->consents.purposes[i] != NULL; i++)
		if (strcmp(x->consents.purposes[i], x->d.rule->consent) == 0)
			json_array_append_new(
			    ids, id_json(&x->consents.ids[i]));
	return json_pack("{s:s, s:b, s:o}", "purpose", x->d.rule->consent,
	    "in_force", 1, "consents", ids);
}

static int
leaf_of(const struct disclosing *x, enum leaf_class klass, uint64_t *leaf,
    struct err *e)
{
	json_t *detail = disclosure_json(x);
	int r;

	r = core_read_leaf(
	    x->core, x->caller, klass, &x->kase.id, detail, leaf, e);
	json_decref(detail);
	return r;
}

static int64_t
expiry_of(const struct disclosing *x, int64_t from_ms)
{
	return from_ms + x->d.rule->expires_days * DAY_MS;
}

/* --- preview ----------------------------------------------------------------
 */

int
extract_preview(struct core *core, const struct caller *caller,
    const char *kase, const char *recipient, const char *purpose,
    struct id *object, json_t **answer, struct err *e)
{
	struct disclosing x = {
		.core = core,
		.caller = caller,
		.recipient = recipient,
		.purpose = purpose,
	};
	struct gathered g = { 0 };
	uint64_t leaf;
	json_t *j;
	int r;

	if ((r = begin(&x, kase, OP_EXTRACT_PREVIEW, object, e)) < 0 ||
	    (r = leaf_of(&x, LEAF_EXTRACT_PREVIEW, &leaf, e)) < 0 ||
	    (r = gather(core, &x.kase.id, x.d.rule, leaf, &g, e)) < 0)
		return r;
	j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:O, s:O, s:O,"
		      " s:o, s:I}",
	    "recipient", recipient, "title", x.to->title, "purpose",
	    x.d.rule->purpose, "rule", x.d.rule->name, "basis", x.d.rule->basis,
	    "citation", x.d.rule->citation, "policy",
	    (int)policy_version(core->policy), "consent", consent_json(&x),
	    "fields", g.fields, "withheld", g.withheld, "attachments",
	    g.attachments, "expires_at", time_json(expiry_of(&x, x.now_ms)),
	    "leaf", (json_int_t)leaf);
	gathered_done(&g);
	*answer = j;
	return j != NULL ? 0 : err_set(e, ERR_NOMEM, "preview");
}

/* --- release
 * ------------------------------------------------------------------ */

struct release {
	struct disclosing x;
	struct id extract;
	struct gathered g;
	json_t *attached;
	struct buf certificate; /* the recipient's, PEM */
	uint8_t certificate_sha256[32];
	struct buf content, container, sealed_row, entry;
	uint8_t salt[32], bind[32];
	uint64_t bind_leaf, leaf;
	struct fresh_key key;
	struct stage *stage;
	struct extract_row row;
	int64_t released_ms;
};

static void
release_done(struct release **rp)
{
	struct release *l = *rp;

	if (l == NULL)
		return;
	gathered_done(&l->g);
	json_decref(l->attached);
	buf_done(&l->certificate);
	buf_done(&l->content);
	buf_done(&l->container);
	buf_done(&l->sealed_row);
	buf_done(&l->entry);
	fresh_key_done(&l->key);
	stage_freep(&l->stage);
	free(l);
	*rp = NULL;
}

static int
load_certificate(struct release *l, struct err *e)
{
	char rel[SETTINGS_PATH_MAX], path[SETTINGS_PATH_MAX];
	int r;

	if (l->x.to->certificate == NULL || l->x.to->certificate[0] == '\0')
		return err_tag(e, ERR_CONFLICT, "recipient-certificate",
		    "%s has no certificate", l->x.to->name);
	snprintf(rel, sizeof(rel), "policy/%.200s", l->x.to->certificate);
	if ((r = settings_path(&l->x.core->settings, rel, path, e)) < 0)
		return r;
	if (file_read(AT_FDCWD, path, CMS_CERT_MAX, &l->certificate, e) < 0)
		return err_tag(e, ERR_CONFLICT, "recipient-certificate",
		    "the certificate of %s cannot be read", l->x.to->name);
	return cms_recipient(l->certificate.p, l->certificate.len, l->x.now_ms,
	    l->certificate_sha256, e);
}

/* One page of an attached document, byte for byte. */
static int
attach_page(struct release *l, const struct id *doc, uint32_t version,
    const char *kind, uint32_t n, const json_t *page, uint64_t leaf,
    struct err *e)
{
	AUTO(buf_done) struct buf bytes = { 0 }, text = { 0 };
	json_t *j;
	int r;

	if ((r = document_content(l->x.core, doc, version, n, leaf, EXTRACT_MAX,
		 &bytes, e)) < 0 ||
	    (r = base64_format(bytes.p, bytes.len, &text, e)) < 0)
		return r;
	j = json_pack("{s:s, s:O, s:O, s:O, s:s}", "kind", kind, "name",
	    json_object_get(page, "name"), "media",
	    json_object_get(page, "media"), "sha256",
	    json_object_get(page, "sha256"), "base64", buf_str(&text));
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "attachment");
	json_array_append_new(l->attached, j);
	return 0;
}

static int
attach(struct release *l, const json_t *a, uint64_t leaf, struct err *e)
{
	uint32_t version =
	    (uint32_t)json_integer_value(json_object_get(a, "version"));
	const char *kind = json_string_value(json_object_get(a, "kind"));
	json_t *manifest = NULL, *page;
	struct id doc;
	size_t i;
	int r;

	if ((r = id_parse(json_string_value(json_object_get(a, "document")),
		 &doc, e)) < 0 ||
	    (r = document_manifest(
		 l->x.core, &doc, version, leaf, &manifest, e)) < 0)
		return r;
	json_array_foreach(
	    json_object_get(manifest, "pages"), i, page) if (r == 0) r =
	    attach_page(l, &doc, version, kind, (uint32_t)i, page, leaf, e);
	json_decref(manifest);
	return r;
}

static int
collect(struct release *l, struct err *e)
{
	json_t *a;
	uint64_t leaf, size = 0;
	size_t i;
	int r;

	if ((r = leaf_of(&l->x, LEAF_EXTRACT_PREVIEW, &leaf, e)) < 0 ||
	    (r = gather(
		 l->x.core, &l->x.kase.id, l->x.d.rule, leaf, &l->g, e)) < 0)
		return r;
	json_array_foreach(l->g.attachments, i, a) size +=
	    (uint64_t)json_integer_value(json_object_get(a, "size"));
	if (i > EXTRACT_ATTACH_MAX || size > EXTRACT_MAX / 2)
		return err_tag(e, ERR_TOO_LARGE, "extract-size",
		    "the documents to attach are over %llu bytes",
		    (unsigned long long)(EXTRACT_MAX / 2));
	l->attached = json_array();
	json_array_foreach(l->g.attachments, i,
	    a) if ((r = attach(l, a, leaf, e)) < 0) return r;
	return 0;
}

static int
make_content(struct release *l, struct err *e)
{
	struct payload_facts f = {
		.core = l->x.core,
		.rule = l->x.d.rule,
		.recipient = l->x.to,
		.g = &l->g,
		.attached = l->attached,
	};
	uint8_t sha[32];
	int r;

	l->released_ms = l->x.core->now_ms();
	if ((r = id_random(&l->extract, e)) < 0 ||
	    (r = crypto_random(l->salt, sizeof(l->salt), e)) < 0)
		return r;
	f.extract = l->extract;
	id_ref(&l->x.kase.id, f.ref);
	memcpy(f.certificate_sha256, l->certificate_sha256, 32);
	f.released_ms = l->released_ms;
	f.expires_ms = expiry_of(&l->x, l->released_ms);
	if ((r = payload_content(&f, &l->content, e)) < 0 ||
	    (r = digest_of(
		 DIGEST_SHA256, l->content.p, l->content.len, sha, e)) < 0)
		return r;
	return leaf_bind(l->salt, sha, &l->extract, 1, l->bind, e);
}

/* The leaf that binds the content, so that its proof can go with it. */
static int
apply_bind(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct release *l = arg;
	struct audit_entry en = {
		.klass = LEAF_EXTRACT_RELEASE,
		.actor = &l->x.caller->actor,
		.object = l->x.kase.id,
		.bind = l->bind,
	};
	json_t *labels = json_array(), *field;
	size_t i;
	int r;

	json_array_foreach(l->g.fields, i, field)
	    json_array_append(labels, json_object_get(field, "label"));
	en.detail = disclosure_json(&l->x);
	json_object_set_new(en.detail, "extract", id_json(&l->extract));
	json_object_set_new(en.detail, "fields", labels);
	r = audit_append(tx, l->x.core->audit, &en, now_ms, &l->bind_leaf, e);
	json_decref(en.detail);
	return r;
}

static int
bind_content(struct release *l, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct change ch = { .apply = apply_bind, .arg = l, .need_head = 1 };
	int r;

	if ((r = commit_run(l->x.core->committer, &ch, e)) < 0 ||
	    (r = tx_read(l->x.core->catalog, &tx, e)) < 0)
		return r;
	return audit_leaf(&tx, l->bind_leaf, &l->entry, e);
}

static int
sign_payload(struct release *l, const struct buf *payload,
    struct buf *signed_data, struct err *e)
{
	AUTO(buf_done) struct buf info = { 0 }, cert = { 0 };
	struct core *core = l->x.core;
	uint8_t sha[32];
	int r;

	if ((r = digest_of(DIGEST_SHA256, payload->p, payload->len, sha, e)) <
		0 ||
	    (r = agent_sign_extract(core->agent, &l->extract, l->bind_leaf,
		 l->certificate_sha256, sha, l->released_ms, &info, e)) < 0)
		return r;
	pthread_mutex_lock(&core->lock);
	r = core->public == NULL ? err_set(e, ERR_SEALED, "the vault is sealed")
				 : buf_add(&cert, core->public->certificate.p,
				       core->public->certificate.len, e);
	pthread_mutex_unlock(&core->lock);
	if (r < 0)
		return r;
	return cms_signed(
	    payload->p, payload->len, &cert, &info, signed_data, e);
}

static int
log_key(struct core *core, struct note_key *out, struct err *e)
{
	int r = 0;

	pthread_mutex_lock(&core->lock);
	if (core->public != NULL)
		*out = core->public->log;
	else
		r = err_set(e, ERR_SEALED, "the vault is sealed");
	pthread_mutex_unlock(&core->lock);
	return r;
}

static int
make_container(struct release *l, struct err *e)
{
	AUTO(buf_done) struct buf payload = { 0 }, signed_data = { 0 };
	AUTO(tlog_proof_done) struct tlog_proof proof = { 0 };
	struct note_key key;
	int r;

	if ((r = log_key(l->x.core, &key, e)) < 0 ||
	    (r = audit_proof(l->x.core->audit, l->bind_leaf, &proof, e)) < 0 ||
	    (r = payload_whole(&l->content, &l->entry, l->salt, &proof, &key,
		 &payload, e)) < 0 ||
	    (r = sign_payload(l, &payload, &signed_data, e)) < 0)
		return r;
	return cms_enveloped(signed_data.p, signed_data.len, l->certificate.p,
	    l->certificate.len, &l->container, e);
}

/* The container in the store is sealed too: erasing its key erases it. */
static int
stage_container(struct release *l, struct err *e)
{
	struct seal_context c = {
		.type = SEAL_EXTRACT,
		.vault = l->x.core->settings.vault,
		.kase = l->x.kase.id,
		.document = l->extract,
		.version = 1,
	};
	AUTO(buf_done) struct buf sealed = { 0 };
	int r;

	if ((r = keypool_take(l->x.core->keys, &l->key, e)) < 0 ||
	    (r = seal_bytes(l->key.key.p, &c, l->container.p, l->container.len,
		 &sealed, e)) < 0 ||
	    (r = stage_new(l->x.core->store, &l->stage, e)) < 0 ||
	    (r = stage_write(l->stage, sealed.p, sealed.len, e)) < 0)
		return r;
	return stage_finish(l->stage, e);
}

static int
seal_words(struct release *l, struct err *e)
{
	json_t *labels = json_array(), *field, *j;
	size_t i;
	int r;

	json_array_foreach(l->g.fields, i, field)
	    json_array_append(labels, json_object_get(field, "label"));
	j = json_pack("{s:s, s:s, s:o, s:O, s:s, s:I}", "basis",
	    l->x.d.rule->basis, "citation", l->x.d.rule->citation, "fields",
	    labels, "attachments", l->g.attachments, "released_by",
	    l->x.caller->actor.account, "bind_leaf", (json_int_t)l->bind_leaf);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	r = row_seal(l->x.core, l->key.key.p, &l->x.kase.id, &l->extract, 1, j,
	    &l->sealed_row, e);
	json_decref(j);
	return r;
}

static int
fill_row(struct release *l, struct err *e)
{
	const struct disclosure_rule *rule = l->x.d.rule;
	struct extract_row *row = &l->row;

	row->id = l->extract;
	row->kase = l->x.kase.id;
	snprintf(row->recipient, sizeof(row->recipient), "%s", l->x.recipient);
	snprintf(row->purpose, sizeof(row->purpose), "%s", rule->purpose);
	snprintf(row->rule, sizeof(row->rule), "%s", rule->name);
	snprintf(row->consent, sizeof(row->consent), "%s",
	    rule->consent != NULL ? rule->consent : "");
	row->released = l->released_ms;
	row->expires = expiry_of(&l->x, l->released_ms);
	row->key = l->key.number;
	row->leaf = l->bind_leaf;
	row->size = l->container.len;
	return digest_of(
	    DIGEST_SHA256, l->container.p, l->container.len, row->sha256, e);
}

/* Decided once more, in the transaction that makes it exist. */
static int
apply_release(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct release *l = arg;
	struct consents_in_force consents;
	struct disclosure_decision d;
	struct case_facts kase;
	json_t *detail;
	int r;

	if ((r = case_by_id(tx, &l->x.kase.id, &kase, e)) < 0 ||
	    (r = decide(l->x.core, tx, &kase, l->x.recipient,
		 l->x.d.rule->purpose, now_ms, &consents, &d, e)) < 0)
		return r;
	if (strcmp(d.rule->name, l->x.d.rule->name) != 0)
		return err_tag(e, ERR_CONFLICT, "extract-rule",
		    "another rule applies now: preview again");
	if ((r = register_insert(tx, &l->row, l->sealed_row.p,
		 l->sealed_row.len, l->g.sources, l->g.nsources, e)) < 0 ||
	    (r = register_check_sources(tx, &l->extract, e)) < 0 ||
	    (r = store_place(tx, l->stage, STORE_EXTRACTS, &l->extract, 1,
		 STORE_CONTENT, (uint64_t)(now_ms / HOUR_MS), e)) < 0)
		return r;
	detail = json_pack("{s:o, s:s, s:I}", "extract", id_json(&l->extract),
	    "what", "frozen", "bind_leaf", (json_int_t)l->bind_leaf);
	r = core_leaf(l->x.core, tx, l->x.caller, LEAF_EXTRACT_RELEASE, LEAF_OK,
	    &l->x.kase.id, detail, now_ms, &l->leaf, e);
	json_decref(detail);
	return r;
}

static int
freeze(struct release *l, struct err *e)
{
	struct change ch = {
		.nstages = 1,
		.apply = apply_release,
		.arg = l,
		.need_head = 1,
	};
	int r;

	if ((r = load_certificate(l, e)) < 0 || (r = collect(l, e)) < 0 ||
	    (r = make_content(l, e)) < 0 || (r = bind_content(l, e)) < 0 ||
	    (r = make_container(l, e)) < 0 || (r = stage_container(l, e)) < 0 ||
	    (r = seal_words(l, e)) < 0 || (r = fill_row(l, e)) < 0)
		return r;
	ch.stages[0] = l->stage;
	return commit_run(l->x.core->committer, &ch, e);
}

int
extract_release(struct core *core, const struct caller *caller,
    const char *kase, const char *recipient, const char *purpose,
    struct id *object, json_t **answer, struct err *e)
{
	AUTO(release_done) struct release *l = calloc(1, sizeof(*l));
	char sha[2 * 32 + 1];
	int r;

	if (l == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	l->x.core = core;
	l->x.caller = caller;
	l->x.recipient = recipient;
	l->x.purpose = purpose;
	if ((r = begin(&l->x, kase, OP_EXTRACT_RELEASE, object, e)) < 0 ||
	    (r = freeze(l, e)) < 0)
		return r;
	hex_format(l->row.sha256, 32, sha);
	*answer = json_pack(
	    "{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:I}",
	    "extract", id_json(&l->extract), "case", id_json(&l->x.kase.id),
	    "recipient", recipient, "purpose", l->row.purpose, "rule",
	    l->row.rule, "basis", l->x.d.rule->basis, "state", "released",
	    "sha256", sha, "size", (json_int_t)l->row.size, "released_at",
	    time_json(l->row.released), "expires_at", time_json(l->row.expires),
	    "leaf", (json_int_t)l->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "extract");
}

/* --- the register of a case
 * ------------------------------------------------------ */

static const char *
state_now(const struct extract_row *row, int64_t now_ms)
{
	if (row->expires <= now_ms && (strcmp(row->state, "released") == 0 ||
					  strcmp(row->state, "pulled") == 0))
		return "expired";
	return row->state;
}

static json_t *
row_json(const struct extract_row *row, int64_t now_ms)
{
	char sha[2 * 32 + 1];

	hex_format(row->sha256, 32, sha);
	return json_pack(
	    "{s:o, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:o}",
	    "extract", id_json(&row->id), "recipient", row->recipient,
	    "purpose", row->purpose, "rule", row->rule, "state",
	    state_now(row, now_ms), "sha256", sha, "size",
	    (json_int_t)row->size, "released_at", time_json(row->released),
	    "expires_at", time_json(row->expires), "pulled_at",
	    time_json(row->pulled), "acknowledged_at",
	    time_json(row->acknowledged));
}

/* The line's sealed words (fields, basis), while it has a key. */
static int
add_words(struct core *core, struct tx *tx, const struct extract_row *row,
    uint64_t leaf, json_t *into, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	AUTO(buf_done) struct buf sealed = { 0 };
	json_t *words = NULL;
	int r;

	if (row->key == 0)
		return 0;
	if ((r = register_sealed(tx, &row->id, &sealed, e)) < 0 ||
	    (r = agent_get(core->agent, &row->key, 1, leaf, &key, e)) < 0 ||
	    (r = row_open(core, key.p, &row->kase, &row->id, 1, sealed.p,
		 sealed.len, &words, e)) < 0)
		return r;
	json_object_update_missing(into, words);
	json_decref(words);
	return 0;
}

static int
list_rows(struct core *core, struct tx *tx, const struct buf *ids,
    uint64_t leaf, json_t *into, struct err *e)
{
	struct extract_row row;
	struct id id;
	json_t *j;
	size_t i;
	int r;

	for (i = 0; i < ids->len; i += ID_LEN) {
		memcpy(id.b, ids->p + i, ID_LEN);
		if ((r = register_find(tx, &id, &row, e)) < 0)
			return r;
		j = row_json(&row, core->now_ms());
		json_array_append_new(into, j);
		if (leaf > 0 && (r = add_words(core, tx, &row, leaf, j, e)) < 0)
			return r;
	}
	return 0;
}

int
extract_list(struct core *core, const struct caller *caller, const char *kase,
    struct id *object, json_t **answer, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 }, rows = { 0 };
	AUTO(buf_done) struct buf ids = { 0 };
	struct case_facts facts;
	struct decision d;
	json_t *a, *detail;
	uint64_t leaf;
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(core, &tx, caller, kase, OP_REGISTER_READ, NULL,
		 core->now_ms(), &facts, object, &d, e)) < 0)
		return r;
	tx_end(&tx);
	detail = json_pack("{s:o}", "decision", decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_REGISTER_READ, &facts.id, detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = tx_read(core->catalog, &rows, e)) < 0 ||
	    (r = register_select(&rows, &facts.id, "", "", NULL, &ids, e)) < 0)
		return r;
	a = json_array();
	if ((r = list_rows(core, &rows, &ids, leaf, a, e)) < 0) {
		json_decref(a);
		return r;
	}
	*answer =
	    json_pack("{s:o, s:I}", "extracts", a, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "register");
}

/* --- moves: revoke, pull, acknowledge
 * ---------------------------------------------- */

struct moving {
	struct core *core;
	const struct caller *caller;
	struct id extract;
	const char *reason;
	struct decision access;
	struct extract_row row;
	uint64_t leaf;
};

static int
moving_leaf(struct moving *m, struct tx *tx, enum leaf_class klass,
    json_t *more, int64_t now_ms, struct err *e)
{
	json_t *detail = json_pack("{s:o, s:s, s:o}", "extract",
	    id_json(&m->extract), "recipient", m->row.recipient, "decision",
	    decision_json(m->core, &m->access));
	int r;

	if (detail != NULL && more != NULL)
		json_object_update(detail, more);
	json_decref(more);
	r = core_leaf(m->core, tx, m->caller, klass, LEAF_OK, &m->row.kase,
	    detail, now_ms, &m->leaf, e);
	json_decref(detail);
	return r;
}

static int
apply_revoke(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct moving *m = arg;
	int was_pulled, r;

	if ((r = register_find(tx, &m->extract, &m->row, e)) < 0)
		return r;
	was_pulled = m->row.pulled != 0;
	if ((r = register_move(tx, &m->row, "revoked", now_ms, e)) < 0 ||
	    (was_pulled &&
		(r = notice_add(tx, &m->row, "revoked", now_ms, e)) < 0))
		return r;
	return moving_leaf(m, tx, LEAF_EXTRACT_REVOKE,
	    json_pack("{s:s}", "reason", m->reason), now_ms, e);
}

int
extract_revoke(struct core *core, const struct caller *caller,
    const char *extract, const char *reason, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct moving m = {
		.core = core,
		.caller = caller,
		.reason = reason,
	};
	struct change ch = {
		.apply = apply_revoke,
		.arg = &m,
		.need_head = 1,
	};
	struct case_facts facts;
	char kase[ID_TEXT];
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	if (id_parse(extract, &m.extract, NULL) < 0 ||
	    register_find(&tx, &m.extract, &m.row, NULL) < 0)
		return authorize_unknown(
		    core, caller, OP_EXTRACT_REVOKE, NULL, core->now_ms(), e);
	id_format(&m.row.kase, kase);
	if ((r = case_authorize(core, &tx, caller, kase, OP_EXTRACT_REVOKE,
		 NULL, core->now_ms(), &facts, object, &m.access, e)) < 0)
		return r;
	tx_end(&tx);
	if ((r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	*answer = json_pack("{s:o, s:s, s:I}", "extract", id_json(&m.extract),
	    "state", "revoked", "leaf", (json_int_t)m.leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "revocation");
}

/* The extract, if it is this recipient's. */
static int
own_extract(struct moving *m, struct tx *tx, struct err *e)
{
	int r;

	if ((r = register_find(tx, &m->extract, &m->row, e)) < 0)
		return r;
	if (strcmp(m->row.recipient, m->caller->who->recipient) != 0)
		return err_set(e, ERR_NOT_FOUND, "no such extract");
	return 0;
}

/* Authorised in the very transaction of the leaf: a withdrawal comes before
 * it or after it, never beside it. */
static int
apply_pull(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct moving *m = arg;
	struct consents_in_force consents;
	struct disclosure_decision d;
	struct case_facts kase;
	int r;

	if ((r = own_extract(m, tx, e)) < 0 ||
	    (r = register_check_pull(&m->row, now_ms, e)) < 0 ||
	    (r = case_by_id(tx, &m->row.kase, &kase, e)) < 0 ||
	    (r = decide(m->core, tx, &kase, m->row.recipient, m->row.purpose,
		 now_ms, &consents, &d, e)) < 0 ||
	    (r = register_check_sources(tx, &m->extract, e)) < 0 ||
	    (r = register_move(tx, &m->row, "pulled", now_ms, e)) < 0)
		return r;
	return moving_leaf(m, tx, LEAF_EXTRACT_PULL,
	    json_pack("{s:s, s:s}", "rule", d.rule->name, "why", d.why), now_ms,
	    e);
}

static int
open_container(struct moving *m, struct buf *out, struct err *e)
{
	struct seal_context c = {
		.type = SEAL_EXTRACT,
		.vault = m->core->settings.vault,
		.kase = m->row.kase,
		.document = m->extract,
		.version = 1,
	};
	AUTO(store_reader_freep) struct store_reader *reader = NULL;
	AUTO(opener_freep) struct opener *opener = NULL;
	AUTO(secret_done) struct secret key = { 0 };
	AUTO(buf_done) struct buf piece = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = agent_get(m->core->agent, &m->row.key, 1, m->leaf, &key, e)) <
		0 ||
	    (r = opener_new(key.p, &c, &opener, e)) < 0 ||
	    (r = tx_read(m->core->catalog, &tx, e)) < 0 ||
	    (r = store_reader_open(m->core->store, &tx, &m->extract, 1,
		 STORE_CONTENT, &reader, e)) < 0)
		return r;
	do {
		if ((r = store_reader_next(reader, &piece, e)) < 0 ||
		    (r = opener_write(opener, piece.p, piece.len, out, e)) < 0)
			return r;
	} while (piece.len > 0);
	return opener_finish(opener, out, e);
}

static int
begin_partner(
    struct moving *m, const char *extract, enum policy_op op, struct err *e)
{
	int64_t now = m->core->now_ms();
	int r;

	if ((r = core_check_open(m->core, e)) < 0 ||
	    (r = core_authorize(
		 m->core, m->caller, op, NULL, NULL, now, &m->access, e)) < 0)
		return r;
	if (m->caller->who->recipient == NULL)
		return err_tag(e, ERR_DENIED, "wrong-door",
		    "only a recipient may do this");
	if (extract != NULL && id_parse(extract, &m->extract, NULL) < 0)
		return err_set(e, ERR_NOT_FOUND, "no such extract");
	return 0;
}

int
partner_pull(struct core *core, const struct caller *caller,
    const char *extract, struct id *object, struct buf *out, uint64_t *leaf,
    struct err *e)
{
	struct moving m = { .core = core, .caller = caller };
	struct change ch = {
		.apply = apply_pull,
		.arg = &m,
		.need_head = 1,
	};
	int r;

	if ((r = begin_partner(&m, extract, OP_EXTRACT_PULL, e)) < 0)
		return r;
	*object = m.extract;
	if ((r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	*leaf = m.leaf;
	return open_container(&m, out, e);
}

static int
apply_ack(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct moving *m = arg;
	int r;

	if ((r = own_extract(m, tx, e)) < 0 ||
	    (r = register_move(tx, &m->row, "acknowledged", now_ms, e)) < 0)
		return r;
	return moving_leaf(m, tx, LEAF_EXTRACT_ACK, NULL, now_ms, e);
}

int
partner_ack(struct core *core, const struct caller *caller, const char *extract,
    struct id *object, json_t **answer, struct err *e)
{
	struct moving m = { .core = core, .caller = caller };
	struct change ch = {
		.apply = apply_ack,
		.arg = &m,
		.need_head = 1,
	};
	int r;

	if ((r = begin_partner(&m, extract, OP_EXTRACT_ACK, e)) < 0)
		return r;
	*object = m.extract;
	if ((r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	*answer = json_pack("{s:o, s:s, s:I}", "extract", id_json(&m.extract),
	    "state", "acknowledged", "leaf", (json_int_t)m.leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "acknowledgment");
}

int
partner_list(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(buf_done) struct buf ids = { 0 };
	struct moving m = { .core = core, .caller = caller };
	uint64_t leaf;
	json_t *a;
	int r;

	if ((r = begin_partner(&m, NULL, OP_EXTRACT_LIST, e)) < 0 ||
	    (r = core_read_leaf(
		 core, caller, LEAF_EXTRACT_LIST, NULL, NULL, &leaf, e)) < 0 ||
	    (r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = register_select(
		 &tx, NULL, caller->who->recipient, "", NULL, &ids, e)) < 0)
		return r;
	a = json_array();
	if ((r = list_rows(core, &tx, &ids, 0, a, e)) < 0) {
		json_decref(a);
		return r;
	}
	*answer =
	    json_pack("{s:o, s:I}", "extracts", a, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "extracts");
}

/* --- what others set in motion
 * --------------------------------------------------- */

static int
withdraw_one(struct tx *tx, const struct extract_row *row, int64_t now_ms,
    json_t *cancelled, json_t *notices, struct err *e)
{
	int open = strcmp(row->state, "released") == 0 ||
		   strcmp(row->state, "pulled") == 0;
	int r;

	if (open && (r = register_move(tx, row, "withdrawn", now_ms, e)) < 0)
		return r;
	if (row->pulled == 0) {
		if (open)
			json_array_append_new(cancelled, id_json(&row->id));
		return 0;
	}
	if ((r = notice_add(tx, row, "consent-withdrawn", now_ms, e)) < 0)
		return r;
	json_array_append_new(
	    notices, json_pack("{s:s, s:o}", "recipient", row->recipient,
			 "extract", id_json(&row->id)));
	return 0;
}

int
disclosure_withdrawn(struct tx *tx, const struct id *kase, const char *purpose,
    int64_t now_ms, json_t *cancelled, json_t *notices, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct extract_row row;
	struct id id;
	size_t i;
	int r;

	if ((r = register_select(tx, kase, "", purpose, NULL, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = register_find(tx, &id, &row, e)) < 0 ||
		    (r = withdraw_one(
			 tx, &row, now_ms, cancelled, notices, e)) < 0)
			return r;
	}
	return 0;
}

int
disclosure_key_numbers(struct tx *tx, const struct id *kase,
    const struct id *document, struct buf *numbers, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct extract_row row;
	struct id id;
	size_t i;
	int r;

	if ((r = register_select(tx, kase, "", "", document, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = register_find(tx, &id, &row, e)) < 0)
			return r;
		if (row.key != 0 &&
		    (r = buf_add(numbers, &row.key, sizeof(row.key), e)) < 0)
			return r;
	}
	return 0;
}

int
disclosure_forget(struct tx *tx, const struct id *kase,
    const struct id *document, int64_t now_ms, struct buf *numbers,
    struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct extract_row row;
	struct id id;
	size_t i;
	int r;

	if ((r = disclosure_key_numbers(tx, kase, document, numbers, e)) < 0 ||
	    (r = register_select(tx, kase, "", "", document, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = register_find(tx, &id, &row, e)) < 0)
			return r;
		if (row.key == 0)
			continue;
		if ((r = store_forget(tx, &row.id, 0, e)) < 0 ||
		    (r = register_forget(tx, &row, e)) < 0 ||
		    (row.pulled != 0 &&
			(r = notice_add(tx, &row, "erased", now_ms, e)) < 0))
			return r;
	}
	return 0;
}
