#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

int
buf_reserve(struct buf *b, size_t more, struct err *e)
{
	size_t want, cap = b->cap > 0 ? b->cap : 64;
	uint8_t *p;

	if (more > SIZE_MAX / 4 || b->len > SIZE_MAX / 4)
		return err_set(e, ERR_NOMEM, "buffer of %zu bytes", more);
	want = b->len + more + 1; /* one for buf_str's NUL */
	if (want <= b->cap)
		return 0;
	while (cap < want)
		cap *= 2;
	if ((p = malloc(cap)) == NULL)
		return err_set(e, ERR_NOMEM, "buffer of %zu bytes", cap);
	if (b->len > 0)
		memcpy(p, b->p, b->len);
	if (b->p != NULL)
		secret_wipe(b->p, b->cap);
	free(b->p);
	b->p = p;
	b->cap = cap;
	return 0;
}

int
buf_add(struct buf *b, const void *p, size_t n, struct err *e)
{
	int r;

	if ((r = buf_reserve(b, n, e)) < 0)
		return r;
	if (n > 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	return 0;
}

int
buf_addstr(struct buf *b, const char *s, struct err *e)
{
	return buf_add(b, s, strlen(s), e);
}

int
buf_addf(struct buf *b, struct err *e, const char *fmt, ...)
{
	va_list ap, again;
	int n, r;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		r = err_set(e, ERR_INTERNAL, "format");
	else if ((r = buf_reserve(b, (size_t)n, e)) == 0) {
		vsnprintf((char *)b->p + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
	return r;
}

const char *
buf_str(struct buf *b)
{
	if (b->p == NULL)
		return "";
	b->p[b->len] = '\0';
	return (const char *)b->p;
}

void
buf_drop(struct buf *b, size_t n)
{
	memmove(b->p, b->p + n, b->len - n);
	secret_wipe(b->p + b->len - n, n);
	b->len -= n;
}

void
buf_reset(struct buf *b)
{
	if (b->p != NULL)
		secret_wipe(b->p, b->len);
	b->len = 0;
}

void
buf_done(struct buf *b)
{
	if (b->p != NULL)
		secret_wipe(b->p, b->cap);
	free(b->p);
	memset(b, 0, sizeof(*b));
}
