/*
 * HTML, written forwards. Whatever comes from outside goes through a format's
 * %s (or html_text) and cannot be markup, neither between tags nor within a
 * quoted attribute; the format itself is ours. Attributes are always quoted
 * with ". Failures stick: the writer goes quiet, html_check tells once.
 */
#ifndef CLIENT_WEB_HTML_H
#define CLIENT_WEB_HTML_H

#include "base/buf.h"
#include "base/err.h"

struct html {
	struct buf out;
	int failed;
};

/*
 * Conversions: %s (escaped; NULL is nothing), %d, %u, %lld, %llu, %zu, %%. No
 * widths, no flags: anything else is a failure.
 */
void html(struct html *h, const char *fmt, ...) PRINTF(2, 3);
/* s, escaped: & < > " ' as references; control characters (but newline and
 * tab), direction marks and what is not UTF-8 as U+FFFD. */
void html_text(struct html *h, const char *s);
/* The same, each line end a <br>. */
void html_lines(struct html *h, const char *s);
/* Markup of ours, as it is. */
void html_raw(struct html *h, const char *s);
/* 0, or ERR_NOMEM when anything was lost. */
int html_check(const struct html *h, struct err *e) NODISCARD;
void html_done(struct html *h);

#endif
