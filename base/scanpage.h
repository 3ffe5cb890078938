/*
 * What people sign of a scan, as SSHSIG by a key of their own; the client and
 * the daemon write the same bytes, nobody reads them back.
 *
 * Its provenance, by who scanned, in the namespace sceau-provenance:
 *
 *   sceau-provenance/1
 *   sha256 HEX           (of the document, as its receipt has it)
 *   scanned-by ACCOUNT
 *   scanned-at RFC3339
 *   device TEXT
 *   resolution N         (dots per inch; 0: not known, as of a photograph)
 *   pages N              (of the paper)
 *   paper-at TEXT        (where it is kept)
 *   originals N          (C. civ. art. 1375)
 *   original-to TEXT     (one line for each that somebody was given)
 *
 * The visual check by a second person, in the namespace sceau-scan-check:
 *
 *   sceau-scan-check/1
 *   document ID
 *   version N
 *   sha256 HEX
 *   finding faithful     (or "not")
 *   checked-by ACCOUNT
 *
 * Each line ends with a newline; there are no others.
 */
#ifndef BASE_SCANPAGE_H
#define BASE_SCANPAGE_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/id.h"

#define SCAN_NAMESPACE "sceau-provenance"
#define SCAN_CHECK_NAMESPACE "sceau-scan-check"
#define SCAN_TEXT_MAX 200     /* bytes of a text, from 1 */
#define SCAN_ORIGINALS_MAX 16 /* and of those who got one */
#define SCAN_RESOLUTION_MAX 9600
#define SCAN_PAGES_MAX 1000

struct scan_page {
	uint8_t sha256[SHA256_LEN];
	const char *by;
	int64_t at_ms; /* whole seconds count */
	const char *device, *paper_at;
	uint32_t resolution, pages, originals;
	const char *given_to[SCAN_ORIGINALS_MAX];
	size_t ngiven;
};
/* ERR_INVALID tag "provenance": a text that is empty, too long, or more than
 * a line of UTF-8; a number out of its bounds; more given than there are. */
int scan_page_format(const struct scan_page *s, struct buf *out, struct err *e)
    NODISCARD;

struct scan_check_page {
	struct id document;
	uint32_t version;
	uint8_t sha256[SHA256_LEN];
	const char *finding, *by;
};
/* The finding is a word of the table above. */
int scan_finding_is_known(const char *finding);
/* ERR_INVALID tag "scan-finding". */
int scan_check_page_format(
    const struct scan_check_page *s, struct buf *out, struct err *e) NODISCARD;

#endif
