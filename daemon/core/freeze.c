#include "daemon/core/freeze.h"

#include "base/seal.h"
#include "base/text.h"
#include "daemon/core/cms.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/json_of.h"
#include "daemon/core/page.h"

void
frozen_done(struct frozen *f)
{
	gathered_done(&f->g);
	json_decref(f->attached);
	buf_done(&f->certificate);
	buf_done(&f->page);
	buf_done(&f->content);
	buf_done(&f->container);
	buf_done(&f->sealed_row);
	buf_done(&f->terms);
	buf_done(&f->entry);
	buf_done(&f->approval_page);
	fresh_key_done(&f->key);
	stage_freep(&f->stage);
}

static int
is_paper(const struct frozen *f)
{
	return strcmp(f->channel, "paper") == 0;
}

/* --- what goes ------------------------------------------------------------ */

/* The one that is a part of the rules: signed with them. */
static int
load_certificate(struct frozen *f, struct err *e)
{
	const char *name = f->x.to->certificate;
	const struct policy_file *file = policy_file(f->x.policy, name);
	int r;

	if (file == NULL)
		return err_tag(e, ERR_CONFLICT, "recipient-certificate",
		    "the rules have no file %s for %s", name, f->x.to->name);
	if ((r = buf_add(&f->certificate, file->p, file->n, e)) < 0)
		return r;
	return cms_recipient(f->certificate.p, f->certificate.len, f->x.now_ms,
	    f->certificate_sha256, e);
}

/* One page of an attached document, byte for byte. */
static int
attach_page(struct frozen *f, const struct id *doc, uint32_t version,
    const char *kind, uint32_t n, const json_t *page, uint64_t leaf,
    struct err *e)
{
	AUTO(buf_done) struct buf bytes = { 0 }, text = { 0 };
	json_t *j;
	int r;

	if ((r = document_content(f->x.core, doc, version, n, leaf, EXTRACT_MAX,
		 &bytes, e)) < 0 ||
	    (r = base64_format(bytes.p, bytes.len, &text, e)) < 0)
		return r;
	j = json_pack("{s:s, s:O, s:O, s:O, s:s}", "kind", kind, "name",
	    json_object_get(page, "name"), "media",
	    json_object_get(page, "media"), "sha256",
	    json_object_get(page, "sha256"), "base64", buf_str(&text));
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "attachment");
	json_array_append_new(f->attached, j);
	return 0;
}

static int
attach(struct frozen *f, const json_t *a, uint64_t leaf, struct err *e)
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
		 f->x.core, &doc, version, leaf, &manifest, e)) < 0)
		return r;
	json_array_foreach(
	    json_object_get(manifest, "pages"), i, page) if (r == 0) r =
	    attach_page(f, &doc, version, kind, (uint32_t)i, page, leaf, e);
	json_decref(manifest);
	return r;
}

static int
collect(struct frozen *f, struct err *e)
{
	json_t *a;
	uint64_t leaf, size = 0;
	size_t i;
	int r;

	if ((r = disclosing_leaf(&f->x, LEAF_EXTRACT_PREVIEW, &leaf, e)) < 0 ||
	    (r = gather(&f->x, leaf, &f->g, e)) < 0)
		return r;
	if (gathered_is_empty(&f->g))
		return err_tag(e, ERR_CONFLICT, "extract-empty",
		    "nothing would go under rule %s", f->x.d.rule->name);
	json_array_foreach(f->g.attachments, i, a) size +=
	    (uint64_t)json_integer_value(json_object_get(a, "size"));
	if (i > EXTRACT_ATTACH_MAX || size > EXTRACT_MAX / 2)
		return err_tag(e, ERR_TOO_LARGE, "extract-size",
		    "the documents to attach are over %llu bytes",
		    (unsigned long long)(EXTRACT_MAX / 2));
	f->attached = json_array();
	json_array_foreach(f->g.attachments, i, a)
	{
		if ((r = attach(f, a, leaf, e)) < 0)
			return r;
	}
	return 0;
}

/* --- what the leaf binds -------------------------------------------------- */

static void
payload_of(struct frozen *f, struct payload_facts *p)
{
	*p = (struct payload_facts){
		.core = f->x.core,
		.policy = f->x.policy,
		.extract = f->extract,
		.rule = f->x.d.rule,
		.recipient = f->x.to,
		.released_ms = f->released_ms,
		.expires_ms = disclosing_expiry(&f->x, f->released_ms),
		.g = &f->g,
		.channel = f->channel,
		.attached = f->attached,
	};
	id_ref(&f->x.kase.id, p->ref);
	memcpy(p->certificate_sha256, f->certificate_sha256, 32);
}

