#include "daemon/core/judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/file.h"
#include "base/text.h"
#include "daemon/core/record.h"

#define PDF "application/pdf"
#define JSON "application/json"

void
judged_done(struct judged *j)
{
	json_decref(j->record);
	j->record = NULL;
	json_decref(j->verdicts);
	j->verdicts = NULL;
	json_decref(j->proof);
	j->proof = NULL;
	json_decref(j->evidence);
	j->evidence = NULL;
}

const char *
judged_indication(const struct judged *j)
{
	if (j->failed > 0)
		return inspect_indication_name(INSPECT_FAILED);
	if (j->indeterminate > 0)
		return inspect_indication_name(INSPECT_INDETERMINATE);
	if (j->passed > 0)
		return inspect_indication_name(INSPECT_PASSED);
	return j->uninspected ? "NOT-INSPECTED" : "NOT-SIGNED";
}

static int
has(const char *const *list, const char *s)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcmp(*list, s) == 0)
			return 1;
	return 0;
}

/* --- verdicts ------------------------------------------------------------- */

/* What is asked about signature number n: whose it is said to be, if any's. */
struct asked {
	const struct trust_signer *of[SIGNERS_MAX];
	struct trust_asked as;
};

static void
ask_trust(const struct judge_input *in, size_t n, struct asked *out)
{
	const char *kind = in->kind != NULL ? in->kind->name : in->kind_name;
	size_t i;

	out->as = (struct trust_asked){
		.rules = in->rules,
		.kind = kind != NULL ? kind : "",
		.signers = out->of,
		.day = civil_day(in->now_ms),
		.lists = in->lists,
	};
	for (i = 0; i < in->nsigners; i++)
		if (in->signers[i].signature == n)
			out->of[out->as.nsigners++] = &in->signers[i];
}

/* Of each range of a file; where nobody said who signed, once for all. */
struct trusts {
	struct trust t[INSPECT_SIGS_MAX];
	struct inspect_trust view[INSPECT_SIGS_MAX];
	size_t n;
};

static void
trusts_freep(struct trusts **p)
{
	size_t i;

	for (i = 0; *p != NULL && i < (*p)->n; i++)
		trust_done(&(*p)->t[i]);
	free(*p);
}

static int
add_trust(const struct judge_input *in, struct trusts *all, size_t number,
    struct err *e)
{
	struct asked asked;
	int r;

	ask_trust(in, number, &asked);
	if ((r = trust_open(&asked.as, &all->t[all->n], e)) < 0)
		return r;
	all->view[all->n] = trust_view(&all->t[all->n]);
	all->n++;
	return 0;
}

static int
is_stamp_range(const struct inspect_range *r)
{
	return r->filter == INSPECT_FILTER_TIMESTAMP;
}

/* t NULL: of one signature alone. */
static int
open_trusts(const struct judge_input *in, const struct inspect_type *t,
    size_t before, struct trusts **out, struct err *e)
{
	AUTO(trusts_freep) struct trusts *all = calloc(1, sizeof(*all));
	size_t i, n = t != NULL && in->nsigners > 0 ? t->nranges : 1;
	int r;

	if (all == NULL)
		return err_set(e, ERR_NOMEM, "anchors");
	if (n == 0)
		n = 1;
	for (i = 0; i < n; i++) {
		if (t == NULL || !is_stamp_range(&t->ranges[i]))
			before++;
		if ((r = add_trust(in, all, before, e)) < 0)
			return r;
	}
	*out = TAKE(all);
	return 0;
}

#define ENGINE "sceau-inspect " SCEAU_VERSION

static int
begin_evidence(const struct judge_input *in, struct judged *j, struct err *e)
{
	char hex[2 * SHA256_LEN + 1], at[TIME_TEXT];
	uint8_t hash[SHA256_LEN];
	int r;

	if ((r = trust_digest(in->rules, hash, e)) < 0)
		return r;
	hex_format(hash, sizeof(hash), hex);
	time_format(in->now_ms, at);
	j->verdicts = json_array();
	j->evidence = json_pack("{s:s, s:s, s:i, s:s, s:[]}", "engine", ENGINE,
	    "judged_at", at, "generation", (int)in->generation,
	    "anchors_sha256", hex, "signatures");
	if (j->verdicts == NULL || j->evidence == NULL)
		return err_set(e, ERR_NOMEM, "verdicts");
	return 0;
}

