/*
 * ASiC with CAdES (EN 319 162-1), as the daemon judges it: the members that a
 * worker listed are checked again (container.h), each is hashed or handed to
 * a fresh worker that inflates it, and a signature goes to stage 2 with the
 * digests of what it is over. No byte of a member is parsed here.
 */
#include "base/file.h"
#include "daemon/inspect/asic_inside.h"

#define TYPE_EXTENDED "application/vnd.etsi.asic-e+zip"
#define TYPE_SIMPLE "application/vnd.etsi.asic-s+zip"
#define SIGNATURE_SIMPLE "META-INF/signature.p7s"
#define STAMP_SIMPLE "META-INF/timestamp.tst"

static void
asic_freep(struct asic **a)
{
	if (*a != NULL)
		client_view_done(&(*a)->file);
	free(*a);
	*a = NULL;
}

/* --- verdicts that no worker gives ----------------------------------------
 */

/* There is room: signatures are counted before they are judged. */
struct inspect_verdict *
asic_verdict(struct asic *a)
{
	return &a->out->v[a->out->n++];
}

static void
conclude(struct inspect_verdict *v, enum inspect_indication indication,
    enum inspect_integrity integrity, const char *sub, const char *word)
{
	v->indication = indication;
	v->integrity = integrity;
	snprintf(v->sub, sizeof(v->sub), "%s", sub);
	client_reason(v, word);
}

void
asic_fail(struct inspect_verdict *v, const char *sub, const char *word)
{
	conclude(v, INSPECT_FAILED, INTEGRITY_FAIL, sub, word);
}

/* What was right till now is no longer: people must be told. */
void
asic_doubt(struct inspect_verdict *v, const char *sub, const char *word)
{
	if (v->indication == 0) {
		conclude(v, INSPECT_INDETERMINATE, INTEGRITY_INDET, sub, word);
		return;
	}
	client_hold_back(v, sub, word);
	if (v->integrity == INTEGRITY_PASS)
		v->integrity = INTEGRITY_INDET;
}

/* --- members --------------------------------------------------------------
 */

size_t
asic_count(const struct asic *a, enum container_role role)
{
	size_t k, n = 0;

	for (k = 0; k < a->n; k++)
		n += a->role[k] == role;
	return n;
}

/* The member of this name: an index, or a->n. */
size_t
asic_find(const struct asic *a, const char *name)
{
	size_t k;

	for (k = 0; k < a->n; k++)
		if (strcmp(a->m[k].name, name) == 0)
			break;
	return k;
}

/* A container that contradicts itself is one signature that fails. */
void
asic_not_judged(struct asic *a, const char *why)
{
	if (strcmp(why, CONTAINER_UNSOUND) == 0)
		asic_fail(asic_verdict(a), "FORMAT_FAILURE", why);
	else
		snprintf(a->out->why, sizeof(a->out->why), "%s", why);
}

/* *judged: whether there is anything more to say. */
static int
list_members(struct asic *a, int fd, int *judged, struct err *e)
{
	const struct wire_request q = { .op = WIRE_MEMBERS, .size = a->file.n };
	AUTO(buf_done) struct buf answer = { 0 };
	struct wire_members found;
	const char *why = NULL;
	size_t k;
	int r;

	if ((r = client_ask(a->i, &q, &fd, &answer, e)) < 0 ||
	    (r = client_distrust(
		 wire_members_decode(answer.p, answer.len, &found, e), e)) < 0)
		return r;
	if (found.why[0] != '\0')
		why = found.why;
	else
		why = container_check(
		    a->file.p, a->file.n, found.entries, found.n, a->m);
	*judged = why == NULL;
	if (why != NULL) {
		asic_not_judged(a, why);
		return 0;
	}
	a->n = found.n;
	for (k = 0; k < a->n; k++)
		a->role[k] = container_role_of(a->m[k].name);
	return 0;
}

