#include "daemon/inspect/pdf_locate.h"
#include "daemon/inspect/pdf_steps.h"
#include "daemon/inspect/sniff.h"
#include "daemon/inspect/worker.h"

static void
set_reason(struct inspect_type *t, const char *reason)
{
	snprintf(t->reason, sizeof(t->reason), "%s", reason);
}

/* A mail is text to us; libmagic reads its headers. */
static const char *
refine(const struct sniff *s, const char *magic)
{
	if (strcmp(s->media, "text/plain") == 0 &&
	    strcmp(magic, "message/rfc822") == 0)
		return "message/rfc822";
	return s->media;
}

void
worker_type(const uint8_t *p, size_t n, int whole, const char *magic,
    struct inspect_type *t)
{
	struct sniff s;

	memset(t, 0, sizeof(*t));
	sniff_bytes(p, n, whole, &s);
	snprintf(t->media, sizeof(t->media), "%s", refine(&s, magic));
	t->agreed = !s.refused && sniff_agrees(&s, magic);
	if (s.reason != NULL)
		set_reason(t, s.reason);
	else if (!t->agreed)
		set_reason(t, "types-differ");
	if (!t->agreed && !s.refused)
		set_reason(t, "types-differ");
	if (t->agreed && strcmp(t->media, "application/pdf") == 0)
		pdf_locate(p, n, t);
	if (t->nranges > 0 && whole)
		pdf_steps(p, n, t);
	if (!whole && t->reason[0] == '\0')
		set_reason(t, "too-large-to-inspect");
	if (!whole)
		t->nranges = 0;
}