/* The bytes of a signature as they are kept: of one in a PDF, the gap. */
static int
add_signature(struct judged *j, const char *where, size_t page, const void *p,
    size_t n, struct err *e)
{
	json_t *list = json_object_get(j->evidence, "signatures");
	char hex[2 * SHA256_LEN + 1];
	uint8_t hash[SHA256_LEN];
	int r;

	if ((r = digest_of(DIGEST_SHA256, p, n, hash, e)) < 0)
		return r;
	hex_format(hash, sizeof(hash), hex);
	if (json_array_append_new(
		list, json_pack("{s:s, s:i, s:s}", "where", where, "page",
			  (int)page, "sha256", hex)) < 0)
		return err_set(e, ERR_NOMEM, "verdicts");
	return 0;
}

static int
add_gaps(struct judged *j, const struct upload_facts *p, size_t page,
    const struct inspect_type *t, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	const struct inspect_range *g;
	size_t i;
	int r;

	for (i = 0; i < t->nranges; i++) {
		g = &t->ranges[i];
		/* One that is not sound has no bytes of its own. */
		if (g->b >= g->c || g->c > p->size)
			continue;
		buf_reset(&b);
		if ((r = buf_reserve(&b, (size_t)(g->c - g->b), e)) < 0 ||
		    (r = fd_pread_all(
			 p->fd, b.p, (size_t)(g->c - g->b), g->b, e)) < 0 ||
		    (r = add_signature(j, "embedded", page, b.p,
			 (size_t)(g->c - g->b), e)) < 0)
			return r;
	}
	return 0;
}

/* By whom, by which anchors and as of when: to judge it again, the same. */
static int
sign_verdict(json_t *o, const struct judged *j, struct err *e)
{
	static const char *const names[] = { "anchors_sha256", "judged_at",
		"engine" };
	size_t i;

	for (i = 0; i < NELEMS(names); i++)
		if (json_object_set(o, names[i],
			json_object_get(j->evidence, names[i])) < 0)
			return err_set(e, ERR_NOMEM, "verdicts");
	return 0;
}

/* Who vouches for it: the rule, its level, and whose it is said to be. */
static int
name_trust(const struct judge_input *in, struct judged *j,
    const struct inspect_verdict *v, json_t *o, struct err *e)
{
	const struct policy_trust *rule = NULL;
	struct asked asked;
	json_t *list;
	size_t i;

	ask_trust(in, j->signatures, &asked);
	if (v->has_anchor)
		rule = trust_rule(&asked.as, v->anchor);
	if (v->indication == INSPECT_PASSED)
		j->vouched |=
		    1u << level_rank(rule != NULL ? rule->level : "advanced");
	if (rule != NULL &&
	    (json_object_set_new(o, "trust", json_string(rule->name)) < 0 ||
		json_object_set_new(o, "level", json_string(rule->level)) < 0))
		return err_set(e, ERR_NOMEM, "verdicts");
	if (asked.as.nsigners == 0)
		return 0;
	if ((list = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "verdicts");
	for (i = 0; i < asked.as.nsigners; i++)
		json_array_append_new(list, json_string(asked.of[i]->signer));
	return json_object_set_new(o, "signers", list) == 0
		   ? 0
		   : err_set(e, ERR_NOMEM, "verdicts");
}

static int
add_verdict(const struct judge_input *in, struct judged *j,
    const struct inspect_verdict *v, const char *where, struct err *e)
{
	char at[TIME_TEXT] = "", proved[TIME_TEXT] = "";
	json_t *o;
	int r;

	/* A time stamp that is right is nobody's signature. */
	j->passed += v->indication == INSPECT_PASSED && !v->is_stamp;
	j->indeterminate += v->indication == INSPECT_INDETERMINATE;
	j->failed += v->indication != INSPECT_PASSED &&
		     v->indication != INSPECT_INDETERMINATE;
	if (v->signing_time_ms != 0)
		time_format(v->signing_time_ms, at);
	if (v->proved_time_ms != 0)
		time_format(v->proved_time_ms, proved);
	/* A certificate's name may be in any bytes: never repaired. */
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s}",
	    "indication", inspect_indication_name(v->indication), "integrity",
	    inspect_integrity_name(v->integrity), "proved_at", proved,
	    "sub_indication", v->sub, "signer",
	    utf8_is_valid(v->signer, strlen(v->signer)) ? v->signer : "?",
	    "covers", (json_int_t)v->covers, "reasons",
	    utf8_is_valid(v->reasons, strlen(v->reasons)) ? v->reasons : "?",
	    "signed_at", at, "where", v->is_stamp ? "timestamp" : where);
	if (json_array_append_new(j->verdicts, o) < 0)
		return err_set(e, ERR_NOMEM, "verdicts");
	/* The list has it, and releases it. */
	if (!v->is_stamp) {
		j->signatures++;
		if ((r = name_trust(in, j, v, o, e)) < 0)
			return r;
	}
	return sign_verdict(o, j, e);
}