/* Of a member whose bytes are in the file as they are. */
static int
read_stored(const struct asic *a, const struct container_member *m,
    unsigned which, struct buf *keep, struct inflated *out, struct err *e)
{
	const uint8_t *p = a->file.p + m->at;
	int r;

	*out = (struct inflated){ .crc = container_crc(p, m->size) };
	if ((r = digests_of(p, m->size, which, &out->digests, e)) < 0 ||
	    (keep != NULL && (r = buf_add(keep, p, m->size, e)) < 0))
		return r;
	out->fits = 1;
	return 0;
}

/* A fresh worker, which gets the deflated bytes of this member alone. */
static int
read_deflated(const struct asic *a, const struct container_member *m,
    unsigned which, struct buf *keep, struct inflated *out, struct err *e)
{
	const struct wire_request q = { .op = WIRE_INFLATE,
		.size = m->packed,
		.inflated = m->size,
		.which = which,
		.keep = keep != NULL };
	AUTO(buf_done) struct buf answer = { 0 };
	AUTO(fd_closep) int packed = -1, room = -1;
	int r;

	if ((r = memfd_of("member", a->file.p + m->at, m->packed, &packed, e)) <
		0 ||
	    (keep != NULL && (r = client_room(&room, e)) < 0) ||
	    (r = client_ask(
		 a->i, &q, (const int[]){ packed, room }, &answer, e)) < 0 ||
	    (r = client_distrust(
		 wire_inflated_decode(answer.p, answer.len, &q, out, e), e)) <
		0)
		return r;
	return out->fits && keep != NULL ? client_take(room, m->size, keep, e)
					 : 0;
}

/*
 * The digests of member k, and its bytes where keep is not NULL. *fits = 0:
 * it is not what its headers announce.
 */
int
asic_read(const struct asic *a, size_t k, unsigned which, struct buf *keep,
    struct digests *out, int *fits, struct err *e)
{
	const struct container_member *m = &a->m[k];
	struct inflated got;
	int r;

	r = m->is_deflated ? read_deflated(a, m, which, keep, &got, e)
			   : read_stored(a, m, which, keep, &got, e);
	if (r < 0)
		return r;
	*fits = got.fits && got.crc == m->crc;
	if (*fits && out != NULL)
		*out = got.digests;
	return 0;
}

/* Is the member small enough to be parsed by some worker? */
int
asic_is_small(const struct asic *a, size_t k)
{
	return a->m[k].size <= INSPECT_DER_MAX;
}

/* --- ASiC-S ---------------------------------------------------------------
 */

/*
 * One signature or time stamp over the digests of what it is over, of which
 * there are so many bytes.
 */
int
asic_judge_der(struct asic *a, const struct buf *der,
    const struct digests *content, int is_stamp, struct inspect_verdict *v,
    struct err *e)
{
	const struct cms_question c = { .der = der->p,
		.der_len = der->len,
		.content = content,
		.trust = a->trust,
		.hints = -1,
		.now_ms = a->now_ms,
		.filter = is_stamp ? INSPECT_FILTER_TIMESTAMP
				   : INSPECT_FILTER_CADES };
	int r = client_ask_cms(a->i, &c, v, e);

	if (r < 0)
		return r;
	v->covers = content->size;
	/* In a PDF a field that nobody signed yet; here, one taken away. */
	if (strcmp(v->reasons, "signature-empty") == 0)
		client_reason(v, "not-cms");
	return 0;
}

/* What is in META-INF that is not known there. */
static int
has_unknown(const struct asic *a)
{
	return asic_count(a, ROLE_OTHER) + asic_count(a, ROLE_MANIFEST) +
		   asic_count(a, ROLE_ARCHIVE) >
	       0;
}

/* Signature or time stamp s, over member k, the only one. */
static int
judge_over(struct asic *a, size_t s, size_t k, struct err *e)
{
	struct inspect_verdict *v = asic_verdict(a);
	AUTO(buf_done) struct buf der = { 0 };
	int r, fits, is_stamp = a->role[s] == ROLE_STAMP;
	struct digests content;

	if ((r = asic_read(a, s, 0, &der, NULL, &fits, e)) < 0)
		return r;
	if (fits && (r = asic_read(a, k, digests_named(der.p, der.len), NULL,
			 &content, &fits, e)) < 0)
		return r;
	if (!fits) {
		asic_fail(v, "FORMAT_FAILURE", "member-unreadable");
		v->is_stamp = is_stamp;
		return 0;
	}
	if ((r = asic_judge_der(a, &der, &content, is_stamp, v, e)) < 0)
		return r;
	if (has_unknown(a))
		asic_doubt(
		    v, "SIG_CONSTRAINTS_FAILURE", "container-member-unknown");
	a->out->members[k].is_signed |=
	    !is_stamp && v->integrity == INTEGRITY_PASS;
	return 0;
}

