/*
 * ASiC-E with CAdES: manifests that name members with their digests, each
 * signed or stamped by another member. What a worker read in a manifest is a
 * list of names and digests; whether they are those of this container is seen
 * here.
 */
#include "base/file.h"
#include "daemon/inspect/asic_inside.h"

struct manifest {
	size_t k;		 /* the member that it is */
	size_t s;		 /* the one that signs it; a->n: none */
	struct buf text;	 /* its bytes */
	struct asic_manifest *m; /* NULL: not understood */
};

struct extended {
	struct asic *a;
	struct manifest all[INSPECT_SIGS_MAX];
	size_t n;
	unsigned which[CONTAINER_MEMBERS_MAX]; /* digests that are asked for */
	struct digests d[CONTAINER_MEMBERS_MAX];
};

static void
extended_freep(struct extended **x)
{
	size_t i;

	for (i = 0; *x != NULL && i < (*x)->n; i++) {
		buf_done(&(*x)->all[i].text);
		free((*x)->all[i].m);
	}
	free(*x);
	*x = NULL;
}

static int
is_manifest(enum container_role role)
{
	return role == ROLE_MANIFEST || role == ROLE_ARCHIVE;
}

static int
is_signing(enum container_role role)
{
	return role == ROLE_SIGNATURE || role == ROLE_STAMP;
}

/* In a fresh worker. *out = NULL: not understood. */
static int
parse(struct asic *a, const struct buf *text, struct asic_manifest **out,
    struct err *e)
{
	const struct wire_request q = { .op = WIRE_MANIFEST,
		.size = text->len };
	AUTO(mem_freep) struct asic_manifest *m = calloc(1, sizeof(*m));
	AUTO(buf_done) struct buf answer = { 0 }, copy = { 0 };
	AUTO(fd_closep) int fd = -1, room = -1;
	uint32_t n;
	int r;

	if (m == NULL)
		return err_set(e, ERR_NOMEM, "manifest");
	if ((r = memfd_of("manifest", text->p, text->len, &fd, e)) < 0 ||
	    (r = client_room(&room, e)) < 0 ||
	    (r = client_ask(a->i, &q, (const int[]){ fd, room }, &answer, e)) <
		0 ||
	    (r = client_distrust(
		 wire_hints_decode(answer.p, answer.len, &n, e), e)) < 0)
		return r;
	if (n == 0)
		return 0;
	if ((r = client_take(room, n, &copy, e)) < 0 ||
	    (r = client_distrust(
		 wire_manifest_decode(copy.p, copy.len, m, e), e)) < 0)
		return r;
	*out = TAKE(m);
	return 0;
}

/* The member that signs m: an archive's manifest is stamped, never signed. */
static size_t
find_signature(const struct asic *a, const struct manifest *f)
{
	size_t s = f->m != NULL ? asic_find(a, f->m->signature) : a->n;

	if (s < a->n &&
	    (!is_signing(a->role[s]) ||
		(a->role[f->k] == ROLE_ARCHIVE && a->role[s] != ROLE_STAMP)))
		return a->n;
	return s;
}

static int
read_manifest(struct extended *x, size_t k, struct err *e)
{
	struct manifest *f = &x->all[x->n++];
	int r, fits;

	f->k = k;
	if ((r = asic_read(x->a, k, 0, &f->text, NULL, &fits, e)) < 0)
		return r;
	if (fits && (r = parse(x->a, &f->text, &f->m, e)) < 0)
		return r;
	f->s = find_signature(x->a, f);
	return 0;
}

/* Each member that is named is read once, for all that name it. */
static int
read_named(struct extended *x, struct err *e)
{
	const struct asic_manifest *m;
	struct asic *a = x->a;
	size_t i, j, k;
	int r, fits;

	for (i = 0; i < x->n; i++)
		for (m = x->all[i].m, j = 0; m != NULL && j < m->n; j++)
			if ((k = asic_find(a, m->refs[j].name)) < a->n &&
			    m->refs[j].is_known)
				x->which[k] |= 1u << m->refs[j].alg;
	for (k = 0; k < a->n; k++) {
		if (x->which[k] == 0)
			continue;
		if ((r = asic_read(
			 a, k, x->which[k], NULL, &x->d[k], &fits, e)) < 0)
			return r;
		/* Without digests it equals none. */
		if (!fits)
			x->d[k].have = 0;
	}
	return 0;
}

/* --- what a manifest says against what is there ---------------------------
 */

struct coverage {
	size_t missing, changed, weak, unknown;
	uint64_t bytes;
	int is_named[CONTAINER_MEMBERS_MAX];   /* by the manifest */
	int is_covered[CONTAINER_MEMBERS_MAX]; /* and is what it says */
};

static void
compare(const struct extended *x, const struct asic_reference *ref,
    struct coverage *c)
{
	size_t k = asic_find(x->a, ref->name);
	const struct digests *d;

	if (k == x->a->n) {
		c->missing++;
		return;
	}
	d = &x->d[k];
	c->is_named[k] = 1;
	if (!ref->is_known) {
		c->unknown++;
	} else if ((d->have & 1u << ref->alg) == 0 ||
		   memcmp(d->value[ref->alg], ref->value,
		       digest_len(ref->alg)) != 0) {
		c->changed++;
	} else if (ref->alg == DIGEST_SHA1) {
		c->weak++;
	} else {
		c->is_covered[k] = 1;
		c->bytes += x->a->m[k].size;
	}
}

