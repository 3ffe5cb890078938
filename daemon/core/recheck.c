#include "daemon/core/recheck.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/evidence.h"
#include "daemon/core/rules.h"

struct checking {
	struct core *core;
	const struct caller *caller;
	const struct recheck *c;
	struct document_facts doc;
	struct case_facts kase;
	struct version_row v;
	struct decision d;
	int64_t at_ms;
	const struct policy *rules;
	uint32_t generation;
	uint64_t leaf;	  /* of the reading */
	json_t *manifest; /* of the filing */
	struct reopened files;
	struct judged judged;
	json_t *words;	  /* of the new verdict */
	struct buf lists; /* PEM, as the inspection takes it */
	json_t *imported; /* [{kind, sha256, der}] */
};

static void
checking_done(struct checking *x)
{
	version_done(&x->v);
	json_decref(x->manifest);
	reopened_done(&x->files);
	judged_done(&x->judged);
	json_decref(x->words);
	buf_done(&x->lists);
	json_decref(x->imported);
}

/* --- what is asked --------------------------------------------------------
 */

/* A day is judged at its end in France: what was valid on it. */
static int
read_time(struct checking *x, struct err *e)
{
	int64_t now = core_now(x->core);
	int32_t day;

	x->at_ms = now;
	if (x->c->at[0] == '\0')
		return 0;
	if (time_parse(x->c->at, &x->at_ms, NULL) == 0) {
		if (x->at_ms <= now)
			return 0;
	} else if (date_parse(x->c->at, &day, NULL) == 0 &&
		   day <= civil_day(now)) {
		x->at_ms = civil_start_ms(day + 1) - 1;
		if (x->at_ms > now)
			x->at_ms = now;
		return 0;
	}
	return err_tag(e, ERR_INVALID, "check-time",
	    "at: a time or a day, not one to come");
}

static int
find(struct checking *x, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = document_authorize(x->core, &tx, x->caller, x->c->document,
		 OP_DOC_READ, core_now(x->core), &x->doc, &x->kase, object,
		 &x->d, e)) < 0 ||
	    (r = core_check_open(x->core, e)) < 0)
		return r;
	return version_load(&tx, &x->doc, x->c->version, &x->v, e);
}

