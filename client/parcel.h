/*
 * A document on its way to the vault: its pages in order, perhaps a detached
 * signature and a proof file, and what is said of it. Every name is derived
 * from what is filed, so that the same done again after a cut gives the first
 * receipt, whether it is a command or a page of the console that does it.
 */
#ifndef CLIENT_PARCEL_H
#define CLIENT_PARCEL_H

#include <jansson.h>

#include "client/upload.h"

#define PARCEL_PAGES_MAX 63 /* as many as a document has */

struct parcel {
	struct source page[PARCEL_PAGES_MAX];
	int pages;
	struct source signature; /* path NULL: none */
	struct source proof;	 /* a signing service's; path NULL: none */
	/* Borrowed; NULL when not said. */
	const char *kind, *replaces, *level, *title;
	int draft;
	int ask;	 /* it may be there already: ask before sending */
	struct buf more; /* further lines of the key (signers.h, scan.h) */
	/* --- by parcel_name --- */
	char kase[64];
	uint8_t sha256[SHA256_LEN];
	char key[2 * SHA256_LEN + 1]; /* of idempotency */
};
void parcel_done(struct parcel *p);

/*
 * Its names: SHA-256 of the document, of each upload, and the
 * Idempotency-Key: SHA-256 in hexadecimal of
 *   "sceau/file/1\n" uid "\n" case "\n" kind "\n" replaces "\n"
 *   of a draft "draft\n", one line "SHA-256 SIZE\n" a page, then "signature\n"
 * and its line, "proof\n" and its line; then a line for each option that
 * tells who signed, and where a scan comes from. kase: as typed. ERR_NOT_FOUND
 * tag "reference".
 */
int parcel_name(struct parcel *p, const char *kase, struct err *e) NODISCARD;
/* Its files to the vault, from where each is there already. */
int parcel_send(struct cli *c, struct parcel *p, struct err *e) NODISCARD;
/* The members of the request, added to body. */
int parcel_body(const struct parcel *p, json_t *body, struct err *e) NODISCARD;
/*
 * Send and file. Cut, or committed without a signed head yet: the same key
 * again gives the answer of the first. The receipt is compared with what was
 * sent: ERR_INTEGRITY tag "filed-other".
 */
int parcel_file(struct cli *c, struct parcel *p, const char *kase,
    const json_t *body, json_t **out, struct err *e) NODISCARD;
/* Send, and have it looked at: nothing is filed (?dry-run). */
int parcel_look(struct cli *c, struct parcel *p, const char *kase,
    const json_t *body, json_t **out, struct err *e) NODISCARD;

#endif
