#include "daemon/core/stamp.h"

#include <string.h>

#include "base/civil.h"
#include "base/file.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/evidence.h"
#include "daemon/core/rules.h"
#include "daemon/core/trust.h"

struct importing {
	struct core *core;
	const struct caller *caller;
	const struct stamping *s;
	struct document_facts doc;
	struct case_facts kase;
	struct version_row v;
	struct decision d;
	struct buf der;	 /* the token */
	struct buf text; /* of the receipt; its first len are stamped */
	size_t len;
	char page[2 * SHA256_LEN + 1];	/* digest of what is stamped */
	char token[2 * SHA256_LEN + 1]; /* digest of the token */
	struct inspect_verdict verdict;
	json_t *words;
	uint64_t leaf;
};

static void
importing_done(struct importing *x)
{
	version_done(&x->v);
	buf_done(&x->der);
	buf_done(&x->text);
	json_decref(x->words);
}

static int
read_token(struct importing *x, struct err *e)
{
	uint8_t sum[SHA256_LEN];
	int r;

	if (base64_parse(x->s->token, strlen(x->s->token), &x->der, NULL) < 0)
		return err_tag(e, ERR_INVALID, "member-type",
		    "member \"token\" is not base64");
	if (x->der.len > RECEIPT_STAMP_MAX)
		return err_tag(e, ERR_TOO_LARGE, "stamp-size",
		    "a time stamp over %d bytes", RECEIPT_STAMP_MAX);
	if (x->der.len == 0)
		return err_tag(
		    e, ERR_REFUSED, "stamp-format", "the answer is empty");
	r = digest_of(DIGEST_SHA256, x->der.p, x->der.len, sum, e);
	if (r == 0)
		hex_format(sum, sizeof(sum), x->token);
	return r;
}

static int
find(struct importing *x, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = document_authorize(x->core, &tx, x->caller, x->s->document,
		 OP_RECEIPT, core_now(x->core), &x->doc, &x->kase, object,
		 &x->d, e)) < 0 ||
	    (r = core_check_open(x->core, e)) < 0)
		return r;
	return version_load(&tx, &x->doc, x->s->version, &x->v, e);
}

