#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/rw.h"
#include "daemon/inspect/cms_inside.h"

#define CAME_ALONG_MAX 64    /* of each kind: certificates, lists, answers */
#define CERTS_MAX 16	     /* of a chain */
#define ROOM_MIN (16u << 20) /* bytes: more than a bundle takes to be asked */
#define STRENGTH_MIN 112     /* bits, of the digest that was signed */
#define OCSP_LABEL "OCSP RESPONSE"
#define OTHER_OCSP "\x2b\x06\x01\x05\x05\x07\x10\x02" /* RFC 5940, 2.1 */
#define EXPIRED_ON_CRL "2.5.29.60"		      /* X.509, 9.5.2.8 */

FREEP(bio_freep, BIO, BIO_free_all)
FREEP(store_freep, X509_STORE, X509_STORE_free)
FREEP(ocsp_freep, OCSP_RESPONSE, OCSP_RESPONSE_free)
FREEP(certid_freep, OCSP_CERTID, OCSP_CERTID_free)
FREEP(points_freep, CRL_DIST_POINTS, CRL_DIST_POINTS_free)
FREEP(scope_freep, ISSUING_DIST_POINT, ISSUING_DIST_POINT_free)
FREEP(time_freep, ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free)

/* --- what is at hand ------------------------------------------------------ */

static void
add_crl(struct judged *j, X509_CRL *crl)
{
	if (crl == NULL)
		return;
	if (j->crls == NULL)
		j->crls = sk_X509_CRL_new_null();
	if (j->crls == NULL || sk_X509_CRL_push(j->crls, crl) <= 0)
		X509_CRL_free(crl);
}

static void
add_answer(struct judged *j, OCSP_BASICRESP *answer)
{
	if (answer == NULL)
		return;
	if (j->answers == NULL)
		j->answers = sk_OCSP_BASICRESP_new_null();
	if (j->answers == NULL ||
	    sk_OCSP_BASICRESP_push(j->answers, answer) <= 0)
		OCSP_BASICRESP_free(answer);
}

static void
add_cert(struct judged *j, X509 *cert)
{
	if (cert == NULL)
		return;
	if (j->certs == NULL)
		j->certs = sk_X509_new_null();
	if (j->certs == NULL || sk_X509_push(j->certs, cert) <= 0)
		X509_free(cert);
}

/*
 * An OCSPResponse begins with its status, an ENUMERATED; a BasicOCSPResponse
 * (EN 319 122-1, 5.5.2 keeps that one) with a SEQUENCE. 0: it is neither. An
 * OCSPResponse may also say that there is no answer.
 */
