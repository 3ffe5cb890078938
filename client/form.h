/*
 * The offline form: one page that needs no network and keeps nothing. What is
 * filled and photographed in it is sealed in the browser to the vault's
 * intake key (base/envelope.h) and given as one file, which sceau visit and
 * sceau file take in.
 *
 * The page may run its own script and style and no other, known by their
 * SHA-256, and fetch nothing (Content Security Policy, in the page itself).
 * Its fields are those of the rules (formfields.h); periods and working days
 * for its helps are computed from the rules when it is made, so a page is
 * made anew when the rules change.
 */
#ifndef CLIENT_FORM_H
#define CLIENT_FORM_H

#include "base/crypto.h"
#include "base/id.h"
#include "policy/policy.h"

#define FORM_VISIT "visite"   /* the kind of a page for a whole visit */
#define FORM_DOCUMENTS_MAX 16 /* documents of one visit, as the vault takes */
#define FORM_PAGES_MAX 20     /* photographs of one document */
#define FORM_SIDE_MAX 2000    /* pixels of a photograph's longer side */

struct form_spec {
	const struct policy *policy;
	const char *kind; /* a kind of the rules, or FORM_VISIT */
	struct id vault;
	uint8_t public[P256_PUB_LEN];
	uint64_t size_max; /* bytes of an envelope */
	int32_t today;	   /* days since 1970 */
};

/* ERR_USAGE: no form is made of this kind. */
int form_page(const struct form_spec *s, struct buf *out, struct err *e)
    NODISCARD;

/* The vault's key, from the vault, and today in France. */
struct cli;
int form_prepare(struct cli *c, struct form_spec *s, struct err *e) NODISCARD;

/* The script and the style, as they stand in the page. */
extern const char *const form_script, *const form_paper, *const form_style;

#endif
