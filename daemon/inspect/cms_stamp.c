#include "daemon/inspect/cms_stamp.h"

#include <string.h>
#include <time.h>

static int
take(struct der *d, uint8_t want, struct der *body)
{
	uint8_t tag;

	return d->n > 0 && d->p[0] == want && der_take(d, &tag, body, NULL);
}

static int
two_digits(const uint8_t *p, int *out)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return 0;
	*out = (p[0] - '0') * 10 + (p[1] - '0');
	return 1;
}

/* GeneralizedTime as RFC 3161 wants it: YYYYMMDDhhmmss[.f…]Z. */
static int
read_time(const struct der *d, int64_t *ms)
{
	struct tm tm = { 0 };
	int century, year, i;
	int *const parts[] = { &century, &year, &tm.tm_mon, &tm.tm_mday,
		&tm.tm_hour, &tm.tm_min, &tm.tm_sec };

	if (d->n < 15 || d->n > 32 || d->p[d->n - 1] != 'Z')
		return 0;
	for (i = 0; i < 7; i++)
		if (!two_digits(d->p + 2 * i, parts[i]))
			return 0;
	if (d->n > 15 && d->p[14] != '.')
		return 0;
	for (i = 15; i < (int)d->n - 1; i++)
		if (d->p[i] < '0' || d->p[i] > '9')
			return 0;
	if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 ||
	    tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 ||
	    tm.tm_sec > 60)
		return 0;
	tm.tm_mon--;
	tm.tm_year = century * 100 + year - 1900;
	*ms = (int64_t)timegm(&tm) * 1000;
	return 1;
}

/* MessageImprint ::= SEQUENCE { hashAlgorithm, hashedMessage } */
static int
read_imprint(struct der *d, struct stamp *out)
{
	struct der seq, algorithm, oid;

	if (!take(d, 0x30, &seq) || !take(&seq, 0x30, &algorithm) ||
	    !take(&algorithm, 0x06, &oid) || !take(&seq, 0x04, &out->imprint) ||
	    seq.n != 0)
		return 0;
	out->digest = cms_digest_of_oid(&oid);
	return 1;
}

/* An element of this tag if it is next; 0 only when it is broken. */
static int
skip(struct der *d, uint8_t tag)
{
	struct der body;

	return d->n == 0 || d->p[0] != tag || take(d, tag, &body);
}

int
stamp_read(struct der d, struct stamp *out)
{
	struct der seq, body, at;

	memset(out, 0, sizeof(*out));
	/* version, policy, imprint, serial number, time */
	if (!take(&d, 0x30, &seq) || d.n != 0 || !take(&seq, 0x02, &body) ||
	    body.n != 1 || body.p[0] != 1 || !take(&seq, 0x06, &body) ||
	    !read_imprint(&seq, out) || !take(&seq, 0x02, &body) ||
	    !take(&seq, 0x18, &at) || !read_time(&at, &out->at_ms))
		return 0;
	/* accuracy, ordering, nonce, name of the authority, extensions */
	if (!skip(&seq, 0x30) || !skip(&seq, 0x01))
		return 0;
	if (seq.n > 0 && seq.p[0] == 0x02 && !take(&seq, 0x02, &out->nonce))
		return 0;
	return skip(&seq, 0xa0) && skip(&seq, 0xa1) && seq.n == 0;
}

int
stamp_read_query(struct der d, struct stamp *out)
{
	struct der seq, body;

	memset(out, 0, sizeof(*out));
	if (!take(&d, 0x30, &seq) || d.n != 0 || !take(&seq, 0x02, &body) ||
	    body.n != 1 || body.p[0] != 1 || !read_imprint(&seq, out) ||
	    !skip(&seq, 0x06))
		return 0;
	if (seq.n > 0 && seq.p[0] == 0x02 && !take(&seq, 0x02, &out->nonce))
		return 0;
	return skip(&seq, 0x01) && skip(&seq, 0xa0) && seq.n == 0;
}

int
stamp_unwrap(struct der d, struct der *token)
{
	struct der all = d, seq, status, value;

	*token = d;
	if (!take(&d, 0x30, &seq) || seq.n == 0 || seq.p[0] != 0x30)
		return 1;
	/* PKIStatusInfo: 0 granted, 1 granted with changes */
	if (d.n != 0 || !take(&seq, 0x30, &status) ||
	    !take(&status, 0x02, &value) || value.n != 1 || value.p[0] > 1)
		return 0;
	*token = seq;
	return seq.n > 0 && seq.p >= all.p;
}