static json_t *
make_detail(const struct checking *x)
{
	json_t *j = document_detail(
	    x->core, &x->doc.kase, &x->doc.id, x->v.version, &x->d);
	char at[TIME_TEXT];

	time_format(x->at_ms, at);
	if (j != NULL &&
	    (json_object_set_new(j, "judged_at", json_string(at)) < 0 ||
		json_object_set_new(
		    j, "generation", json_integer(x->generation)) < 0)) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static int
enter_reading(struct checking *x, struct err *e)
{
	json_t *detail = make_detail(x);
	int r;

	r = core_read_leaf(x->core, x->caller, LEAF_DOC_CHECK, &x->doc.id,
	    detail, &x->leaf, e);
	json_decref(detail);
	return r;
}

/* --- what came since --------------------------------------------------------
 */

#define PEM_LINE 64 /* RFC 7468, 2 */

/* The label is ours: whatever the bytes are, never an authority. */
static int
add_pem(
    struct buf *out, const char *label, const struct buf *der, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	size_t i, n;
	int r;

	if ((r = base64_format(der->p, der->len, &text, e)) < 0 ||
	    (r = buf_addf(out, e, "-----BEGIN %s-----\n", label)) < 0)
		return r;
	for (i = 0; i < text.len; i += n) {
		n = text.len - i < PEM_LINE ? text.len - i : PEM_LINE;
		if ((r = buf_add(out, text.p + i, n, e)) < 0 ||
		    (r = buf_addstr(out, "\n", e)) < 0)
			return r;
	}
	return buf_addf(out, e, "-----END %s-----\n", label);
}

static int
read_list(struct checking *x, const struct recheck_list *l, size_t *left,
    struct err *e)
{
	int is_crl = strcmp(l->kind, "crl") == 0;
	AUTO(buf_done) struct buf der = { 0 };
	char hex[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];
	int r;

	if (base64_parse(l->der, strlen(l->der), &der, NULL) < 0)
		return err_tag(e, ERR_INVALID, "member-type",
		    "lists: \"der\" is not base64");
	if (der.len > *left)
		return err_tag(e, ERR_TOO_LARGE, "revocation-size",
		    "lists over %u bytes", RECHECK_LISTS_BYTES);
	*left -= der.len;
	if ((!is_crl && strcmp(l->kind, "ocsp") != 0) || der.len == 0 ||
	    der.p[0] != 0x30)
		return err_tag(e, ERR_REFUSED, "revocation-format",
		    "neither a list of revoked certificates nor a "
		    "responder's answer");
	if ((r = digest_of(DIGEST_SHA256, der.p, der.len, sum, e)) < 0 ||
	    (r = add_pem(&x->lists, is_crl ? "X509 CRL" : "OCSP RESPONSE", &der,
		 e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), hex);
	return json_array_append_new(
		   x->imported, json_pack("{s:s, s:s, s:s}", "kind", l->kind,
				    "sha256", hex, "der", l->der)) == 0
		   ? 0
		   : err_set(e, ERR_NOMEM, "lists");
}

static int
read_lists(struct checking *x, struct err *e)
{
	size_t i, left = RECHECK_LISTS_BYTES;
	int r;

	if ((x->imported = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "lists");
	for (i = 0; i < x->c->nlists; i++)
		if ((r = read_list(x, &x->c->lists[i], &left, e)) < 0)
			return r;
	return 0;
}

/* --- judging -------------------------------------------------------------- */

static int
judge_files(struct checking *x, struct err *e)
{
	struct trust_signer signers[SIGNERS_MAX];
	struct reopened *f = &x->files;
	struct judge_input in = {
		.core = x->core,
		.rules = x->rules,
		.generation = x->generation,
		.kind_name = x->v.kind,
		.lists = &x->lists,
		.signers = signers,
		.nsigners = signers_of(
		    json_object_get(x->manifest, "signers"), signers),
		.pages = f->pages,
		.npages = f->npages,
		.signature = f->signature.fd >= 0 ? &f->signature : NULL,
		.level = "",
		.now_ms = x->at_ms,
	};
	AUTO(inspect_turn_done) struct inspect_turn turn = { 0 };

	inspect_turn_take(x->core->inspector, x->caller->actor.uid, &turn);
	return judge_signatures(&in, f->media, &x->judged, e);
}

static int
open_and_judge(struct checking *x, struct err *e)
{
	int r;

	if ((r = version_open(x->core, &x->v, x->leaf, &x->manifest, e)) < 0 ||
	    (r = recheck_open(
		 x->core, &x->v, x->manifest, x->leaf, &x->files, e)) < 0)
		return r;
	return judge_files(x, e);
}

/* A file each in memory: no more than these at once. */
static int
judge_in_turn(struct checking *x, struct err *e)
{
	int r;

	if (++x->core->rechecks > RECHECKS_MAX)
		r = err_tag(e, ERR_BUSY, "busy",
		    "%d signatures are being checked already", RECHECKS_MAX);
	else
		r = open_and_judge(x, e);
	x->core->rechecks--;
	return r;
}

/* --- side by side --------------------------------------------------------- */

static const char *
text_of(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s != NULL ? s : "";
}

/* What it was judged by; versions of an older daemon say it per signature. */
static const char *
judged_by(const json_t *of, const char *name)
{
	const char *s = text_of(json_object_get(of, "evidence"), name);

	return *s != '\0'
		   ? s
		   : text_of(json_array_get(json_object_get(of, "verdicts"), 0),
			 name);
}

static int
add_difference(json_t *list, const char *what, const char *was, const char *is)
{
	if (strcmp(was, is) == 0)
		return 0;
	return json_array_append_new(list,
	    json_pack("{s:s, s:s, s:s}", "what", what, "was", was, "is", is));
}

/* What the lists of revoked certificates said of one signature. */
static const char *
revocation_of(const json_t *verdict)
{
	const char *reasons = text_of(verdict, "reasons");

	if (strstr(reasons, "certificate-revoked") != NULL ||
	    strstr(reasons, "authority-revoked") != NULL)
		return "revoked";
	if (strstr(reasons, "revocation-not-checked") != NULL)
		return "not-checked";
	return "checked";
}

static int
compare_signatures(json_t *list, const json_t *was, const json_t *is)
{
	const json_t *a, *b, *va = json_object_get(was, "verdicts"),
			     *vb = json_object_get(is, "verdicts");
	size_t i, n = json_array_size(va);

	if (n > json_array_size(vb))
		n = json_array_size(vb);
	for (i = 0; i < n; i++) {
		a = json_array_get(va, i);
		b = json_array_get(vb, i);
		if (add_difference(list, "revocation", revocation_of(a),
			revocation_of(b)) < 0 ||
		    add_difference(list, "reasons", text_of(a, "reasons"),
			text_of(b, "reasons")) < 0)
			return -1;
	}
	return 0;
}

/* Why they may differ, and in what they do. */
static json_t *
compare(const json_t *was, const json_t *is)
{
	static const struct {
		const char *what, *member;
	} by[] = {
		{ "anchors", "anchors_sha256" },
		{ "engine", "engine" },
		{ "time", "judged_at" },
	};
	AUTO(json_decrefp) json_t *list = json_array();
	size_t i;

	if (list == NULL)
		return NULL;
	for (i = 0; i < NELEMS(by); i++)
		if (add_difference(list, by[i].what,
			judged_by(was, by[i].member),
			judged_by(is, by[i].member)) < 0)
			return NULL;
	if (compare_signatures(list, was, is) < 0 ||
	    add_difference(list, "indication", text_of(was, "indication"),
		text_of(is, "indication")) < 0)
		return NULL;
	return TAKE(list);
}

/* --- the new verdict ------------------------------------------------------ */

static int
make_words(struct checking *x, struct err *e)
{
	x->words = json_pack("{s:s, s:s, s:O, s:O, s:s}", "sceau", "verdict/1",
	    "indication", judged_indication(&x->judged), "verdicts",
	    x->judged.verdicts, "evidence", x->judged.evidence, "by",
	    x->caller->actor.account);
	if (x->words == NULL ||
	    (x->c->nlists > 0 &&
		json_object_set(x->words, "lists", x->imported) < 0))
		return err_set(e, ERR_NOMEM, "verdict");
	return 0;
}

static int
add(struct checking *x, uint64_t *leaf, struct err *e)
{
	struct evidence row = {
		.core = x->core,
		.caller = x->caller,
		.what = EVIDENCE_VERDICT,
		.klass = LEAF_DOC_CHECK,
		.v = &x->v,
		.state = x->kase.state,
		.words = x->words,
	};
	int r;

	if ((row.detail = make_detail(x)) == NULL)
		return err_set(e, ERR_NOMEM, "verdict");
	if (json_object_set(row.detail, "indication",
		json_object_get(x->words, "indication")) < 0)
		r = err_set(e, ERR_NOMEM, "verdict");
	else
		r = evidence_add(&row, e);
	json_decref(row.detail);
	*leaf = row.leaf;
	return r;
}

/* {indication, verdicts, evidence} of the filing. */
static json_t *
of_filing(const json_t *manifest)
{
	return json_pack("{s:O*, s:O*, s:O*}", "indication",
	    json_object_get(manifest, "indication"), "verdicts",
	    json_object_get(manifest, "verdicts"), "evidence",
	    json_object_get(manifest, "evidence"));
}

static int
make_answer(
    const struct checking *x, uint64_t leaf, json_t **answer, struct err *e)
{
	char doc[ID_TEXT], ref[REF_TEXT];

	id_format(&x->doc.id, doc);
	id_ref(&x->doc.id, ref);
	*answer = json_pack("{s:s, s:s, s:i, s:o, s:O, s:o, s:I}", "document",
	    doc, "ref", ref, "version", (int)x->v.version, "filing",
	    of_filing(x->manifest), "check", x->words, "differs",
	    compare(x->manifest, x->words), "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "verdict");
}

static int
run(struct checking *x, struct id *object, json_t **answer, struct err *e)
{
	uint64_t leaf = 0;
	int r;

	if ((r = find(x, object, e)) < 0 || (r = read_time(x, e)) < 0 ||
	    (r = read_lists(x, e)) < 0 ||
	    (r = rules_when(x->core, x->at_ms, &x->generation, e)) < 0 ||
	    (r = rules_at(x->core, x->generation, &x->rules, e)) < 0 ||
	    (r = enter_reading(x, e)) < 0 || (r = judge_in_turn(x, e)) < 0 ||
	    (r = make_words(x, e)) < 0 || (r = add(x, &leaf, e)) < 0)
		return r;
	return make_answer(x, leaf, answer, e);
}

int
recheck(struct core *core, const struct caller *caller, const struct recheck *c,
    struct id *object, json_t **answer, struct err *e)
{
	struct checking *x = calloc(1, sizeof(*x));
	int r;

	if (x == NULL)
		return err_set(e, ERR_NOMEM, "check");
	x->core = core;
	x->caller = caller;
	x->c = c;
	x->files.signature.fd = -1;
	r = run(x, object, answer, e);
	checking_done(x);
	free(x);
	return r;
}