static int
read_answer(struct judged *j, struct der d)
{
	AUTO(ocsp_freep) OCSP_RESPONSE *r = NULL;
	OCSP_BASICRESP *answer = NULL;
	const uint8_t *p = d.p;
	struct der body;
	uint8_t tag;

	if (!der_take(&d, &tag, &body, NULL) || tag != 0x30 || body.n == 0)
		return 0;
	if (body.p[0] != 0x0a) {
		answer = d2i_OCSP_BASICRESP(NULL, &p, (long)(d.p - p));
	} else {
		r = d2i_OCSP_RESPONSE(NULL, &p, (long)(d.p - p));
		if (r != NULL &&
		    OCSP_response_status(r) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
			return 1;
		if (r != NULL)
			answer = OCSP_response_get1_basic(r);
	}
	add_answer(j, answer);
	return answer != NULL;
}

enum kind { CERT = 1, LIST = 2, ANSWER = 3 };

/* What came along, counted: nobody vouches for how much there is of it. */
struct along {
	struct judged *j;
	size_t n[ANSWER + 1];
};

static void
take_along(struct along *a, enum kind kind, struct der d)
{
	const uint8_t *p = d.p;

	if (a->n[kind] == CAME_ALONG_MAX)
		return;
	a->n[kind]++;
	if (kind == CERT)
		add_cert(a->j, d2i_X509(NULL, &p, (long)d.n));
	else if (kind == LIST)
		add_crl(a->j, d2i_X509_CRL(NULL, &p, (long)d.n));
	else
		(void)read_answer(a->j, d);
}

/* All elements of a SEQUENCE OF. */
static void
take_all(struct along *a, enum kind kind, struct der d)
{
	struct der list, one;
	uint8_t tag;

	if (!der_take(&d, &tag, &list, NULL) || tag != 0x30)
		return;
	while (list.n > 0 && der_take(&list, &tag, NULL, &one))
		take_along(a, kind, one);
}

/*
 * RevocationValues (EN 319 122-1, 5.5.2) and Adobe's RevocationInfoArchival
 * (ISO 32000-1, 12.8.3.3.2): lists under [0], answers under [1].
 */
static void
take_values(struct along *a, struct der d)
{
	struct der seq, field;
	uint8_t tag;

	if (!der_take(&d, &tag, &seq, NULL) || tag != 0x30)
		return;
	while (seq.n > 0 && der_take(&seq, &tag, &field, NULL))
		if (tag == 0xa0 || tag == 0xa1)
			take_all(a, tag == 0xa0 ? LIST : ANSWER, field);
}

/* RevocationInfoChoices (RFC 5652, 10.2.1; RFC 5940, 2.1). */
static void
take_choices(struct along *a, struct der d)
{
	struct der body, whole, oid, value;
	uint8_t tag;

	while (d.n > 0 && der_take(&d, &tag, &body, &whole)) {
		if (tag == 0x30)
			take_along(a, LIST, whole);
		else if (tag == 0xa1 && der_take(&body, &tag, &oid, NULL) &&
			 oid.n == sizeof(OTHER_OCSP) - 1 &&
			 memcmp(oid.p, OTHER_OCSP, oid.n) == 0 &&
			 der_take(&body, &tag, NULL, &value))
			take_along(a, ANSWER, value);
	}
}

/*
 * What stage 1 found in a PDF: u8 kind, u32 length, bytes, and so on. Of these
 * the certificates, or all else.
 */
static void
take_hints(struct along *a, const struct cms_case *c, int certs)
{
	struct rd r;
	uint8_t kind;
	struct der d;

	rd_init(&r, c->hints, c->hints_len);
	while (r.left > 0) {
		kind = rd_u8(&r);
		d.p = rd_blob(&r, c->hints_len, &d.n);
		if (r.bad || d.p == NULL || kind < CERT || kind > ANSWER)
			return;
		if ((kind == CERT) == certs)
			take_along(a, (enum kind)kind, d);
	}
}

int
revoke_load(const struct cms_trust *from, struct judged *j)
{
	AUTO(bio_freep) BIO *b = NULL;
	char *name, *header;
	int ok = 1;
	uint8_t *p;
	long n;

	/* PEM has no word of its own for these: ours. */
	if (from->n == 0 || memmem(from->p, from->n, OCSP_LABEL,
				sizeof(OCSP_LABEL) - 1) == NULL)
		return 1;
	if ((b = BIO_new_mem_buf(from->p, (int)from->n)) == NULL)
		return 0;
	while (ok && PEM_read_bio(b, &name, &header, &p, &n) == 1) {
		if (strcmp(name, OCSP_LABEL) == 0)
			ok = n > 0 &&
			     read_answer(j, (struct der){ p, (size_t)n });
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(p);
	}
	ERR_clear_error();
	return ok;
}

void
revoke_take_certs(
    const struct cms_case *c, const struct cms_shape *shape, struct judged *j)
{
	struct along a = { .j = j };

	take_all(&a, CERT, shape->cert_values);
	take_hints(&a, c, 1);
	ERR_clear_error();
}

static void
take_rest(
    const struct cms_case *c, const struct cms_shape *shape, struct judged *j)
{
	struct along a = { .j = j };

	take_choices(&a, shape->choices);
	take_values(&a, shape->archival);
	take_values(&a, shape->revocation_values);
	take_hints(&a, c, 0);
	ERR_clear_error();
}

void
revoke_done(struct judged *j)
{
	sk_X509_CRL_pop_free(j->crls, X509_CRL_free);
	sk_OCSP_BASICRESP_pop_free(j->answers, OCSP_BASICRESP_free);
}

/* --- the rule ------------------------------------------------------------- */

enum standing { UNKNOWN, GOOD, REVOKED };

/* What a list or an answer, rightly signed, says of a certificate. */
struct word {
	int is_revoked;
	int64_t revoked_ms;
	int64_t this_ms, next_ms; /* 0: not said */
	/* Certificates that expired since this time are still in it; 0: not
	 * said. */
	int64_t kept_ms;
	int is_weak; /* signed over a digest that can be forged */
};

static int64_t
time_ms(const ASN1_TIME *t)
{
	struct tm tm;

	return t != NULL && ASN1_TIME_to_tm(t, &tm) == 1
		   ? (int64_t)timegm(&tm) * 1000
		   : 0;
}

/*
 * The one rule. What was revoked at the time in question or before is not
 * valid; revoked later, it was valid then. That it was valid is known from
 * what was said for that time, or later: but not after the certificate had
 * expired, when authorities forget it, unless they say that they do not.
 */
static enum standing
weigh(const struct word *w, const struct judged *j, const X509 *cert)
{
	int64_t end = time_ms(X509_get0_notAfter(cert));
	/* Authorities count in whole seconds. */
	int64_t at = j->at_ms - j->at_ms % 1000;

	if (w->is_revoked && w->revoked_ms <= j->at_ms)
		return REVOKED;
	if (w->is_weak || w->this_ms == 0)
		return UNKNOWN;
	if (w->this_ms < at)
		return w->next_ms >= at ? GOOD : UNKNOWN;
	return w->this_ms <= end || (w->kept_ms != 0 && w->kept_ms <= end)
		   ? GOOD
		   : UNKNOWN;
}

/* REVOKED before all, GOOD before UNKNOWN. */
static void
heed(enum standing *so_far, enum standing more)
{
	if (more > *so_far)
		*so_far = more;
}

static int
is_weak_signature(int nid)
{
	int md, key;
	const EVP_MD *digest;

	if (nid == NID_ED25519 || nid == NID_ED448)
		return 0;
	/* RSA-PSS has its digest elsewhere: such a one may only revoke. */
	if (OBJ_find_sigid_algs(nid, &md, &key) != 1 ||
	    (digest = EVP_get_digestbynid(md)) == NULL)
		return 1;
	return EVP_MD_get_size(digest) * 4 < STRENGTH_MIN;
}

/* --- lists ---------------------------------------------------------------- */

/* Signed by this authority, which may sign lists? */
static int
is_list_of(X509_CRL *crl, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);

	return key != NULL &&
	       X509_NAME_cmp(X509_CRL_get_issuer(crl),
		   X509_get_subject_name(issuer)) == 0 &&
	       (X509_get_key_usage(issuer) & X509v3_KU_CRL_SIGN) != 0 &&
	       X509_CRL_verify(crl, key) == 1;
}

