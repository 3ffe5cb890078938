#include "daemon/core/trust.h"

#include <string.h>

#include "base/text.h"

#define ANCHORS "anchors.pem"
#define FOLDER "trust/"
#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

void
trust_done(struct trust *t)
{
	buf_done(&t->signatures);
	buf_done(&t->stamps);
	buf_done(&t->known);
}

struct inspect_trust
trust_view(const struct trust *t)
{
	return (struct inspect_trust){ t->signatures.p, t->signatures.len,
		t->stamps.p, t->stamps.len, t->known.p, t->known.len };
}

static int
counts(const struct trust_asked *a, const struct policy_trust *t)
{
	size_t i;

	if (a->nsigners == 0)
		return policy_trust_counts(a->rules, t, a->kind, "", a->day);
	for (i = 0; i < a->nsigners; i++)
		if (!policy_trust_counts(
			a->rules, t, a->kind, a->signers[i]->signer, a->day) ||
		    strcmp(t->level, a->signers[i]->level) != 0)
			return 0;
	return 1;
}

/* --- the bundle ------------------------------------------------------------
 */

enum use { USE_SIGNATURE = 1, USE_STAMP = 2, USE_KNOWN = 4 };

/* What the rules want a file of certificates for. */
static unsigned
uses_of(const struct trust_asked *a, const char *name)
{
	const struct policy_trust *t;
	size_t i, n = policy_trusts(a->rules, &t);
	unsigned uses = 0;

	if (n == 0)
		return strcmp(name, ANCHORS) == 0 ? USE_SIGNATURE | USE_STAMP
						  : 0;
	for (i = 0; i < n; i++) {
		if (strcmp(t[i].anchors, name) != 0)
			continue;
		uses |= USE_KNOWN;
		if (counts(a, &t[i]))
			uses |= USE_SIGNATURE;
		if (t[i].time_stamps && policy_in_force(&t[i].when, a->day))
			uses |= USE_STAMP;
	}
	return uses;
}

static int
add(struct buf *b, const struct policy_file *f, struct err *e)
{
	int r;

	if ((r = buf_add(b, f->p, f->n, e)) < 0)
		return r;
	return buf_addstr(b, "\n", e);
}

static int
add_file(const struct trust_asked *a, const struct policy_file *f,
    struct trust *t, struct err *e)
{
	unsigned uses = uses_of(a, f->name);
	int r;

	if ((uses & USE_SIGNATURE) != 0 && (r = add(&t->signatures, f, e)) < 0)
		return r;
	if ((uses & USE_STAMP) != 0 && (r = add(&t->stamps, f, e)) < 0)
		return r;
	return uses == USE_KNOWN ? add(&t->known, f, e) : 0;
}

static int
add_lists(const struct trust_asked *a, struct trust *t, struct err *e)
{
	int r;

	if (a->lists == NULL || a->lists->len == 0)
		return 0;
	if ((r = buf_add(&t->signatures, a->lists->p, a->lists->len, e)) < 0)
		return r;
	return buf_add(&t->stamps, a->lists->p, a->lists->len, e);
}

int
trust_open(const struct trust_asked *a, struct trust *out, struct err *e)
{
	const struct policy_file *f;
	size_t i, n = policy_files(a->rules, &f);
	struct trust t = { 0 };
	int r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = add_file(a, &f[i], &t, e);
	if (r == 0)
		r = add_lists(a, &t, e);
	if (r < 0) {
		trust_done(&t);
		return r;
	}
	*out = t;
	return 0;
}

/* --- whose word it was ----------------------------------------------------
 */

/* Base64 of a PEM block, its lines joined. */
static int
decode(const char *p, size_t n, struct buf *out)
{
	AUTO(buf_done) struct buf text = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		if (strchr("\r\n\t ", p[i]) == NULL &&
		    buf_add(&text, &p[i], 1, NULL) < 0)
			return -1;
	return base64_parse(buf_str(&text), text.len, out, NULL);
}

/* Is this certificate in the file? Files of rules end with a zero byte. */
static int
names(const struct policy_file *f, const uint8_t anchor[SHA256_LEN])
{
	const char *p = f->p, *end;
	uint8_t sum[SHA256_LEN];

	while ((p = strstr(p, BEGIN)) != NULL) {
		AUTO(buf_done) struct buf der = { 0 };

		p += strlen(BEGIN);
		if ((end = strstr(p, END)) == NULL)
			return 0;
		if (decode(p, (size_t)(end - p), &der) == 0 &&
		    digest_of(DIGEST_SHA256, der.p, der.len, sum, NULL) == 0 &&
		    memcmp(sum, anchor, SHA256_LEN) == 0)
			return 1;
		p = end;
	}
	return 0;
}

const struct policy_trust *
trust_rule(const struct trust_asked *a, const uint8_t anchor[SHA256_LEN])
{
	const struct policy_file *f;
	const struct policy_trust *t;
	size_t i, n = policy_trusts(a->rules, &t);

	for (i = 0; i < n; i++) {
		f = policy_file(a->rules, t[i].anchors);
		if (f != NULL && counts(a, &t[i]) && names(f, anchor))
			return &t[i];
	}
	return NULL;
}

const struct policy_trust *
trust_rule_of_level(const struct trust_asked *a, const char *level)
{
	const struct policy_trust *t;
	size_t i, n = policy_trusts(a->rules, &t);

	for (i = 0; i < n; i++)
		if (counts(a, &t[i]) && strcmp(t[i].level, level) == 0)
			return &t[i];
	return NULL;
}

int
trust_digest(const struct policy *rules, uint8_t out[SHA256_LEN], struct err *e)
{
	AUTO(digest_freep) struct digest *d = NULL;
	const struct policy_file *f;
	size_t i, n = policy_files(rules, &f);
	int r;

	if ((r = digest_new(DIGEST_SHA256, &d, e)) < 0)
		return r;
	for (i = 0; i < n; i++)
		if ((strcmp(f[i].name, ANCHORS) == 0 ||
			strncmp(f[i].name, FOLDER, strlen(FOLDER)) == 0) &&
		    (r = digest_add(d, f[i].p, f[i].n, e)) < 0)
			return r;
	return digest_final(d, out, e);
}
