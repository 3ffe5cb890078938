#include "daemon/inspect/wire.h"

#include "base/rw.h"
#include "base/text.h"

int
wire_has_room(const struct wire_request *r)
{
	return r->op == WIRE_HINTS || r->op == WIRE_MANIFEST ||
	       (r->op == WIRE_INFLATE && r->keep);
}

size_t
wire_request_fds(const struct wire_request *r)
{
	switch (r->op) {
	case WIRE_CMS:
		return r->hints_len > 0 ? 3 : 2;
	default:
		return wire_has_room(r) ? 2 : 1;
	}
}

static void
encode_digests(struct wr *w, const struct digests *d)
{
	size_t a;

	wr_u64(w, d->size);
	wr_u8(w, d->first);
	wr_u8(w, (uint8_t)d->have);
	for (a = 0; a < DIGEST_ALGS; a++)
		if ((d->have & 1u << a) != 0)
			wr_bytes(
			    w, d->value[a], digest_len((enum digest_alg)a));
}

static void
encode_cms(struct wr *w, const struct wire_request *r)
{
	wr_u32(w, r->hints_len);
	wr_u64(w, (uint64_t)r->now_ms);
	wr_u8(w, (uint8_t)r->filter);
	wr_u32(w, r->anchors_len);
	wr_u32(w, r->stamps_len);
	wr_u32(w, r->known_len);
	wr_u8(w, r->one_trust != 0);
	encode_digests(w, &r->content);
	wr_u16(w, (uint16_t)r->query_len);
	wr_bytes(w, r->query, r->query_len);
}

int
wire_request_encode(
    const struct wire_request *r, struct buf *out, struct err *e)
{
	struct wr w;

	wr_init(&w, out);
	wr_u8(&w, WIRE_VERSION);
	wr_u8(&w, (uint8_t)r->op);
	wr_u64(&w, r->size);
	if (r->op == WIRE_TYPE)
		wr_u8(&w, r->whole != 0);
	if (r->op == WIRE_INFLATE) {
		wr_u32(&w, r->inflated);
		wr_u8(&w, (uint8_t)r->which);
		wr_u8(&w, r->keep != 0);
	}
	if (r->op == WIRE_MISBEHAVE)
		wr_u8(&w, r->act);
	if (r->op == WIRE_CMS)
		encode_cms(&w, r);
	return wr_end(&w, e);
}

uint32_t
wire_trust_len(const struct wire_request *r)
{
	return r->anchors_len + r->stamps_len + r->known_len;
}

uint32_t
wire_der_max(enum inspect_filter filter)
{
	return filter == INSPECT_FILTER_INSIDE ? INSPECT_INSIDE_MAX
					       : INSPECT_DER_MAX;
}

static void
decode_digests(struct rd *r, struct digests *out)
{
	size_t a;

	out->size = rd_u64(r);
	out->first = rd_u8(r);
	out->have = rd_u8(r);
	for (a = 0; a < DIGEST_ALGS; a++)
		if ((out->have & 1u << a) != 0)
			rd_bytes(
			    r, out->value[a], digest_len((enum digest_alg)a));
}

static void
decode_content(struct rd *r, struct wire_request *out)
{
	decode_digests(r, &out->content);
	out->query_len = rd_u16(r);
	if (out->query_len > WIRE_QUERY_MAX)
		r->bad = 1;
	else
		rd_bytes(r, out->query, out->query_len);
}

static void
decode_cms(struct rd *r, struct wire_request *out)
{
	out->hints_len = rd_u32(r);
	out->now_ms = (int64_t)rd_u64(r);
	out->filter = (enum inspect_filter)rd_u8(r);
	out->anchors_len = rd_u32(r);
	out->stamps_len = rd_u32(r);
	out->known_len = rd_u32(r);
	out->one_trust = rd_u8(r);
	decode_content(r, out);
	if (out->size > wire_der_max(out->filter) ||
	    out->anchors_len > INSPECT_ANCHORS_MAX ||
	    out->hints_len > INSPECT_HINTS_MAX ||
	    out->stamps_len > INSPECT_ANCHORS_MAX ||
	    out->known_len > INSPECT_ANCHORS_MAX ||
	    wire_trust_len(out) > INSPECT_ANCHORS_MAX || out->one_trust > 1 ||
	    (out->one_trust && out->stamps_len > 0) ||
	    (unsigned)out->filter > INSPECT_FILTER_INSIDE)
		r->bad = 1;
}