static int64_t
kept_since(const X509_CRL *crl)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(EXPIRED_ON_CRL, 1);
	int at = oid != NULL ? X509_CRL_get_ext_by_OBJ(crl, oid, -1) : -1;
	AUTO(time_freep) ASN1_GENERALIZEDTIME *t = NULL;
	const ASN1_OCTET_STRING *s;
	const uint8_t *p;

	ASN1_OBJECT_free(oid);
	if (at < 0)
		return 0;
	s = X509_EXTENSION_get_data(X509_CRL_get_ext(crl, at));
	p = ASN1_STRING_get0_data(s);
	t = d2i_ASN1_GENERALIZEDTIME(NULL, &p, ASN1_STRING_length(s));
	return time_ms(t);
}

static void
read_list(X509_CRL *crl, X509 *cert, struct word *w)
{
	X509_REVOKED *entry = NULL;

	*w = (struct word){ .this_ms = time_ms(X509_CRL_get0_lastUpdate(crl)),
		.next_ms = time_ms(X509_CRL_get0_nextUpdate(crl)),
		.kept_ms = kept_since(crl),
		.is_weak = is_weak_signature(X509_CRL_get_signature_nid(crl)) };
	/* 2: taken off the list again. */
	w->is_revoked = X509_CRL_get0_by_cert(crl, &entry, cert) == 1;
	if (w->is_revoked)
		w->revoked_ms =
		    time_ms(X509_REVOKED_get0_revocationDate(entry));
}