/* A signature that was not looked for, or that cannot be judged. */
static int
add_unjudged(const struct judge_input *in, struct judged *j, const char *where,
    const char *why, struct err *e)
{
	struct inspect_verdict *v = calloc(1, sizeof(*v));
	int r;

	if (v == NULL)
		return err_set(e, ERR_NOMEM, "verdicts");
	v->indication = INSPECT_INDETERMINATE;
	v->integrity = INTEGRITY_INDET;
	snprintf(v->sub, sizeof(v->sub), "SIGNED_DATA_TOO_LARGE");
	snprintf(v->reasons, sizeof(v->reasons), "%s", why);
	r = add_verdict(in, j, v, where, e);
	free(v);
	return r;
}

static int
judge_pdf(const struct judge_input *in, size_t page,
    const struct inspect_type *t, struct judged *out, struct err *e)
{
	AUTO(mem_freep) struct inspect_verdict *v = NULL;
	AUTO(trusts_freep) struct trusts *trusts = NULL;
	const struct upload_facts *p = &in->pages[page];
	size_t i, n = 0;
	int r;

	if (!p->whole)
		return add_unjudged(in, out, "embedded",
		    "larger than what is inspected: an embedded signature "
		    "was not looked for",
		    e);
	if ((v = calloc(INSPECT_SIGS_MAX, sizeof(*v))) == NULL)
		return err_set(e, ERR_NOMEM, "verdicts");
	if ((r = open_trusts(in, t, out->signatures, &trusts, e)) < 0 ||
	    (r = inspect_pdf(in->core->inspector, p->fd, p->size, t,
		 trusts->view, trusts->n, in->now_ms, v, &n, e)) < 0)
		return r;
	for (i = 0; i < n; i++)
		if ((r = add_verdict(in, out, &v[i], "embedded", e)) < 0)
			return r;
	return add_gaps(out, p, page, t, e);
}

static int
read_copy(const struct upload_facts *p, struct buf *out, struct err *e)
{
	int r;

	if ((r = buf_reserve(out, (size_t)p->size, e)) < 0 ||
	    (r = fd_pread_all(p->fd, out->p, (size_t)p->size, 0, e)) < 0)
		return r;
	out->len = (size_t)p->size;
	return 0;
}

static int
judge_detached(const struct judge_input *in, struct judged *out, struct err *e)
{
	AUTO(mem_freep) struct inspect_verdict *v = NULL;
	AUTO(trusts_freep) struct trusts *trusts = NULL;
	AUTO(buf_done) struct buf der = { 0 };
	int r;

	if (in->npages != 1)
		return err_tag(e, ERR_REFUSED, "signature-pages",
		    "a detached signature needs a document of one file");
	if (in->signature->size == 0)
		return err_tag(
		    e, ERR_REFUSED, "empty-file", "the signature is empty");
	if (in->signature->size > DOCUMENT_SIGNATURE_MAX ||
	    !in->signature->whole)
		return err_tag(e, ERR_TOO_LARGE, "signature-size",
		    "a signature over %llu bytes",
		    (unsigned long long)DOCUMENT_SIGNATURE_MAX);
	if (!in->pages[0].whole)
		return add_unjudged(in, out, "detached",
		    "the file is larger than what is inspected", e);
	if ((v = calloc(1, sizeof(*v))) == NULL)
		return err_set(e, ERR_NOMEM, "verdicts");
	if ((r = read_copy(in->signature, &der, e)) < 0 ||
	    (r = add_signature(out, "detached", 0, der.p, der.len, e)) < 0 ||
	    (r = open_trusts(in, NULL, out->signatures, &trusts, e)) < 0 ||
	    (r = inspect_cms(in->core->inspector, der.p, der.len,
		 in->pages[0].fd, trusts->view, in->now_ms, v, e)) < 0)
		return r;
	return add_verdict(in, out, v, "detached", e);
}

