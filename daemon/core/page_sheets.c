/* The text of a page on numbered sheets of paper. */
#include "base/text.h"
#include "daemon/core/page.h"

int
page_sheets(const struct buf *text, const struct id *extract, uint64_t leaf,
    struct buf *out, struct err *e)
{
	char id[ID_TEXT], hex[2 * SHA256_LEN + 1];
	const char *s = (const char *)text->p, *line;
	size_t left = text->len, n, lines = 0, sheet = 1, sheets;
	uint8_t sha[SHA256_LEN];
	int r;

	id_format(extract, id);
	if ((r = digest_of(DIGEST_SHA256, text->p, text->len, sha, e)) < 0)
		return r;
	hex_format(sha, sizeof(sha), hex);
	while (text_line(&s, &left, &line, &n))
		lines++;
	sheets = (lines + PAGE_LINES - 1) / PAGE_LINES;
	s = (const char *)text->p;
	left = text->len;
	for (lines = 0; text_line(&s, &left, &line, &n);) {
		if ((r = buf_add(out, line, n, e)) < 0 ||
		    (r = buf_addstr(out, "\n", e)) < 0)
			return r;
		if (++lines % PAGE_LINES != 0 && left > 0)
			continue;
		if ((r = buf_addf(out, e,
			 "\nExtrait %s — page %zu/%zu\n"
			 "Inscription n° %llu\nSHA-256 du texte : %s\n%s",
			 id, sheet, sheets, (unsigned long long)leaf, hex,
			 sheet < sheets ? "\f" : "")) < 0)
			return r;
		sheet++;
	}
	return 0;
}
