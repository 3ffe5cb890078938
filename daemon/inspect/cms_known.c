#include "daemon/inspect/cms_known.h"

#include "base/text.h"
#include "daemon/inspect/cms_judge.h"

#define CONTENT_BYTES (sizeof(KNOWN_CONTENT) - 1)
#define AT_MS 1893456000000 /* 2030: its certificate is valid then */

static enum inspect_integrity
judge(const struct buf *der, const struct digests *content)
{
	const struct cms_trust none = { "", 0 };
	const struct cms_case c = { .der = der->p,
		.der_len = der->len,
		.content = content,
		.trust = none,
		.stamps = none,
		.known = none,
		.now_ms = AT_MS,
		.filter = INSPECT_FILTER_DETACHED };
	struct inspect_verdict v;

	cms_judge(&c, &v);
	return v.integrity;
}

static int
judge_known(const char *base64, struct err *e)
{
	AUTO(buf_done) struct buf der = { 0 };
	struct digests right, wrong;
	int r;

	if ((r = base64_parse(base64, strlen(base64), &der, e)) < 0 ||
	    (r = digests_of(
		 KNOWN_CONTENT, CONTENT_BYTES, DIGESTS_ALL, &right, e)) < 0 ||
	    (r = digests_of(
		 KNOWN_CONTENT, CONTENT_BYTES - 1, DIGESTS_ALL, &wrong, e)) < 0)
		return r;
	if (judge(&der, &right) != INTEGRITY_PASS)
		return err_set(e, ERR_INTERNAL,
		    "OpenSSL refuses a signature that is right");
	if (judge(&der, &wrong) != INTEGRITY_FAIL)
		return err_set(e, ERR_INTERNAL,
		    "OpenSSL accepts a signature that is wrong");
	/* The last octet is the signature's own. */
	der.p[der.len - 1] ^= 1;
	if (judge(&der, &right) != INTEGRITY_FAIL)
		return err_set(e, ERR_INTERNAL,
		    "OpenSSL accepts a signature that was changed");
	return 0;
}

int
cms_judge_known(struct err *e)
{
	int r;

	if ((r = judge_known(known_rsa, e)) < 0)
		return r;
	return judge_known(known_ec, e);
}
