#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Code, stable name, HTTP status (RFC 9110), exit status of the CLI. */
static const struct {
	const char *name;
	int http, exit;
} codes[ERR_CODES] = {
	[ERR_OK] = { "ok", 200, 0 },
	[ERR_USAGE] = { "usage", 400, 2 },
	[ERR_INVALID] = { "invalid", 400, 7 },
	[ERR_REFUSED] = { "refused", 422, 7 },
	[ERR_TOO_LARGE] = { "too-large", 413, 7 },
	[ERR_DENIED] = { "denied", 403, 3 },
	[ERR_NOT_FOUND] = { "not-found", 404, 4 },
	[ERR_CONFLICT] = { "conflict", 409, 5 },
	[ERR_SEALED] = { "sealed", 503, 6 },
	[ERR_FULL] = { "full", 507, 1 },
	[ERR_BUSY] = { "busy", 429, 1 },
	[ERR_PENDING] = { "pending", 202, 1 },
	[ERR_INTEGRITY] = { "integrity", 500, 8 },
	[ERR_INCOMPLETE] = { "incomplete", 500, 9 },
	[ERR_INCONSISTENT] = { "inconsistent", 500, 10 },
	[ERR_UNAVAILABLE] = { "unavailable", 503, 1 },
	[ERR_INTERNAL] = { "internal", 500, 1 },
	[ERR_NOMEM] = { "no-memory", 500, 1 },
	[ERR_IO] = { "io", 500, 1 },
};

void
mem_freep(void *pp)
{
	void **p = pp;

	free(*p);
	*p = NULL;
}

void
fd_closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

static void fill(struct err *e, enum err_code code, const char *tag, int sys,
    const char *fmt, va_list ap) PRINTF(5, 0);

static void
fill(struct err *e, enum err_code code, const char *tag, int sys,
    const char *fmt, va_list ap)
{
	size_t len;

	if (e == NULL)
		return;
	e->code = code;
	e->sys = sys;
	e->tag = tag;
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	if (sys == 0)
		return;
	len = strlen(e->text);
	snprintf(e->text + len, sizeof(e->text) - len, ": %s", strerror(sys));
}

int
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, code, NULL, 0, fmt, ap);
	va_end(ap);
	return -(int)code;
}

int
err_tag(
    struct err *e, enum err_code code, const char *tag, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, code, tag, 0, fmt, ap);
	va_end(ap);
	return -(int)code;
}

int
err_sys(struct err *e, enum err_code code, const char *fmt, ...)
{
	int sys = errno;
	va_list ap;

	if (sys == ENOSPC || sys == EDQUOT)
		code = ERR_FULL;
	va_start(ap, fmt);
	fill(e, code, NULL, sys, fmt, ap);
	va_end(ap);
	return -(int)code;
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	size_t len;
	va_list ap;

	if (e == NULL)
		return -(int)ERR_INTERNAL;
	memcpy(text, e->text, sizeof(text));
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	len = strlen(e->text);
	snprintf(e->text + len, sizeof(e->text) - len, ": %s", text);
	return -(int)e->code;
}

const char *
err_name(const struct err *e)
{
	return e->tag != NULL ? e->tag : err_code_name(e->code);
}

const char *
err_code_name(enum err_code code)
{
	return (unsigned)code < ERR_CODES ? codes[code].name : "internal";
}

int
err_http(enum err_code code)
{
	return (unsigned)code < ERR_CODES ? codes[code].http : 500;
}

int
err_exit(enum err_code code)
{
	return (unsigned)code < ERR_CODES ? codes[code].exit : 1;
}

enum err_code
err_code_from_name(const char *s)
{
	int i;

	for (i = 0; i < ERR_CODES; i++)
		if (strcmp(codes[i].name, s) == 0)
			return (enum err_code)i;
	return ERR_INTERNAL;
}

int
err_is_public(enum err_code code)
{
	return code < ERR_INTERNAL;
}
