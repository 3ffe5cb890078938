#include "client/web/html.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "client/out.h"

static void
add(struct html *h, const char *s, size_t n)
{
	if (!h->failed && buf_add(&h->out, s, n, NULL) < 0)
		h->failed = 1;
}

void
html_raw(struct html *h, const char *s)
{
	add(h, s, strlen(s));
}

static const char *
reference(uint32_t v)
{
	switch (v) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void
escaped(struct html *h, const char *s, int lines)
{
	const char *was, *ref;
	uint32_t v;

	if (s == NULL)
		return;
	while (*s != '\0') {
		was = s;
		v = out_next(&s);
		if (lines && v == '\n')
			html_raw(h, "<br>");
		else if (v == '\n' || v == '\t')
			add(h, was, 1);
		else if (out_is_hostile(v))
			html_raw(h, "\xef\xbf\xbd");
		else if ((ref = reference(v)) != NULL)
			html_raw(h, ref);
		else
			add(h, was, (size_t)(s - was));
	}
}

void
html_text(struct html *h, const char *s)
{
	escaped(h, s, 0);
}

void
html_lines(struct html *h, const char *s)
{
	escaped(h, s, 1);
}

/* One conversion, whose letters begin at f; how many they are. */
static size_t
convert(struct html *h, const char *f, va_list *ap)
{
	char n[32] = "";
	size_t used = 1;

	if (*f == 's')
		html_text(h, va_arg(*ap, const char *));
	else if (*f == '%')
		add(h, "%", 1);
	else if (*f == 'd')
		snprintf(n, sizeof(n), "%d", va_arg(*ap, int));
	else if (*f == 'u')
		snprintf(n, sizeof(n), "%u", va_arg(*ap, unsigned));
	else if (strncmp(f, "lld", used = 3) == 0)
		snprintf(n, sizeof(n), "%lld", va_arg(*ap, long long));
	else if (strncmp(f, "llu", 3) == 0)
		snprintf(n, sizeof(n), "%llu", va_arg(*ap, unsigned long long));
	else if (strncmp(f, "zu", used = 2) == 0)
		snprintf(n, sizeof(n), "%zu", va_arg(*ap, size_t));
	else
		h->failed = 1;
	html_raw(h, n);
	return used;
}

void
html(struct html *h, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	while (*fmt != '\0' && !h->failed) {
		n = strcspn(fmt, "%");
		add(h, fmt, n);
		fmt += n;
		if (*fmt == '%')
			fmt += 1 + convert(h, fmt + 1, &ap);
	}
	va_end(ap);
}

int
html_check(const struct html *h, struct err *e)
{
	return h->failed ? err_set(e, ERR_NOMEM, "page") : 0;
}

void
html_done(struct html *h)
{
	buf_done(&h->out);
}
