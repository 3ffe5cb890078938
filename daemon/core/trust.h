/*
 * Whose word counts for a signature: the certificates that the rules name for
 * its kind of document, its signer and its level (policy.h, trust), in one
 * bundle for the inspection; and afterwards which rule it was.
 */
#ifndef DAEMON_CORE_TRUST_H
#define DAEMON_CORE_TRUST_H

#include "base/crypto.h"
#include "daemon/inspect/inspect.h"
#include "policy/policy.h"

/* Who signed, as the person who files says; strings are borrowed. */
struct trust_signer {
	const char *signer; /* "titulaire", "structure": the kind's */
	const char *level;  /* "advanced", "handwritten-scan" */
	uint32_t signature; /* from 1, in the order of the file; 0: none */
};

struct trust_asked {
	const struct policy *rules;
	const char *kind; /* its name; "": not known */
	/* Those whose signature it is said to be: a rule counts when it does
	 * for each of them. None: a rule for any signer of the kind does. */
	const struct trust_signer *const *signers;
	size_t nsigners;
	int32_t day;
	const struct buf *lists; /* PEM, "X509 CRL" alone; NULL: none */
};

struct trust {
	struct buf signatures, stamps, known;
};
/* PEM certificates; never one that no rule in force names. */
int trust_open(const struct trust_asked *a, struct trust *out, struct err *e)
    NODISCARD;
void trust_done(struct trust *t);
/* As the inspection takes it; borrowed from t. */
struct inspect_trust trust_view(const struct trust *t);

/*
 * The first rule that counts and names this certificate (SHA-256 of its DER);
 * NULL: none, or the rules have no trust at all.
 */
const struct policy_trust *trust_rule(
    const struct trust_asked *a, const uint8_t anchor[SHA256_LEN]);
/* The same of rules that give this level, whatever their certificates. */
const struct policy_trust *trust_rule_of_level(
    const struct trust_asked *a, const char *level);

/* SHA-256 over all files of certificates that the rules have: what a verdict
 * was given by. */
int trust_digest(const struct policy *rules, uint8_t out[SHA256_LEN],
    struct err *e) NODISCARD;

#endif
