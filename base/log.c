#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_LINE_MAX 1024 /* bytes; longer messages are cut */

/* The severities of syslog(3) that we use. */
enum { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5 };

static const char *log_program = "sceau";
static int log_priorities; /* does the reader understand "<3>"? */

void
log_open(const char *program)
{
	log_program = program;
	/* Set by systemd when standard error goes to the journal. */
	log_priorities = getenv("JOURNAL_STREAM") != NULL;
}

/* No message may start a second line or move a terminal's cursor. */
static void
make_plain(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

static void emit(int severity, const char *fmt, va_list ap) PRINTF(2, 0);

static void
emit(int severity, const char *fmt, va_list ap)
{
	char text[LOG_LINE_MAX], line[LOG_LINE_MAX + 128];
	int n;

	vsnprintf(text, sizeof(text), fmt, ap);
	make_plain(text);
	if (log_priorities)
		n = snprintf(line, sizeof(line), "<%d>%s\n", severity, text);
	else
		n = snprintf(
		    line, sizeof(line), "%.64s: %s\n", log_program, text);
	/* One call, so that lines of several threads do not mix. */
	if (n > 0)
		(void)!write(STDERR_FILENO, line, (size_t)n);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_ERROR, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_WARNING, fmt, ap);
	va_end(ap);
}

void
log_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_NOTICE, fmt, ap);
	va_end(ap);
}
