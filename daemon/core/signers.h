/*
 * Who signed a document, and how, as the person who files it says: each signer
 * has a level of their own (DOMAIN 8); a contract may mix them.
 */
#ifndef DAEMON_CORE_SIGNERS_H
#define DAEMON_CORE_SIGNERS_H

#include <jansson.h>

#include "daemon/core/trust.h"

#define SIGNERS_MAX 16

/* Does a certificate stand behind this level? */
int level_is_certified(const char *level);
/* From the strongest, 0; -1: there is no such level. */
int level_rank(const char *level);
const char *level_name(int rank);

/*
 * Roles are the kind's and levels those it accepts of each. A level that a
 * certificate stands behind gets the number of its signature: the one said,
 * or the next in the order of the file.
 *
 * ERR_REFUSED tags "signer" (the kind is not signed by such), "level",
 * "signer-signature" (a number where there can be none).
 */
int signers_check(const struct policy *rules, const struct policy_kind *kind,
    struct trust_signer *v, size_t n, int32_t day, struct err *e) NODISCARD;
/* Each number is one of the file's signatures. */
int signers_count(const struct trust_signer *v, size_t n, size_t signatures,
    struct err *e) NODISCARD;
/* A document is as good as the weakest of them; "" without any. */
const char *signers_weakest(const struct trust_signer *v, size_t n);
int signers_have_level(
    const struct trust_signer *v, size_t n, const char *level);

/* [{signer, level, signature}]. */
json_t *signers_json(const struct trust_signer *v, size_t n);
/* Those of a manifest, borrowed from list; what is more is left out. */
size_t signers_of(const json_t *list, struct trust_signer out[SIGNERS_MAX]);

#endif
