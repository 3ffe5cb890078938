#include "policy/problems.h"

#include <stdarg.h>
#include <stdio.h>

/* What a rule says is the administrator's own text, but it may be broken in
 * ways that would spoil a terminal or a log line. */
static void
clean(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

void
problem(struct problems *ps, const char *file, int line, const char *fmt, ...)
{
	char what[ERR_TEXT_MAX], text[ERR_TEXT_MAX + 300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (line > 0)
		snprintf(text, sizeof(text), "%s:%d: %s", file, line, what);
	else
		snprintf(text, sizeof(text), "%s: %s", file, what);
	clean(text);
	if (ps->count == 0)
		(void)err_tag(&ps->first, ERR_INVALID, "policy", "%s", text);
	if (ps->count++ < PROBLEMS_MAX && ps->out != NULL &&
	    buf_addf(ps->out, NULL, "%s\n", text) < 0)
		return; /* the first is kept, and the load fails anyway */
}