/* --- pages ------------------------------------------------------------------
 */

static int
check_size(const struct judge_input *in, const struct upload_facts *p,
    size_t page, struct err *e)
{
	if (p->size == 0)
		return err_tag(e, ERR_REFUSED, "empty-file",
		    "file %zu is empty", page + 1);
	if (in->kind->size_max > 0 && p->size > in->kind->size_max)
		return err_tag(e, ERR_TOO_LARGE, "kind-size",
		    "file %zu: over %llu bytes, the limit of this kind",
		    page + 1, (unsigned long long)in->kind->size_max);
	return 0;
}

static int
judge_record(const struct judge_input *in, struct judged *out, struct err *e)
{
	const struct upload_facts *p = &in->pages[0];
	AUTO(buf_done) struct buf text = { 0 };
	json_t *j = NULL;
	int r;

	if (p->size > RECORD_MAX || !p->whole)
		return err_tag(e, ERR_TOO_LARGE, "record-size",
		    "a record over %llu bytes", (unsigned long long)RECORD_MAX);
	if ((r = read_copy(p, &text, e)) < 0 ||
	    (r = record_parse(text.p, text.len, &j, e)) < 0)
		return r;
	if ((r = record_check(in->kind, j, in->draft, e)) < 0) {
		json_decref(j);
		return r;
	}
	out->record = j;
	snprintf(out->media[0], sizeof(out->media[0]), JSON);
	return 0;
}

static int
check_type(const struct judge_input *in, const struct inspect_type *t,
    size_t page, struct err *e)
{
	if (!t->agreed)
		return err_tag(e, ERR_REFUSED, "media-type", "file %zu: %.150s",
		    page + 1, t->reason);
	if (!has(in->kind->media, t->media))
		return err_tag(e, ERR_REFUSED, "media-type", "file %zu: %.95s",
		    page + 1, t->media);
	return 0;
}

static int
judge_page(const struct judge_input *in, size_t page, struct judged *out,
    struct err *e)
{
	const struct upload_facts *p = &in->pages[page];
	AUTO(mem_freep) struct inspect_type *t = calloc(1, sizeof(*t));
	int r;

	if (t == NULL)
		return err_set(e, ERR_NOMEM, "inspection");
	if ((r = inspect_type(
		 in->core->inspector, p->fd, p->held, p->whole, t, e)) < 0 ||
	    (r = check_type(in, t, page, e)) < 0)
		return r;
	snprintf(out->media[page], sizeof(out->media[page]), "%s", t->media);
	if (t->encrypted && !in->kind->uninspected)
		return err_tag(e, ERR_REFUSED, "pdf-encrypted",
		    "file %zu is an encrypted PDF: it cannot be inspected",
		    page + 1);
	if (t->encrypted) {
		out->uninspected = 1;
		return 0;
	}
	return strcmp(t->media, PDF) == 0 ? judge_pdf(in, page, t, out, e) : 0;
}

/* --- what the kind asks
 * ------------------------------------------------------- */

static int
check_verdicts(
    const struct judge_input *in, const struct judged *j, struct err *e)
{
	if (j->failed > 0 && (in->kind->is_signed || in->kind->strict))
		return err_tag(e, ERR_REFUSED, "signature-failed",
		    "a signature of this file is wrong");
	if (in->kind->strict && j->indeterminate > 0)
		return err_tag(e, ERR_REFUSED, "signature-indeterminate",
		    "a signature of this file cannot be judged");
	return 0;
}

int
judged_all_images(const struct judged *j, size_t npages)
{
	size_t i;

	for (i = 0; i < npages; i++)
		if (strncmp(j->media[i], "image/", 6) != 0)
			return 0;
	return 1;
}

static int
check_given(const struct judge_input *in, const struct judged *j,
    const char **out, struct err *e)
{
	const struct policy_trust *t;
	int rank = level_rank(in->level);

	if (rank < 0)
		return err_tag(e, ERR_REFUSED, "level",
		    "level: not one of those there are");
	*out = level_name(rank);
	if (!level_is_certified(*out))
		return 0;
	/* Where all of them passed, it is known at which levels. */
	if (j->passed + j->indeterminate == 0 ||
	    (policy_trusts(in->rules, &t) > 0 && j->indeterminate == 0 &&
		(j->vouched & 1u << rank) == 0))
		return err_tag(e, ERR_REFUSED, "level",
		    "level %s: the file has no such signature", *out);
	return 0;
}