/* One data object, and a signature or a time stamp over it, or both. */
static int
judge_simple(struct asic *a, struct err *e)
{
	size_t k, s[2] = { asic_find(a, SIGNATURE_SIMPLE),
		asic_find(a, STAMP_SIMPLE) };
	size_t signs =
	    asic_count(a, ROLE_SIGNATURE) + asic_count(a, ROLE_STAMP);
	int r;

	for (k = 0; k < a->n && a->role[k] != ROLE_DATA; k++)
		;
	if (signs == 0) {
		asic_not_judged(a, ASIC_UNSUPPORTED);
		return 0;
	}
	if (signs != (size_t)(s[0] < a->n) + (s[1] < a->n) ||
	    asic_count(a, ROLE_DATA) != 1) {
		asic_doubt(asic_verdict(a), "SIGNED_DATA_NOT_FOUND",
		    asic_count(a, ROLE_DATA) == 0 ? "member-missing"
						  : "members-ambiguous");
		return 0;
	}
	if ((s[0] < a->n && !asic_is_small(a, s[0])) ||
	    (s[1] < a->n && !asic_is_small(a, s[1]))) {
		asic_not_judged(a, CONTAINER_TOO_LARGE);
		return 0;
	}
	if (s[0] < a->n && (r = judge_over(a, s[0], k, e)) < 0)
		return r;
	return s[1] < a->n ? judge_over(a, s[1], k, e) : 0;
}

/* --- the whole ------------------------------------------------------------
 */

/* What may be signed, for who reads the report. */
static void
name_members(struct asic *a)
{
	struct inspect_member *to = a->out->members;
	size_t k;

	a->out->nmembers = a->n;
	for (k = 0; k < a->n; k++) {
		snprintf(to[k].name, sizeof(to[k].name), "%s", a->m[k].name);
		to[k].size = a->m[k].size;
		to[k].is_data = a->role[k] == ROLE_DATA;
	}
}

/* Does the container say that it is of this type, in bytes of its own? */
static int
is_of_type(const struct asic *a, const char *type)
{
	size_t k = asic_find(a, "mimetype"), n = strlen(type);

	return k < a->n && !a->m[k].is_deflated && a->m[k].size == n &&
	       memcmp(a->file.p + a->m[k].at, type, n) == 0;
}

static int
judge_members(struct asic *a, struct err *e)
{
	name_members(a);
	if (asic_count(a, ROLE_XML) == 0 && is_of_type(a, TYPE_SIMPLE))
		return judge_simple(a, e);
	if (asic_count(a, ROLE_XML) == 0 && is_of_type(a, TYPE_EXTENDED))
		return asic_judge_extended(a, e);
	asic_not_judged(a, ASIC_UNSUPPORTED);
	return 0;
}

int
inspect_asic(struct inspector *i, int fd, uint64_t size,
    const struct inspect_trust *trust, int64_t now_ms, struct inspect_asic *out,
    struct err *e)
{
	AUTO(asic_freep) struct asic *a = calloc(1, sizeof(*a));
	int r, judged = 0;

	if (a == NULL)
		return err_set(e, ERR_NOMEM, "inspection");
	memset(out, 0, sizeof(*out));
	*a = (struct asic){
		.i = i, .trust = trust, .now_ms = now_ms, .out = out
	};
	if ((r = client_freeze(fd, size, e)) < 0 ||
	    (r = client_view_init(&a->file, fd, size, e)) < 0 ||
	    (r = list_members(a, fd, &judged, e)) < 0)
		return r;
	return judged ? judge_members(a, e) : 0;
}