static int
share_name(const GENERAL_NAMES *a, const GENERAL_NAMES *b)
{
	int i, k;

	for (i = 0; i < sk_GENERAL_NAME_num(a); i++)
		for (k = 0; k < sk_GENERAL_NAME_num(b); k++)
			if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(a, i),
				sk_GENERAL_NAME_value(b, k)) == 0)
				return 1;
	return 0;
}

/* One list of several: the one that the certificate itself points to? */
static int
is_pointed_to(const DIST_POINT_NAME *name, X509 *cert)
{
	AUTO(points_freep)
	CRL_DIST_POINTS *points =
	    X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
	const DIST_POINT *p;
	int i;

	for (i = 0; i < sk_DIST_POINT_num(points); i++) {
		p = sk_DIST_POINT_value(points, i);
		/* 0: whole names; 1: the rest of the issuer's. */
		if (p->distpoint != NULL && p->distpoint->type == 0 &&
		    name->type == 0 &&
		    share_name(
			p->distpoint->name.fullname, name->name.fullname))
			return 1;
	}
	return 0;
}

/* IssuingDistributionPoint (RFC 5280, 5.2.5). */
static int
is_in_scope(const X509_CRL *crl, X509 *cert)
{
	AUTO(scope_freep)
	ISSUING_DIST_POINT *s = X509_CRL_get_ext_d2i(
	    crl, NID_issuing_distribution_point, NULL, NULL);

	if (s == NULL || s->onlysomereasons != NULL || s->indirectCRL > 0 ||
	    s->onlyattr > 0)
		return 0;
	if (X509_check_ca(cert) > 0 ? s->onlyuser > 0 : s->onlyCA > 0)
		return 0;
	return s->distpoint == NULL || is_pointed_to(s->distpoint, cert);
}

/*
 * May it say that what it does not name is valid? Not one of other kinds or
 * of some reasons, of changes only, or with an extension that is not known.
 */
static int
is_complete(const X509_CRL *crl, X509 *cert)
{
	int i, nid, n = X509_CRL_get_ext_count(crl);
	X509_EXTENSION *x;

	for (i = 0; i < n; i++) {
		x = X509_CRL_get_ext(crl, i);
		nid = OBJ_obj2nid(X509_EXTENSION_get_object(x));
		if (nid == NID_issuing_distribution_point
			? !is_in_scope(crl, cert)
			: X509_EXTENSION_get_critical(x))
			return 0;
	}
	return 1;
}

/* --- answers of responders ------------------------------------------------ */

/*
 * RFC 6960, 4.2.2.2: signed by the authority that issued the certificate, or
 * by one to whom that authority gave this use. Its certificate must have been
 * valid when it answered.
 */