static json_t *
make_detail(const struct importing *x)
{
	json_t *j = document_detail(
	    x->core, &x->doc.kase, &x->doc.id, x->v.version, &x->d);

	if (j != NULL &&
	    json_object_set_new(j, "stamp", json_string(x->token)) < 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static int
check_known(const struct importing *x, struct err *e)
{
	AUTO(json_decrefp) json_t *list = NULL;
	const char *token;
	json_t *j;
	size_t i;
	int r;

	if ((r = evidence_list(
		 x->core, &x->v, EVIDENCE_STAMP, x->leaf, &list, e)) < 0)
		return r;
	json_array_foreach(list, i, j)
	{
		token = json_string_value(json_object_get(j, "sha256"));
		if (token != NULL && strcmp(token, x->token) == 0)
			return err_tag(e, ERR_CONFLICT, "stamp-known",
			    "this time stamp is there already");
	}
	return 0;
}

/* Under the leaf of the reading: the receipt as it is given now. */
static int
open_receipt(struct importing *x, struct err *e)
{
	json_t *detail = make_detail(x), *manifest;
	int r;

	r = core_read_leaf(
	    x->core, x->caller, LEAF_RECEIPT, &x->doc.id, detail, &x->leaf, e);
	json_decref(detail);
	if (r < 0 || (r = check_known(x, e)) < 0 ||
	    (r = version_open(x->core, &x->v, x->leaf, &manifest, e)) < 0)
		return r;
	r = receipt_text(x->core, &x->v, manifest, &x->text, e);
	json_decref(manifest);
	return r < 0 ? r : receipt_page_digest(&x->text, &x->len, x->page, e);
}

/* --- judging -------------------------------------------------------------- */

static int
refuse(const struct inspect_verdict *v, struct err *e)
{
	const char *why = v->reasons;

	if (v->indication == INSPECT_PASSED && v->is_stamp)
		return 0;
	if (strcmp(v->sub, "HASH_FAILURE") == 0)
		return err_tag(e, ERR_REFUSED, "stamp-imprint", "%.200s", why);
	if (v->indication == INSPECT_FAILED || v->integrity == INTEGRITY_ERROR)
		return err_tag(e, ERR_REFUSED, "stamp-format", "%.200s", why);
	if (strstr(why, "key-usage") != NULL)
		return err_tag(e, ERR_REFUSED, "stamp-usage", "%.200s", why);
	if (strcmp(v->sub, "NO_CERTIFICATE_CHAIN_FOUND") == 0)
		return err_tag(
		    e, ERR_REFUSED, "stamp-authority", "%.200s", why);
	return err_tag(e, ERR_REFUSED, "stamp-indeterminate", "%.200s", why);
}

static int
judge(struct importing *x, const struct policy *rules, struct err *e)
{
	const struct trust_asked asked = {
		.rules = rules,
		.kind = x->doc.kind,
		.day = civil_day(core_now(x->core)),
	};
	AUTO(trust_done) struct trust t = { 0 };
	AUTO(inspect_turn_done) struct inspect_turn turn = { 0 };
	AUTO(fd_closep) int fd = -1;
	struct inspect_trust view;
	int r;

	if ((r = trust_open(&asked, &t, e)) < 0)
		return r;
	inspect_turn_take(x->core->inspector, x->caller->actor.uid, &turn);
	view = trust_view(&t);
	if ((r = memfd_of("receipt", x->text.p, x->len, &fd, e)) < 0 ||
	    (r = inspect_cms_as(x->core->inspector, INSPECT_FILTER_TIMESTAMP,
		 x->der.p, x->der.len, fd, &view, core_now(x->core),
		 &x->verdict, e)) < 0)
		return r;
	return refuse(&x->verdict, e);
}

/* --- keeping -------------------------------------------------------------- */

static int
make_words(struct importing *x, uint32_t generation, struct err *e)
{
	const char *who = x->verdict.signer;
	char at[TIME_TEXT];

	time_format(x->verdict.proved_time_ms, at);
	x->words = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s}",
	    "sceau", "stamp/1", "token", x->s->token, "sha256", x->token,
	    "page", x->page, "stamped_at", at, "authority",
	    utf8_is_valid(who, strlen(who)) ? who : "?", "generation",
	    (int)generation, "by", x->caller->actor.account);
	return x->words != NULL ? 0 : err_set(e, ERR_NOMEM, "time stamp");
}

static int
add(struct importing *x, struct err *e)
{
	struct evidence row = {
		.core = x->core,
		.caller = x->caller,
		.what = EVIDENCE_STAMP,
		.klass = LEAF_RECEIPT,
		.v = &x->v,
		.state = x->kase.state,
		.words = x->words,
	};
	int r;

	if ((row.detail = make_detail(x)) == NULL)
		return err_set(e, ERR_NOMEM, "time stamp");
	r = evidence_add(&row, e);
	json_decref(row.detail);
	x->leaf = row.leaf;
	return r;
}

static int
make_answer(const struct importing *x, json_t **answer, struct err *e)
{
	char doc[ID_TEXT];

	id_format(&x->doc.id, doc);
	*answer = json_pack("{s:s, s:i, s:O, s:O, s:I}", "document", doc,
	    "version", (int)x->v.version, "stamped_at",
	    json_object_get(x->words, "stamped_at"), "authority",
	    json_object_get(x->words, "authority"), "leaf",
	    (json_int_t)x->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "time stamp");
}

int
stamp_import(struct core *core, const struct caller *caller,
    const struct stamping *s, struct id *object, json_t **answer, struct err *e)
{
	AUTO(importing_done)
	struct importing x = { .core = core, .caller = caller, .s = s };
	const struct policy *rules = core->policy;
	int r;

	if ((r = find(&x, object, e)) < 0 || (r = read_token(&x, e)) < 0 ||
	    (r = open_receipt(&x, e)) < 0 || (r = judge(&x, rules, e)) < 0 ||
	    (r = make_words(&x, rules_generation_of(core, rules), e)) < 0 ||
	    (r = add(&x, e)) < 0)
		return r;
	return make_answer(&x, answer, e);
}