/* Data that the manifest says nothing of. */
static size_t
unnamed(const struct asic *a, const struct coverage *c)
{
	size_t k, n = 0;

	for (k = 0; k < a->n; k++)
		n += a->role[k] == ROLE_DATA && !c->is_named[k];
	return n;
}

static void
temper(const struct extended *x, const struct coverage *c,
    struct inspect_verdict *v)
{
	static const char constraint[] = "SIG_CONSTRAINTS_FAILURE";

	if (c->missing > 0)
		asic_doubt(v, "SIGNED_DATA_NOT_FOUND", "member-missing");
	if (c->weak > 0)
		asic_doubt(v, "CRYPTO_CONSTRAINTS_FAILURE", "digest-too-weak");
	if (unnamed(x->a, c) > 0)
		asic_doubt(v, constraint, "member-not-signed");
	if (asic_count(x->a, ROLE_OTHER) > 0)
		asic_doubt(v, constraint, "container-member-unknown");
	if (c->unknown > 0) {
		asic_doubt(v, "GENERIC", "algorithm-unsupported");
		if (v->integrity == INTEGRITY_INDET)
			v->integrity = INTEGRITY_UNSUPPORTED;
	}
	if (c->changed > 0)
		asic_fail(v, "HASH_FAILURE", "member-changed");
}

static void
check_coverage(const struct extended *x, const struct manifest *f,
    struct inspect_verdict *v)
{
	struct inspect_member *members = x->a->out->members;
	int is_right = v->integrity == INTEGRITY_PASS && !v->is_stamp;
	struct coverage c = { 0 };
	size_t k;

	for (k = 0; k < f->m->n; k++)
		compare(x, &f->m->refs[k], &c);
	v->covers = c.bytes;
	temper(x, &c, v);
	for (k = 0; k < x->a->n; k++)
		members[k].is_signed |=
		    is_right && c.changed == 0 && c.is_covered[k];
}

static int
judge_manifest(struct extended *x, const struct manifest *f, struct err *e)
{
	struct asic *a = x->a;
	int r, fits, is_stamp = f->s < a->n && a->role[f->s] == ROLE_STAMP;
	struct inspect_verdict *v = asic_verdict(a);
	AUTO(buf_done) struct buf der = { 0 };
	struct digests content;

	v->is_stamp = is_stamp;
	if (f->m == NULL || f->s == a->n) {
		asic_doubt(v, "SIGNED_DATA_NOT_FOUND",
		    f->m == NULL ? "manifest-not-understood"
				 : "signature-missing");
		return 0;
	}
	if ((r = asic_read(a, f->s, 0, &der, NULL, &fits, e)) < 0)
		return r;
	if (!fits) {
		asic_fail(v, "FORMAT_FAILURE", "member-unreadable");
		return 0;
	}
	if ((r = digests_of(f->text.p, f->text.len,
		 digests_named(der.p, der.len), &content, e)) < 0 ||
	    (r = asic_judge_der(a, &der, &content, is_stamp, v, e)) < 0)
		return r;
	check_coverage(x, f, v);
	return 0;
}

/* --- the whole ------------------------------------------------------------
 */

/* How many manifests member s signs. */
static size_t
count_signed(const struct extended *x, size_t s)
{
	size_t i, n = 0;

	for (i = 0; i < x->n; i++)
		n += x->all[i].s == s;
	return n;
}

/* Each signature signs one manifest; one that signs none, or several, is
 * something that we did not understand. */
static void
check_signatures(const struct extended *x)
{
	struct asic *a = x->a;
	size_t i, s;

	for (s = 0; s < a->n; s++)
		if (is_signing(a->role[s]) && count_signed(x, s) != 1)
			for (i = 0; i < a->out->n; i++)
				asic_doubt(&a->out->v[i],
				    "SIG_CONSTRAINTS_FAILURE",
				    "signature-without-manifest");
}

/* Is it within what workers parse, and what there is room to say of? */
static int
is_within_limits(const struct asic *a)
{
	size_t k;

	for (k = 0; k < a->n; k++)
		if ((is_manifest(a->role[k]) || is_signing(a->role[k])) &&
		    !asic_is_small(a, k))
			return 0;
	return asic_count(a, ROLE_MANIFEST) + asic_count(a, ROLE_ARCHIVE) <=
	       INSPECT_SIGS_MAX;
}

static int
judge_all(struct extended *x, struct err *e)
{
	struct asic *a = x->a;
	size_t k;
	int r;

	for (k = 0; k < a->n; k++)
		if (is_manifest(a->role[k]) && (r = read_manifest(x, k, e)) < 0)
			return r;
	if ((r = read_named(x, e)) < 0)
		return r;
	for (k = 0; k < x->n; k++)
		if ((r = judge_manifest(x, &x->all[k], e)) < 0)
			return r;
	if (x->n == 0)
		asic_doubt(asic_verdict(a), "SIGNED_DATA_NOT_FOUND",
		    "manifest-missing");
	check_signatures(x);
	return 0;
}

int
asic_judge_extended(struct asic *a, struct err *e)
{
	AUTO(extended_freep) struct extended *x = NULL;

	if (asic_count(a, ROLE_SIGNATURE) + asic_count(a, ROLE_STAMP) == 0) {
		asic_not_judged(a, ASIC_UNSUPPORTED);
		return 0;
	}
	if (!is_within_limits(a)) {
		asic_not_judged(a, CONTAINER_TOO_LARGE);
		return 0;
	}
	if ((x = calloc(1, sizeof(*x))) == NULL)
		return err_set(e, ERR_NOMEM, "container");
	x->a = a;
	return judge_all(x, e);
}
