/* Folding of words: what a person types without accents finds the name. */
#include <string.h>

#include "daemon/core/search.h"

/* U+00C0 … U+017F: the letter under the accent. '2': two letters, below. */
static const char base[] = "aaaaaa2ceeeeiiiidnooooo ouuuuy22"
			   "aaaaaa2ceeeeiiiidnooooo ouuuuy2y"
			   "aaaaaaccccccccddddeeeeeeeeeegggggggghhhh"
			   "iiiiiiiiii22jjkkkllllllllllnnnnnnnnnoooooo22"
			   "rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static const struct {
	uint32_t code;
	const char *letters;
} pairs[] = {
	{ 0xc6, "ae" },
	{ 0xde, "th" },
	{ 0xdf, "ss" },
	{ 0xe6, "ae" },
	{ 0xfe, "th" },
	{ 0x132, "ij" },
	{ 0x133, "ij" },
	{ 0x152, "oe" },
	{ 0x153, "oe" },
};

/* The next code point of valid UTF-8; a byte that is none stands alone. */
static uint32_t
next(const unsigned char **p, size_t *len)
{
	const unsigned char *s = *p;
	uint32_t c = s[0];
	size_t i, n;

	n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (n > 1)
		c &= 0x7fu >> n;
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			n = 1;
			c = ' ';
			break;
		}
		c = c << 6 | (s[i] & 0x3f);
	}
	*len = n;
	*p = s + n;
	return c;
}

/* Letters for c in out (at most 2), or its count 0: c parts words; -1: c is
 * an accent on its own; -2: keep its bytes. */
static int
letters(uint32_t c, char out[2])
{
	size_t i;

	if (c >= 'A' && c <= 'Z')
		c = c - 'A' + 'a';
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0xc0 || (c >= 0x2000 && c <= 0x206f))
		return 0;
	if (c >= 0x300 && c <= 0x36f)
		return -1;
	if (c > 0x17f)
		return -2;
	for (i = 0; i < NELEMS(pairs); i++)
		if (pairs[i].code == c) {
			memcpy(out, pairs[i].letters, 2);
			return 2;
		}
	out[0] = base[c - 0xc0];
	return out[0] == ' ' ? 0 : 1;
}

int
search_fold(const char *s, struct buf *out, struct err *e)
{
	const unsigned char *p = (const unsigned char *)s, *was;
	int inside = 0, n, r;
	char two[2];
	size_t len;

	while (*p != '\0') {
		was = p;
		n = letters(next(&p, &len), two);
		if (n == -1)
			continue;
		if (n == 0) {
			inside = 0;
			continue;
		}
		if (!inside && (r = buf_add(out, " ", 1, e)) < 0)
			return r;
		inside = 1;
		if (n == -2)
			r = buf_add(out, was, len, e);
		else
			r = buf_add(out, two, (size_t)n, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The best place of one word, space first: 3 whole, 1 a beginning. */
static unsigned
score_word(const char *text, const char *word, size_t n)
{
	const char *at = text;
	unsigned best = 0;

	while ((at = strchr(at, ' ')) != NULL) {
		if (strncmp(at, word, n) == 0) {
			if (at[n] == ' ' || at[n] == '\0')
				return 3;
			best = 1;
		}
		at++;
	}
	return best;
}

unsigned
search_score(const char *text, const char *words)
{
	unsigned sum = 0, one;
	size_t n;

	for (; *words != '\0'; words += n) {
		n = 1 + strcspn(words + 1, " ");
		if ((one = score_word(text, words, n)) == 0)
			return 0;
		sum += one;
	}
	return sum;
}