/* The weakest of those that the rules vouch for. */
static const char *
vouched_level(const struct judged *j)
{
	int rank = 0, worst = 0;

	for (; j->vouched >> rank != 0; rank++)
		if ((j->vouched >> rank & 1) != 0)
			worst = rank;
	return level_name(worst);
}

static int
said_level(const struct judge_input *in, const struct judged *j,
    const char **out, struct err *e)
{
	int r;

	if ((r = signers_count(in->signers, in->nsigners, j->signatures, e)) <
	    0)
		return r;
	*out = signers_weakest(in->signers, in->nsigners);
	if (in->level[0] != '\0' && strcmp(in->level, *out) != 0)
		return err_tag(e, ERR_REFUSED, "level",
		    "level: the weakest of the signers is at %s", *out);
	return 0;
}

static int
find_level(const struct judge_input *in, struct judged *j, struct err *e)
{
	const char *level = "";
	int r;

	if (in->nsigners > 0) {
		if ((r = said_level(in, j, &level, e)) < 0)
			return r;
	} else if (in->level[0] != '\0') {
		if ((r = check_given(in, j, &level, e)) < 0)
			return r;
	} else if (j->passed > 0) {
		level = vouched_level(j);
	} else if (!in->kind->is_record && judged_all_images(j, in->npages)) {
		level = "handwritten-scan";
	}
	if (in->kind->levels != NULL && in->kind->levels[0] != NULL &&
	    !has(in->kind->levels, level))
		return err_tag(e, ERR_REFUSED, "level",
		    level[0] != '\0'
			? "the kind %.40s does not accept the level %s"
			: "the kind %.40s needs to know how it was signed%s",
		    in->kind->name, level);
	j->level = level;
	return 0;
}

/* --- the proof file ------------------------------------------------------- */

/* A rule that asks for one: of a signature that it vouches for, or of a level
 * that is said. */
static int
wants_proof(const struct judge_input *in, const struct judged *j)
{
	const struct policy_trust *t;
	struct asked asked;
	size_t i, n = policy_trusts(in->rules, &t);
	const char *name;
	json_t *v;

	json_array_foreach(j->verdicts, i, v)
	{
		name = json_string_value(json_object_get(v, "trust"));
		for (size_t k = 0; name != NULL && k < n; k++)
			if (strcmp(t[k].name, name) == 0 && t[k].proof)
				return 1;
	}
	ask_trust(in, 0, &asked);
	asked.as.nsigners = 0;
	for (i = 0; i < in->nsigners; i++) {
		t = trust_rule_of_level(&asked.as, in->signers[i].level);
		if (t != NULL && t->proof)
			return 1;
	}
	if (in->nsigners > 0)
		return 0;
	t = trust_rule_of_level(&asked.as, j->level);
	return t != NULL && t->proof;
}

static int
check_proof_type(
    const struct judge_input *in, struct inspect_type *t, struct err *e)
{
	const struct upload_facts *p = in->proof;
	int r;

	if (p->size > DOCUMENT_PROOF_MAX || !p->whole)
		return err_tag(e, ERR_TOO_LARGE, "proof-size",
		    "a proof file over %llu bytes",
		    (unsigned long long)DOCUMENT_PROOF_MAX);
	if (p->size == 0)
		return err_tag(
		    e, ERR_REFUSED, "empty-file", "the proof file is empty");
	if ((r = inspect_type(
		 in->core->inspector, p->fd, p->held, p->whole, t, e)) < 0)
		return r;
	if (!t->agreed || t->encrypted || strcmp(t->media, PDF) != 0)
		return err_tag(e, ERR_REFUSED, "proof-type",
		    "a proof file is a PDF that can be read");
	return 0;
}