static void
decode_inflate(struct rd *r, struct wire_request *out)
{
	out->inflated = rd_u32(r);
	out->which = rd_u8(r);
	out->keep = rd_u8(r);
	if (out->inflated > CONTAINER_MEMBER_MAX || out->keep > 1 ||
	    (out->keep && out->inflated > INSPECT_DER_MAX))
		r->bad = 1;
}

int
wire_request_decode(
    const void *p, size_t n, struct wire_request *out, struct err *e)
{
	struct wire_request q = { 0 };
	struct rd r;
	uint8_t version;
	int ret;

	rd_init(&r, p, n);
	version = rd_u8(&r);
	q.op = (enum wire_op)rd_u8(&r);
	q.size = rd_u64(&r);
	if (q.op == WIRE_TYPE)
		q.whole = rd_u8(&r);
	else if (q.op == WIRE_CMS)
		decode_cms(&r, &q);
	else if (q.op == WIRE_MISBEHAVE)
		q.act = rd_u8(&r);
	else if (q.op == WIRE_INFLATE)
		decode_inflate(&r, &q);
	else if (q.op != WIRE_HINTS && q.op != WIRE_MEMBERS &&
		 q.op != WIRE_MANIFEST)
		return err_set(e, ERR_INVALID, "unknown operation");
	if ((ret = rd_end(&r, "inspection request", e)) < 0)
		return ret;
	if (version != WIRE_VERSION || (q.whole & ~1) != 0)
		return err_set(e, ERR_INVALID, "unknown request");
	*out = q;
	return 0;
}

/* Is every character of s one of those of the class? */
static int
is_all(const char *s, int (*in_class)(unsigned char))
{
	for (; *s != '\0'; s++)
		if (!in_class((unsigned char)*s))
			return 0;
	return 1;
}

