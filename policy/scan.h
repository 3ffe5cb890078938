/*
 * Scan: the guard in front of libConfuse. The language of the rules is a
 * small part of what that library reads; this refuses the rest before the
 * library sees it: expansion of the environment, include(), appending,
 * escapes, other kinds of comment and quote, characters it would silently
 * skip, and sections that are never closed, which it takes as closed.
 *
 *   file    = { item }
 *   item    = WORD "=" value | WORD [ STRING ] "{" { item } "}"
 *   value   = WORD | STRING | "{" [ ( WORD | STRING ) { "," … } ] "}"
 *   WORD    = letters, digits and . _ : - (at most 64 bytes)
 *   STRING  = "…" on one line, without \ " or control characters
 *   comment = from # to the end of the line
 */
#ifndef POLICY_SCAN_H
#define POLICY_SCAN_H

#include "base/buf.h"
#include "policy/problems.h"

#define SCAN_FILE_MAX (1u << 20) /* bytes of one rule file */
#define SCAN_STRING_MAX 2048	 /* bytes of one string */
#define SCAN_DEPTH_MAX 8

struct scan {
	struct buf text; /* as given, comments blanked: same lines */
	struct buf open; /* int32_t each: line where each section begins,
			    in the order in which sections end */
};

/*
 * Check p[0..n), the content of file. What is wrong goes to ps; 0 also
 * then. ERR_NOMEM.
 */
int scan_text(const char *file, const void *p, size_t n, struct scan *s,
    struct problems *ps, struct err *e) NODISCARD;
void scan_done(struct scan *s);

#endif