static int
is_answer_for(OCSP_BASICRESP *answer, X509 *issuer)
{
	AUTO(store_freep) X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *known = sk_X509_new_null();
	X509_VERIFY_PARAM *param;
	int64_t at = time_ms(OCSP_resp_get0_produced_at(answer));
	int ok = 0;

	if (store != NULL && known != NULL && sk_X509_push(known, issuer) > 0 &&
	    X509_STORE_add_cert(store, issuer) == 1) {
		param = X509_STORE_get0_param(store);
		X509_VERIFY_PARAM_set_time(param, (time_t)(at / 1000));
		X509_VERIFY_PARAM_set_auth_level(param, 2);
		ok = OCSP_basic_verify(answer, known, store,
			 OCSP_PARTIAL_CHAIN | OCSP_NOEXPLICIT) == 1;
	}
	sk_X509_free(known);
	return ok;
}

/* Is it of this certificate, of this authority: number, name and key? */
static int
is_about(const OCSP_SINGLERESP *one, X509 *cert, X509 *issuer)
{
	/* OpenSSL's prototype takes what it does not change. */
	OCSP_CERTID *said =
	    (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(one);
	AUTO(certid_freep) OCSP_CERTID *id = NULL;
	ASN1_INTEGER *number = NULL;
	ASN1_OBJECT *oid = NULL;
	const EVP_MD *md;

	if (OCSP_id_get0_info(NULL, &oid, NULL, &number, said) != 1 ||
	    ASN1_INTEGER_cmp(number, X509_get0_serialNumber(cert)) != 0 ||
	    (md = EVP_get_digestbyobj(oid)) == NULL)
		return 0;
	id = OCSP_cert_to_id(md, cert, issuer);
	return id != NULL && OCSP_id_cmp(id, said) == 0;
}

/* Is its signer on a list of the authority's? Then it may only revoke. */
static int
is_signer_listed(const struct judged *j, OCSP_BASICRESP *answer, X509 *issuer)
{
	X509_REVOKED *entry = NULL;
	X509 *signer = NULL;
	X509_CRL *crl;
	int i;

	if (OCSP_resp_get0_signer(answer, &signer, NULL) != 1)
		return 0;
	for (i = 0; i < sk_X509_CRL_num(j->crls); i++) {
		crl = sk_X509_CRL_value(j->crls, i);
		if (X509_CRL_get0_by_cert(crl, &entry, signer) == 1 &&
		    is_list_of(crl, issuer))
			return 1;
	}
	return 0;
}

/* 0: it says that it does not know. */
static int
read_single(OCSP_BASICRESP *answer, OCSP_SINGLERESP *one, struct word *w)
{
	ASN1_GENERALIZEDTIME *revoked = NULL, *this = NULL, *next = NULL;
	AUTO(time_freep) ASN1_GENERALIZEDTIME *kept = NULL;
	const ASN1_OBJECT *oid;
	int status, reason = -1;

	status = OCSP_single_get0_status(one, &reason, &revoked, &this, &next);
	if (status != V_OCSP_CERTSTATUS_GOOD &&
	    status != V_OCSP_CERTSTATUS_REVOKED)
		return 0;
	kept = OCSP_SINGLERESP_get1_ext_d2i(
	    one, NID_id_pkix_OCSP_archiveCutoff, NULL, NULL);
	X509_ALGOR_get0(&oid, NULL, NULL, OCSP_resp_get0_tbs_sigalg(answer));
	*w = (struct word){ .is_revoked = status == V_OCSP_CERTSTATUS_REVOKED,
		.revoked_ms = time_ms(revoked),
		.this_ms = time_ms(this),
		.next_ms = time_ms(next),
		.kept_ms = time_ms(kept),
		.is_weak = is_weak_signature(OBJ_obj2nid(oid)) };
	return 1;
}

static enum standing
ask_answer(
    const struct judged *j, OCSP_BASICRESP *answer, X509 *cert, X509 *issuer)
{
	enum standing s = UNKNOWN;
	OCSP_SINGLERESP *one;
	int i, is_checked = 0, is_listed = 0;
	struct word w;

	for (i = 0; i < OCSP_resp_count(answer); i++) {
		one = OCSP_resp_get0(answer, i);
		if (!is_about(one, cert, issuer))
			continue;
		if (!is_checked) {
			if (!is_answer_for(answer, issuer))
				return UNKNOWN;
			is_listed = is_signer_listed(j, answer, issuer);
			is_checked = 1;
		}
		if (!read_single(answer, one, &w))
			continue;
		w.is_weak |= is_listed;
		heed(&s, weigh(&w, j, cert));
	}
	return s;
}

/* --- the chain ------------------------------------------------------------ */

/* Of what is at hand, all after the first so many lists and answers. */
struct from {
	int list, answer;
};

static enum standing
ask_all(const struct judged *j, struct from from, X509 *cert, X509 *issuer)
{
	enum standing s = UNKNOWN, more;
	struct word w;
	X509_CRL *crl;
	int i;

	for (i = from.list; i < sk_X509_CRL_num(j->crls); i++) {
		crl = sk_X509_CRL_value(j->crls, i);
		if (!is_list_of(crl, issuer))
			continue;
		read_list(crl, cert, &w);
		more = weigh(&w, j, cert);
		if (more == REVOKED || is_complete(crl, cert))
			heed(&s, more);
	}
	for (i = from.answer; i < sk_OCSP_BASICRESP_num(j->answers); i++)
		heed(&s, ask_answer(j, sk_OCSP_BASICRESP_value(j->answers, i),
			     cert, issuer));
	return s;
}

/* Each but the last one, an anchor: the bundle itself vouches for that. */
static void
ask_chain(const struct judged *j, struct from from, STACK_OF(X509) * chain,
    enum standing *s)
{
	int i;

	for (i = 0; i + 1 < sk_X509_num(chain); i++)
		heed(&s[i], ask_all(j, from, sk_X509_value(chain, i),
				sk_X509_value(chain, i + 1)));
}

static void
conclude(const enum standing *s, int n, struct inspect_verdict *v)
{
	int i, is_known = n > 0, all_known = 1;

	for (i = 0; i < n; i++) {
		if (s[i] == REVOKED && i == 0)
			verdict_doubt(
			    v, "REVOKED_NO_POE", "certificate-revoked");
		else if (s[i] == REVOKED)
			verdict_doubt(
			    v, "REVOKED_CA_NO_POE", "authority-revoked");
		else if (s[i] == UNKNOWN && i == 0)
			is_known = 0;
		else if (s[i] == UNKNOWN)
			all_known = 0;
	}
	if (!is_known)
		verdict_reason(v, "revocation-not-checked");
	else if (!all_known)
		verdict_reason(v, "authority-revocation-unknown");
}

/*
 * A file that fills the memory must not thereby silence the bundle: without
 * room for that there is no verdict.
 */
static int
has_room(void)
{
	void *p = malloc(ROOM_MIN);

	free(p);
	return p != NULL;
}

void
revoke_judge(const struct cms_case *c, const struct cms_shape *shape,
    struct judged *j, STACK_OF(X509) * chain, struct inspect_verdict *v)
{
	enum standing s[CERTS_MAX] = { UNKNOWN };
	struct from from = { 0, 0 };

	if (sk_X509_num(chain) > CERTS_MAX || !has_room()) {
		verdict_doubt(v, "CERTIFICATE_CHAIN_GENERAL_FAILURE",
		    "revocation-not-checked");
		return;
	}
	/* The bundle has spoken before what came along is even decoded. */
	ask_chain(j, from, chain, s);
	from.list = j->crls != NULL ? sk_X509_CRL_num(j->crls) : 0;
	from.answer =
	    j->answers != NULL ? sk_OCSP_BASICRESP_num(j->answers) : 0;
	take_rest(c, shape, j);
	ask_chain(j, from, chain, s);
	conclude(s, sk_X509_num(chain) - 1, v);
	ERR_clear_error();
}
