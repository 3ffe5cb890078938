/*
 * Compare: what differs between two policies, in the words of the rules.
 * The sections themselves are compared, word by word, not the lines of the
 * files: comments, spaces, and the file a section stands in do not count.
 * Whatever the language can say is covered, as the words are those that were
 * read: there is no list of them here to forget one.
 *
 * Differences come in a fixed order: by section, name, inner section, word
 * and value, as bytes; for one word, what goes before what comes.
 */
#ifndef POLICY_COMPARE_H
#define POLICY_COMPARE_H

#include "policy/policy.h"

enum policy_difference_kind {
	POLICY_ADDED,
	POLICY_REMOVED,
	POLICY_CHANGED, /* a word with one value, in both */
	POLICY_MOVED	/* comes elsewhere among those of its section, where
			   the first that fits decides */
};
/*
 * One difference. All strings are borrowed and live until the callback is
 * back; none of the values holds a " or a control character.
 *
 * A section that was added or removed has a difference of its own (word
 * NULL), and then one for each value it has. A list of several values has
 * one for each value that was added or removed.
 */
struct policy_difference {
	enum policy_difference_kind kind;
	/* "disclosure"; "rules": what the rules say of themselves (version);
	 * "file": a certificate, a notice, tests, anchors. */
	const char *section;
	const char *name;  /* "caf-maintien"; "" for "rules" */
	const char *inner; /* "field": a section in the section; or NULL */
	const char *inner_name;
	const char *word;      /* "expires-days"; "sha256" of a file; "after"
				  when moved; or NULL: the section itself */
	const char *from, *to; /* NULL: there was, there is none */
};
const char *policy_difference_name(enum policy_difference_kind kind);

/*
 * Each difference from a to b, until each returns something negative, which
 * is then returned. ERR_NOMEM.
 */
int policy_compare(const struct policy *a, const struct policy *b,
    int (*each)(void *arg, const struct policy_difference *d, struct err *e),
    void *arg, struct err *e) NODISCARD;
/*
 * The same as text, one difference a line, nothing when there is none:
 *
 *   KIND SECTION "NAME" [INNER "NAME"] [WORD] ["FROM" ->] ["TO"]
 *
 *   added recipient "fsl"
 *   added recipient "fsl" channel "hand"
 *   removed access "equipe-lecture" operations "doc-read"
 *   changed disclosure "caf" expires-days "30" -> "60"
 *   moved access "archives" after "retrait" -> "service"
 */
int policy_compare_text(const struct policy *a, const struct policy *b,
    struct buf *out, struct err *e) NODISCARD;

#endif
