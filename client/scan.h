/*
 * What is said of a scan of paper: its provenance at the filing, and the
 * visual check by a second person. Both are pages that the person signs with
 * an SSH key of theirs (base/scanpage.h).
 */
#ifndef CLIENT_SCAN_H
#define CLIENT_SCAN_H

#include <jansson.h>

#include "base/buf.h"
#include "base/scanpage.h"
#include "client/cli.h"

#define SCAN_OPTIONS                                                           \
	"sign-key", "device", "resolution", "sheets", "scanned-at",            \
	    "paper-at", "originals", "given-to"

/* Is one of these options there without --sign-key? ERR_USAGE. */
int scan_options_check(const struct cli *c, struct err *e) NODISCARD;
/* One line for each option that was given, for the key of idempotency. */
int scan_options_lines(const struct cli *c, struct buf *out, struct err *e)
    NODISCARD;
/*
 * body["provenance"], signed, for the document of this digest; nothing without
 * --sign-key. files: how many pictures there are, the pages unless --sheets
 * says otherwise. --scanned-at absent: now.
 */
int scan_member(struct cli *c, json_t *body, const uint8_t document[SHA256_LEN],
    int files, struct err *e) NODISCARD;

/* What a second person signs of the newest version of a document: faithful to
 * the paper, or not. ERR_USAGE: no such finding. */
int scan_check_text(struct cli *c, const char *document, const char *finding,
    struct buf *text, struct err *e) NODISCARD;

/* Both, of a document as the vault answers it. */
void scan_print(const json_t *document);

#endif