static int
is_lower_digit(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static int
is_media_char(unsigned char c)
{
	return is_lower_digit(c) || (c != '\0' && strchr("/.+-", c) != NULL);
}

static int
is_word_char(unsigned char c)
{
	return is_lower_digit(c) || c == '-' || c == ' ';
}

static int
is_sub_char(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || c == '_';
}

/*
 * A name is shown to people: no control characters (C0, DEL, C1) and none of
 * those that turn the direction of writing (U+202A-202E, U+2066-2069).
 */
static int
is_name(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	if (!utf8_is_valid(s, strlen(s)))
		return 0;
	for (; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			return 0;
		if (p[0] == 0xc2 && p[1] < 0xa0)
			return 0;
		if (p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0xaa &&
		    p[2] <= 0xae)
			return 0;
		if (p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 &&
		    p[2] <= 0xa9)
			return 0;
	}
	return 1;
}

int
wire_type_encode(const struct inspect_type *t, struct buf *out, struct err *e)
{
	struct wr w;
	size_t i;

	wr_init(&w, out);
	wr_str(&w, t->media);
	wr_str(&w, t->reason);
	wr_u8(&w, t->agreed != 0);
	wr_u8(&w, t->encrypted != 0);
	wr_u16(&w, (uint16_t)t->nranges);
	for (i = 0; i < t->nranges; i++) {
		wr_u64(&w, t->ranges[i].b);
		wr_u64(&w, t->ranges[i].c);
		wr_u64(&w, t->ranges[i].c_len);
		wr_u8(&w, (uint8_t)t->ranges[i].filter);
		wr_u8(&w, (uint8_t)t->steps[i]);
	}
	wr_u8(&w, (uint8_t)t->warnings);
	return wr_end(&w, e);
}

static void
decode_ranges(struct rd *r, struct inspect_type *t)
{
	size_t i;

	t->nranges = rd_u16(r);
	if (t->nranges > INSPECT_SIGS_MAX) {
		r->bad = 1;
		return;
	}
	for (i = 0; i < t->nranges; i++) {
		t->ranges[i].b = rd_u64(r);
		t->ranges[i].c = rd_u64(r);
		t->ranges[i].c_len = rd_u64(r);
		t->ranges[i].filter = (enum inspect_filter)rd_u8(r);
		if ((unsigned)t->ranges[i].filter > INSPECT_FILTER_TIMESTAMP)
			r->bad = 1;
		t->steps[i] = (enum inspect_after)rd_u8(r);
		if ((unsigned)t->steps[i] > AFTER_FORBIDDEN)
			r->bad = 1;
	}
}

int
wire_type_decode(
    const void *p, size_t n, struct inspect_type *out, struct err *e)
{
	struct inspect_type t = { 0 };
	struct rd r;
	int ret;

	rd_init(&r, p, n);
	rd_str(&r, t.media, sizeof(t.media));
	rd_str(&r, t.reason, sizeof(t.reason));
	t.agreed = rd_u8(&r);
	t.encrypted = rd_u8(&r);
	decode_ranges(&r, &t);
	t.warnings = rd_u8(&r);
	if ((ret = rd_end(&r, "inspection answer", e)) < 0)
		return ret;
	if (t.agreed > 1 || t.encrypted > 1 || t.media[0] == '\0' ||
	    !is_all(t.media, is_media_char) ||
	    !is_all(t.reason, is_word_char) ||
	    (t.warnings & ~(INSPECT_WARN_SCRIPT | INSPECT_WARN_LAYERS |
			      INSPECT_WARN_CERTIFIED | INSPECT_WARN_UNLOCATED |
			      INSPECT_WARN_OVERLAY | INSPECT_HAS_HINTS)) != 0 ||
	    (!t.agreed && t.reason[0] == '\0'))
		return err_set(e, ERR_INVALID, "inspection answer: values");
	*out = t;
	return 0;
}

int
wire_hints_encode(uint32_t n, struct buf *out, struct err *e)
{
	struct wr w;

	wr_init(&w, out);
	wr_u32(&w, n);
	return wr_end(&w, e);
}

int
wire_hints_decode(const void *p, size_t n, uint32_t *out, struct err *e)
{
	struct rd r;
	uint32_t len;
	int ret;

	rd_init(&r, p, n);
	len = rd_u32(&r);
	if ((ret = rd_end(&r, "hints", e)) < 0)
		return ret;
	if (len > INSPECT_HINTS_MAX)
		return err_set(e, ERR_INVALID, "hints: values");
	*out = len;
	return 0;
}

int
wire_members_encode(
    const struct wire_members *m, struct buf *out, struct err *e)
{
	struct wr w;
	size_t i;

	wr_init(&w, out);
	wr_str(&w, m->why);
	wr_u16(&w, (uint16_t)m->n);
	for (i = 0; i < m->n; i++)
		wr_u32(&w, m->entries[i]);
	return wr_end(&w, e);
}

static int
is_container_word(const char *s)
{
	return strcmp(s, CONTAINER_UNSOUND) == 0 ||
	       strcmp(s, CONTAINER_UNSUPPORTED) == 0 ||
	       strcmp(s, CONTAINER_TOO_LARGE) == 0;
}

int
wire_members_decode(
    const void *p, size_t n, struct wire_members *out, struct err *e)
{
	struct wire_members m = { 0 };
	struct rd r;
	size_t i;
	int ret;

	rd_init(&r, p, n);
	rd_str(&r, m.why, sizeof(m.why));
	m.n = rd_u16(&r);
	if (m.n > CONTAINER_MEMBERS_MAX)
		return err_set(e, ERR_INVALID, "members: values");
	for (i = 0; i < m.n; i++)
		m.entries[i] = rd_u32(&r);
	if ((ret = rd_end(&r, "members", e)) < 0)
		return ret;
	if ((m.n == 0) != is_container_word(m.why) ||
	    (m.n > 0 && m.why[0] != '\0'))
		return err_set(e, ERR_INVALID, "members: values");
	*out = m;
	return 0;
}

int
wire_manifest_encode(
    const struct asic_manifest *m, struct buf *out, struct err *e)
{
	const struct asic_reference *ref;
	struct wr w;
	size_t i;

	wr_init(&w, out);
	wr_str(&w, m->signature);
	wr_u16(&w, (uint16_t)m->n);
	for (i = 0; i < m->n; i++) {
		ref = &m->refs[i];
		wr_str(&w, ref->name);
		wr_u8(&w, ref->is_known != 0);
		if (!ref->is_known)
			continue;
		wr_u8(&w, (uint8_t)ref->alg);
		wr_bytes(&w, ref->value, digest_len(ref->alg));
	}
	return wr_end(&w, e);
}

static void
decode_reference(struct rd *r, struct asic_reference *out)
{
	uint8_t known, alg;

	rd_str(r, out->name, sizeof(out->name));
	known = rd_u8(r);
	out->is_known = known != 0;
	if (known > 1 || out->name[0] == '\0')
		r->bad = 1;
	if (!out->is_known)
		return;
	if ((alg = rd_u8(r)) >= DIGEST_ALGS) {
		r->bad = 1;
		return;
	}
	out->alg = (enum digest_alg)alg;
	rd_bytes(r, out->value, digest_len(out->alg));
}

int
wire_manifest_decode(
    const void *p, size_t n, struct asic_manifest *out, struct err *e)
{
	struct rd r;
	size_t i, k;
	int ret;

	memset(out, 0, sizeof(*out));
	rd_init(&r, p, n);
	rd_str(&r, out->signature, sizeof(out->signature));
	out->n = rd_u16(&r);
	if (out->n == 0 || out->n > ASIC_REFERENCES_MAX)
		return err_set(e, ERR_INVALID, "manifest: values");
	for (i = 0; i < out->n; i++)
		decode_reference(&r, &out->refs[i]);
	if ((ret = rd_end(&r, "manifest", e)) < 0)
		return ret;
	for (i = 0; i < out->n; i++)
		for (k = 0; k < i; k++)
			if (strcmp(out->refs[i].name, out->refs[k].name) == 0)
				return err_set(
				    e, ERR_INVALID, "manifest: values");
	return 0;
}

int
wire_inflated_encode(const struct inflated *i, struct buf *out, struct err *e)
{
	struct wr w;

	wr_init(&w, out);
	wr_u8(&w, i->fits != 0);
	wr_u32(&w, i->crc);
	encode_digests(&w, &i->digests);
	return wr_end(&w, e);
}

int
wire_inflated_decode(const void *p, size_t n, const struct wire_request *q,
    struct inflated *out, struct err *e)
{
	struct inflated i = { 0 };
	struct rd r;
	int ret;

	rd_init(&r, p, n);
	i.fits = rd_u8(&r);
	i.crc = rd_u32(&r);
	decode_digests(&r, &i.digests);
	if ((ret = rd_end(&r, "inflated", e)) < 0)
		return ret;
	if (i.fits > 1 ||
	    (i.fits && (i.digests.size != q->inflated ||
			   i.digests.have != (q->which & DIGESTS_ALL))))
		return err_set(e, ERR_INVALID, "inflated: values");
	*out = i;
	return 0;
}

int
wire_verdict_encode(
    const struct inspect_verdict *v, struct buf *out, struct err *e)
{
	struct wr w;

	wr_init(&w, out);
	wr_u8(&w, (uint8_t)v->indication);
	wr_u8(&w, (uint8_t)v->integrity);
	wr_str(&w, v->sub);
	wr_str(&w, v->signer);
	wr_u64(&w, (uint64_t)v->signing_time_ms);
	wr_u64(&w, (uint64_t)v->proved_time_ms);
	wr_u8(&w, v->is_stamp != 0);
	wr_u8(&w, v->has_anchor != 0);
	wr_bytes(&w, v->anchor, sizeof(v->anchor));
	wr_str(&w, v->reasons);
	return wr_end(&w, e);
}

int
wire_verdict_decode(
    const void *p, size_t n, struct inspect_verdict *out, struct err *e)
{
	struct inspect_verdict v = { 0 };
	struct rd r;
	int ret;

	rd_init(&r, p, n);
	v.indication = (enum inspect_indication)rd_u8(&r);
	v.integrity = (enum inspect_integrity)rd_u8(&r);
	rd_str(&r, v.sub, sizeof(v.sub));
	rd_str(&r, v.signer, sizeof(v.signer));
	v.signing_time_ms = (int64_t)rd_u64(&r);
	v.proved_time_ms = (int64_t)rd_u64(&r);
	v.is_stamp = rd_u8(&r);
	v.has_anchor = rd_u8(&r);
	rd_bytes(&r, v.anchor, sizeof(v.anchor));
	rd_str(&r, v.reasons, sizeof(v.reasons));
	if ((ret = rd_end(&r, "verdict", e)) < 0)
		return ret;
	if (v.indication < INSPECT_PASSED || v.indication > INSPECT_FAILED ||
	    v.integrity < INTEGRITY_PASS || v.integrity > INTEGRITY_ERROR ||
	    v.integrity == INTEGRITY_NOSIG || v.is_stamp > 1 ||
	    v.has_anchor > 1 ||
	    (v.indication == INSPECT_PASSED && !v.has_anchor) ||
	    (v.indication == INSPECT_PASSED && v.integrity != INTEGRITY_PASS) ||
	    (v.indication == INSPECT_FAILED && v.integrity == INTEGRITY_PASS) ||
	    (v.indication == INSPECT_PASSED) != (v.sub[0] == '\0') ||
	    !is_all(v.sub, is_sub_char) || !is_name(v.signer) ||
	    !is_all(v.reasons, is_word_char))
		return err_set(e, ERR_INVALID, "verdict: values");
	*out = v;
	return 0;
}
