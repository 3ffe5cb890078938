/*
 * The receipt: a page of text that proves, offline and without the vault,
 * that this very document was filed then. Its lines:
 *
 *   sceau receipt 1
 *   vault ORIGIN
 *   key VKEY                    (verifier key of the log, for convenience:
 *                                trust comes from one had elsewhere)
 *   document ID
 *   version N
 *   filed 2026-11-23T04:05:06Z
 *   kind KIND
 *   page SHA256 SIZE            one line a file, in page order
 *   sha256 HEX                  of the document (receipt_document_sha256)
 *   salt HEX
 *   entry BASE64                the leaf
 *   stamp BASE64                RFC 3161: none, or a line for each answer of
 *                               a time-stamping authority over the lines above
 *   (blank line)
 *   c2sp.org/tlog-proof@v1 …    to the end
 *
 * A stamp is over the text from its beginning to the newline of entry: what
 * never changes of a receipt, whatever head its proof is made for.
 *
 * Every value but those of page is one word: UTF-8 without control
 * characters, U+007F and spaces. The kind is said, not proved: no leaf
 * holds it.
 *
 * A document of one file has that file's SHA-256; one of several pages has
 * SHA-256("sceau/pages/1\n" || for each page "HEX SIZE\n").
 */
#ifndef BASE_RECEIPT_H
#define BASE_RECEIPT_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/id.h"
#include "base/note.h"

#define RECEIPT_PAGES_MAX 64
#define RECEIPT_MAX (256 * 1024)
#define RECEIPT_STAMPS_MAX 4
#define RECEIPT_STAMP_MAX (24 * 1024) /* bytes of one, DER */

struct receipt_page {
	uint8_t sha256[SHA256_LEN];
	uint64_t size;
};

struct receipt {
	char origin[NOTE_NAME_MAX];
	char vkey[NOTE_NAME_MAX + 64];
	struct id document;
	uint32_t version;
	int64_t filed_ms;
	char kind[64];
	struct receipt_page pages[RECEIPT_PAGES_MAX];
	size_t npages;
	uint8_t sha256[SHA256_LEN], salt[32];
	struct buf entry; /* the leaf */
	struct buf stamps[RECEIPT_STAMPS_MAX];
	size_t nstamps;
	struct tlog_proof proof;
};

int receipt_document_sha256(const struct receipt_page *pages, size_t n,
    uint8_t out[SHA256_LEN], struct err *e) NODISCARD;
int receipt_format(const struct receipt *r, struct buf *out, struct err *e)
    NODISCARD;
/* How much of a receipt's text is stamped. ERR_INVALID. */
int receipt_stamped(const char *s, size_t n, size_t *len, struct err *e)
    NODISCARD;
int receipt_parse(const char *s, size_t n, struct receipt *r, struct err *e)
    NODISCARD;
/*
 * Is the receipt right in itself, and signed by key: the leaf's bind from
 * salt, sha256, document and version; the leaf's time; the inclusion proof
 * under the checkpoint. ERR_INTEGRITY says what is wrong. Files are compared
 * by the caller with pages.
 */
int receipt_check(const struct receipt *r, const struct note_key *key,
    struct err *e) NODISCARD;
void receipt_done(struct receipt *r);

#endif
