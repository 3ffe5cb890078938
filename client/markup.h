/*
 * HTML text: everything that was typed by somebody, or comes from the rules,
 * goes through markup_text or a % of markup_add, and so can close no attribute
 * and open no element.
 */
#ifndef CLIENT_MARKUP_H
#define CLIENT_MARKUP_H

#include "base/buf.h"

/* s with & < > " ' as references, and U+FFFD in place of what is no
 * character for a page: control characters but tab and newline, bytes that
 * are not UTF-8. NULL is "". For text and for quoted attributes. */
int markup_text(struct buf *out, const char *s, struct err *e) NODISCARD;

/*
 * pattern with each % replaced by the next string, escaped as markup_text
 * does; as many strings as there are %, then NULL. The pattern is ours:
 * it goes out as it is. ERR_INTERNAL when the numbers differ.
 */
int markup_add(struct buf *out, struct err *e, const char *pattern, ...)
    NODISCARD __attribute__((sentinel));

#endif