/* Canonical JSON; on paper, the text itself. */
static int
make_content(struct frozen *f, struct err *e)
{
	struct payload_facts p;
	uint8_t sha[32];
	int r;

	f->released_ms = core_now(f->x.core);
	if ((r = id_random(&f->extract, e)) < 0 ||
	    (r = crypto_random(f->salt, sizeof(f->salt), e)) < 0)
		return r;
	payload_of(f, &p);
	if ((r = page_text(&p, &f->page, e)) < 0)
		return r;
	r = is_paper(f) ? buf_add(&f->content, f->page.p, f->page.len, e)
			: payload_content(&p, &f->content, e);
	if (r < 0 || (r = digest_of(DIGEST_SHA256, f->content.p, f->content.len,
			  sha, e)) < 0)
		return r;
	return leaf_bind(f->salt, sha, &f->extract, 1, f->bind, e);
}

/* The leaf that binds the content, so that its proof can go with it. */
static int
apply_bind(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct frozen *f = arg;
	struct audit_entry en = {
		.klass = LEAF_EXTRACT_RELEASE,
		.actor = &f->x.caller->actor,
		.object = f->x.kase.id,
		.bind = f->bind,
	};
	int r;

	if ((en.detail = disclosing_json(&f->x)) == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	json_object_set_new(en.detail, "extract", json_of_id(&f->extract));
	json_object_set_new(en.detail, "fields", gathered_labels(&f->g));
	json_object_set_new(en.detail, "sources", gathered_sources(&f->g));
	json_object_set_new(en.detail, "channel", json_string(f->channel));
	r = core_enter(
	    f->x.core, tx, f->x.caller, &en, now_ms, &f->bind_leaf, e);
	json_decref(en.detail);
	return r;
}

static int
bind_content(struct frozen *f, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct change ch = { .apply = apply_bind, .arg = f, .need_head = 1 };
	int r;

	if ((r = commit_run(f->x.core->committer, &ch, e)) < 0 ||
	    (r = tx_read(f->x.core->catalog, &tx, e)) < 0)
		return r;
	return audit_leaf(&tx, f->bind_leaf, &f->entry, e);
}

/* --- the container -------------------------------------------------------- */

static int
sign_payload(struct frozen *f, const struct buf *payload,
    struct buf *signed_data, struct err *e)
{
	AUTO(buf_done) struct buf info = { 0 }, cert = { 0 };
	struct core *core = f->x.core;
	uint8_t sha[32];
	int r;

	if ((r = digest_of(DIGEST_SHA256, payload->p, payload->len, sha, e)) <
		0 ||
	    (r = agent_sign_extract(core->agent, &f->extract, f->bind_leaf,
		 f->certificate_sha256, sha, f->released_ms, &info, e)) < 0)
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
make_cms(struct frozen *f, struct err *e)
{
	AUTO(buf_done) struct buf payload = { 0 }, signed_data = { 0 };
	AUTO(tlog_proof_done) struct tlog_proof proof = { 0 };
	struct note_key key;
	int r;

	if ((r = log_key(f->x.core, &key, e)) < 0 ||
	    (r = audit_proof(f->x.core->audit, f->bind_leaf, &proof, e)) < 0 ||
	    (r = payload_whole(&f->content, &f->entry, f->salt, &proof, &key,
		 &payload, e)) < 0 ||
	    (r = sign_payload(f, &payload, &signed_data, e)) < 0)
		return r;
	return cms_enveloped(signed_data.p, signed_data.len, f->certificate.p,
	    f->certificate.len, &f->container, e);
}

static int
make_container(struct frozen *f, struct err *e)
{
	if (!is_paper(f))
		return make_cms(f, e);
	return page_sheets(
	    &f->content, &f->extract, f->bind_leaf, &f->container, e);
}

/* The container in the store is sealed too: erasing its key erases it. */
static int
stage_container(struct frozen *f, struct err *e)
{
	struct seal_context c = {
		.type = SEAL_EXTRACT,
		.vault = f->x.core->settings.vault,
		.kase = f->x.kase.id,
		.document = f->extract,
		.version = 1,
	};
	AUTO(buf_done) struct buf sealed = { 0 };
	int r;

	if ((r = keypool_take(f->x.core->keys, &f->key, e)) < 0 ||
	    (r = seal_bytes(f->key.key.p, &c, f->container.p, f->container.len,
		 &sealed, e)) < 0 ||
	    (r = stage_new(f->x.core->store, &f->stage, e)) < 0 ||
	    (r = stage_write(f->stage, sealed.p, sealed.len, e)) < 0)
		return r;
	return stage_finish(f->stage, e);
}

/* --- the row -------------------------------------------------------------- */

/*
 * What a second person signs, on a train if need be: what goes to whom, as
 * it can be read, and the SHA-256 of what is frozen.
 */
static int
make_approval_page(struct frozen *f, struct err *e)
{
	char id[ID_TEXT], kase[ID_TEXT], ref[REF_TEXT], at[TIME_TEXT],
	    rules[2 * 32 + 1], sha[2 * 32 + 1];
	int r;

	id_format(&f->extract, id);
	id_format(&f->x.kase.id, kase);
	id_ref(&f->x.kase.id, ref);
	time_format(f->released_ms, at);
	hex_format(policy_sha256(f->x.policy), 32, rules);
	hex_format(f->row.sha256, 32, sha);
	if ((r = buf_addf(&f->approval_page, e,
		 "sceau release page 1\n"
		 "vault %s\nextract %s\ncase %s %s\n"
		 "policy %u %s\nreleased %s by %s\n"
		 "recipient %s\npurpose %s\nrule %s\nchannel %s\n"
		 "container %zu %s\n\n",
		 f->x.core->settings.origin, id, kase, ref,
		 policy_version(f->x.policy), rules, at,
		 f->x.caller->actor.account, f->row.recipient, f->row.purpose,
		 f->row.rule, f->channel, f->container.len, sha)) < 0)
		return r;
	return buf_add(&f->approval_page, f->page.p, f->page.len, e);
}

static int
fill_row(struct frozen *f, struct err *e)
{
	const struct disclosure_rule *rule = f->x.d.rule;
	struct extract_row *row = &f->row;

	row->id = f->extract;
	row->kase = f->x.kase.id;
	snprintf(row->recipient, sizeof(row->recipient), "%s", f->x.recipient);
	snprintf(row->purpose, sizeof(row->purpose), "%s", rule->purpose);
	snprintf(row->rule, sizeof(row->rule), "%s", rule->name);
	snprintf(row->consent, sizeof(row->consent), "%s",
	    rule->consent != NULL ? rule->consent : "");
	snprintf(row->channel, sizeof(row->channel), "%s", f->channel);
	row->released = f->released_ms;
	row->expires = disclosing_expiry(&f->x, f->released_ms);
	row->key = f->key.number;
	row->leaf = f->bind_leaf;
	row->size = f->container.len;
	row->released_by = f->x.caller->actor.uid;
	return digest_of(
	    DIGEST_SHA256, f->container.p, f->container.len, row->sha256, e);
}

static int
seal_words(struct frozen *f, struct err *e)
{
	json_t *j;
	int r;

	j = json_pack("{s:s, s:s, s:o, s:o, s:O, s:o, s:s, s:s, s:I}", "basis",
	    f->x.d.rule->basis, "citation", f->x.d.rule->citation, "fields",
	    gathered_labels(&f->g), "sources", gathered_sources(&f->g),
	    "attachments", f->g.attachments, "consent",
	    disclosing_consents(&f->x), "released_by",
	    f->x.caller->actor.account, "page", buf_str(&f->approval_page),
	    "bind_leaf", (json_int_t)f->bind_leaf);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	r = row_seal(f->x.core, f->key.key.p, &f->x.kase.id, &f->extract, 1, j,
	    &f->sealed_row, e);
	json_decref(j);
	return r;
}

int
freeze(struct frozen *f, struct err *e)
{
	int r;

	if ((r = disclosing_channel(&f->x, &f->channel, e)) < 0 ||
	    (!is_paper(f) && (r = load_certificate(f, e)) < 0) ||
	    (r = collect(f, e)) < 0 || (r = make_content(f, e)) < 0 ||
	    (r = bind_content(f, e)) < 0 || (r = make_container(f, e)) < 0 ||
	    (r = stage_container(f, e)) < 0 || (r = fill_row(f, e)) < 0 ||
	    (r = make_approval_page(f, e)) < 0 ||
	    (r = disclosing_terms(&f->x, f->channel, &f->terms, e)) < 0)
		return r;
	return seal_words(f, e);
}
