#include "base/scanpage.h"

#include <string.h>

#include "base/text.h"

static const char *const findings[] = { "faithful", "not" };

static int
wrong(struct err *e, const char *line)
{
	return err_tag(e, ERR_INVALID, "provenance", "provenance: %s", line);
}

/* One line that a terminal shows as it is. */
static int
is_line(const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0, i;

	if (n == 0 || n > SCAN_TEXT_MAX || !utf8_is_valid(s, n))
		return 0;
	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return 0;
	return 1;
}

static int
check(const struct scan_page *s, struct err *e)
{
	size_t i;

	if (!is_line(s->by))
		return wrong(e, "scanned-by");
	if (!is_line(s->device))
		return wrong(e, "device");
	if (s->resolution > SCAN_RESOLUTION_MAX)
		return wrong(e, "resolution");
	if (s->pages < 1 || s->pages > SCAN_PAGES_MAX)
		return wrong(e, "pages");
	if (!is_line(s->paper_at))
		return wrong(e, "paper-at");
	/* What was never on paper is no scan. */
	if (s->originals < 1 || s->originals > SCAN_ORIGINALS_MAX)
		return wrong(e, "originals");
	if (s->ngiven > s->originals)
		return wrong(e, "original-to");
	for (i = 0; i < s->ngiven; i++)
		if (!is_line(s->given_to[i]))
			return wrong(e, "original-to");
	return 0;
}

int
scan_page_format(const struct scan_page *s, struct buf *out, struct err *e)
{
	char hex[2 * SHA256_LEN + 1], at[TIME_TEXT];
	size_t i;
	int r;

	if ((r = check(s, e)) < 0)
		return r;
	hex_format(s->sha256, SHA256_LEN, hex);
	time_format(s->at_ms, at);
	if ((r = buf_addf(out, e,
		 "sceau-provenance/1\nsha256 %s\nscanned-by %s\n"
		 "scanned-at %s\ndevice %s\nresolution %u\npages %u\n"
		 "paper-at %s\noriginals %u\n",
		 hex, s->by, at, s->device, s->resolution, s->pages,
		 s->paper_at, s->originals)) < 0)
		return r;
	for (i = 0; i < s->ngiven; i++)
		if ((r = buf_addf(out, e, "original-to %s\n", s->given_to[i])) <
		    0)
			return r;
	return 0;
}

int
scan_finding_is_known(const char *finding)
{
	size_t i;

	for (i = 0; i < NELEMS(findings); i++)
		if (strcmp(findings[i], finding) == 0)
			return 1;
	return 0;
}

int
scan_check_page_format(
    const struct scan_check_page *s, struct buf *out, struct err *e)
{
	char hex[2 * SHA256_LEN + 1], id[ID_TEXT];

	if (!scan_finding_is_known(s->finding))
		return err_tag(
		    e, ERR_INVALID, "scan-finding", "finding: faithful or not");
	hex_format(s->sha256, SHA256_LEN, hex);
	id_format(&s->document, id);
	return buf_addf(out, e,
	    "sceau-scan-check/1\ndocument %s\nversion %u\nsha256 %s\n"
	    "finding %s\nchecked-by %s\n",
	    id, s->version, hex, s->finding, s->by);
}
