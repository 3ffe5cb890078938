/*
 * What the files that judge a signature share. Only they include this.
 */
#ifndef DAEMON_INSPECT_CMS_INSIDE_H
#define DAEMON_INSPECT_CMS_INSIDE_H

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>

#include "daemon/inspect/cms_judge.h"
#include "daemon/inspect/cms_shape.h"

/* OpenSSL's way of releasing, for AUTO. */
#define FREEP(name, type, release)                                             \
	static void name(type **p)                                             \
	{                                                                      \
		release(*p);                                                   \
		*p = NULL;                                                     \
	}

DEFINE_STACK_OF(OCSP_BASICRESP)

struct judged {
	CMS_ContentInfo *cms;
	STACK_OF(X509) * certs;	  /* that came with it; may be NULL */
	STACK_OF(X509) * anchors; /* those given; may be empty */
	/* Lists and answers given and that came along; may be NULL. */
	STACK_OF(X509_CRL) * crls;
	STACK_OF(OCSP_BASICRESP) * answers;
	CMS_SignerInfo *si;
	X509 *signer;  /* borrowed */
	int64_t at_ms; /* validity is judged at this time */
};

void verdict_reason(struct inspect_verdict *v, const char *word);
/* TOTAL-FAILED. */
void verdict_fail(struct inspect_verdict *v, const char *sub, const char *word);
/* INDETERMINATE. The first doubt gives the sub-indication; the others are
 * reasons. */
void verdict_doubt(
    struct inspect_verdict *v, const char *sub, const char *word);

/*
 * The bundle: PEM certificates and CRLs. 0 when it cannot be read; the stacks
 * are then what was read so far.
 */
int trust_load(const struct cms_trust *from, struct judged *j);
/* The signer's certificate, its use, its chain. Adds doubts to *v. */
void trust_judge(const struct cms_case *c, const struct cms_shape *shape,
    struct judged *j, struct inspect_verdict *v);

/* The answers of responders in the bundle; trust_load takes its lists. 0 when
 * one cannot be read. */
int revoke_load(const struct cms_trust *from, struct judged *j);
/* Certificates to build a chain with, that came along: never anchors. */
void revoke_take_certs(
    const struct cms_case *c, const struct cms_shape *shape, struct judged *j);
/*
 * What the bundle says of a valid chain, the signer's first, and then what
 * came along with the signature and the file. Nothing counts before its
 * signature was verified by an authority of the chain; no more than a fixed
 * number of each that came along is taken. Adds doubts and reasons to *v.
 */
void revoke_judge(const struct cms_case *c, const struct cms_shape *shape,
    struct judged *j, STACK_OF(X509) * chain, struct inspect_verdict *v);
void revoke_done(struct judged *j);

/* The digest's function, or NULL. */
const EVP_MD *cms_md(enum cms_digest d);

#endif