/* Its own seal is the provider's, for any signer of the kind. */
static int
judge_proof(const struct judge_input *in, struct judged *j, struct err *e)
{
	AUTO(mem_freep) struct inspect_type *t = calloc(1, sizeof(*t));
	struct judge_input of = *in;
	struct judged alone = { .evidence = json_object(),
		.verdicts = json_array() };
	int r;

	of.pages = in->proof;
	of.npages = 1;
	of.nsigners = 0;
	if (t == NULL || alone.evidence == NULL || alone.verdicts == NULL ||
	    json_object_update(alone.evidence, j->evidence) < 0 ||
	    json_object_set_new(alone.evidence, "signatures", json_array()) < 0)
		r = err_set(e, ERR_NOMEM, "proof file");
	else if ((r = check_proof_type(in, t, e)) == 0 &&
		 (r = judge_pdf(&of, 0, t, &alone, e)) == 0 && alone.failed > 0)
		r = err_tag(e, ERR_REFUSED, "proof-failed",
		    "a signature of the proof file is wrong");
	if (r == 0)
		j->proof = json_incref(alone.verdicts);
	judged_done(&alone);
	return r;
}

static int
check_proof(const struct judge_input *in, struct judged *j, struct err *e)
{
	int wanted = wants_proof(in, j);

	if (in->proof == NULL)
		return wanted ? err_tag(e, ERR_REFUSED, "proof-missing",
				    "the signing service's proof file is "
				    "kept with what it sealed")
			      : 0;
	if (!wanted)
		return err_tag(e, ERR_REFUSED, "proof-level",
		    "nobody signed through a service that gives a proof "
		    "file");
	return judge_proof(in, j, e);
}

static int
judge_all(const struct judge_input *in, struct judged *j, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < in->npages; i++)
		if ((r = check_size(in, &in->pages[i], i, e)) < 0)
			return r;
	if (in->kind->is_record) {
		if ((r = judge_record(in, j, e)) < 0)
			return r;
	} else {
		for (i = 0; i < in->npages; i++)
			if ((r = judge_page(in, i, j, e)) < 0)
				return r;
	}
	if (in->signature != NULL && (r = judge_detached(in, j, e)) < 0)
		return r;
	if ((r = check_verdicts(in, j, e)) < 0 ||
	    (r = find_level(in, j, e)) < 0)
		return r;
	return check_proof(in, j, e);
}

int
judge(const struct judge_input *in, struct judged *out, struct err *e)
{
	uint32_t max = in->kind->pages_max > 0 ? in->kind->pages_max : 1;
	int r;

	if (in->npages == 0 || in->npages > max ||
	    in->npages > DOCUMENT_PAGES_MAX ||
	    (in->kind->is_record && in->npages != 1))
		return err_tag(e, ERR_REFUSED, "pages",
		    "the kind %.40s takes from 1 to %u files", in->kind->name,
		    in->kind->is_record ? 1 : max);
	if ((r = signers_check(in->rules, in->kind, in->signers, in->nsigners,
		 civil_day(in->now_ms), e)) < 0)
		return r;
	if ((r = begin_evidence(in, out, e)) < 0 ||
	    (r = judge_all(in, out, e)) < 0)
		judged_done(out);
	return r;
}

/* --- what was filed before ------------------------------------------------ */

static int
judge_page_again(const struct judge_input *in, size_t page, struct judged *out,
    struct err *e)
{
	const struct upload_facts *p = &in->pages[page];
	AUTO(mem_freep) struct inspect_type *t = calloc(1, sizeof(*t));
	int r;

	if (t == NULL)
		return err_set(e, ERR_NOMEM, "inspection");
	if ((r = inspect_type(
		 in->core->inspector, p->fd, p->held, p->whole, t, e)) < 0)
		return r;
	/* It was agreed when it was filed: what is stricter now says so. */
	if (!t->agreed)
		return add_unjudged(in, out, "embedded", "type-not-agreed", e);
	if (t->encrypted) {
		out->uninspected = 1;
		return 0;
	}
	return strcmp(t->media, PDF) == 0 ? judge_pdf(in, page, t, out, e) : 0;
}

static int
judge_again(const struct judge_input *in, const char *const *media,
    struct judged *out, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < in->npages; i++)
		if (strcmp(media[i], JSON) != 0 &&
		    (r = judge_page_again(in, i, out, e)) < 0)
			return r;
	return in->signature != NULL ? judge_detached(in, out, e) : 0;
}

int
judge_signatures(const struct judge_input *in, const char *const *media,
    struct judged *out, struct err *e)
{
	int r;

	if ((r = begin_evidence(in, out, e)) < 0 ||
	    (r = judge_again(in, media, out, e)) < 0)
		judged_done(out);
	return r;
}
