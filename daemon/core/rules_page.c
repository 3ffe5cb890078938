/* The page that people sign: what was, what comes, file by file and word by
 * word, and what it takes. The same change makes the same bytes. */
#include <string.h>

#include "base/text.h"
#include "daemon/core/rules_rows.h"
#include "policy/compare.h"

#define FORMAT "sceau rules change 1\n"

const char *
rules_takes(const struct policy *a, const struct policy *b)
{
	const char *what = "people";

	if (memcmp(policy_sha256(a), policy_sha256(b), SHA256_LEN) != 0)
		return "rules";
	switch (policy_people_change(a, b)) {
	case PEOPLE_SUSPENSION:
		what = "people-suspension";
		break;
	case PEOPLE_CASEWORKER:
		what = "people-caseworker";
		break;
	case PEOPLE_SAME:
	case PEOPLE_KEY:
	case PEOPLE_OTHER:
		break;
	}
	/* Rules that do not know this approval ask for all of it. */
	return policy_approval(a, what) != NULL ? what : "rules";
}

static int
digest_line(const char *what, const uint8_t a[32], const uint8_t b[32],
    struct buf *out, struct err *e)
{
	char from[2 * SHA256_LEN + 1], to[2 * SHA256_LEN + 1];

	hex_format(a, SHA256_LEN, from);
	hex_format(b, SHA256_LEN, to);
	return buf_addf(out, e, "%s %s -> %s\n", what, from, to);
}

int
rules_page_head(const struct core *core, const struct rules_row *a,
    const struct rules_row *b, struct buf *out, struct err *e)
{
	char vault[ID_TEXT];
	int r;

	id_format(&core->settings.vault, vault);
	if ((r = buf_addf(out, e,
		 FORMAT "vault %s %s\ngeneration %u -> %u\n"
			"version %u -> %u\n",
		 vault, core->settings.origin, a->generation, a->generation + 1,
		 a->version, b->version)) < 0 ||
	    (r = digest_line("set", a->set, b->set, out, e)) < 0 ||
	    (r = digest_line("rules", a->sha256, b->sha256, out, e)) < 0)
		return r;
	return digest_line("people", a->people, b->people, out, e);
}

/* Who may sign, and how many must. */
static int
takes_line(
    const struct policy *p, const char *what, struct buf *out, struct err *e)
{
	const struct policy_approval *a = policy_approval(p, what);
	const char *const *role;
	int r;

	if ((r = buf_addf(out, e, "takes %s %u of", what,
		 approval_needed_by(p, what))) < 0)
		return r;
	for (role = a != NULL ? a->roles : NULL; role != NULL && *role != NULL;
	     role++)
		if ((r = buf_addf(out, e, " %s", *role)) < 0)
			return r;
	return buf_addstr(out, "\n", e);
}

static int
file_line(const struct policy_file *a, const struct policy_file *b,
    struct buf *out, struct err *e)
{
	char from[2 * SHA256_LEN + 1] = "", to[2 * SHA256_LEN + 1] = "";
	uint8_t sum[SHA256_LEN];
	int r;

	if (a != NULL) {
		if ((r = digest_of(DIGEST_SHA256, a->p, a->n, sum, e)) < 0)
			return r;
		hex_format(sum, sizeof(sum), from);
	}
	if (b != NULL) {
		if ((r = digest_of(DIGEST_SHA256, b->p, b->n, sum, e)) < 0)
			return r;
		hex_format(sum, sizeof(sum), to);
	}
	if (a == NULL)
		return buf_addf(out, e, "file added %s %s\n", b->name, to);
	if (b == NULL)
		return buf_addf(out, e, "file removed %s %s\n", a->name, from);
	if (strcmp(from, to) == 0)
		return buf_addf(out, e, "file same %s %s\n", a->name, to);
	return buf_addf(
	    out, e, "file changed %s %s -> %s\n", a->name, from, to);
}

/* Both lists are in the order of their names. */
static int
file_lines(const struct policy *a, const struct policy *b, struct buf *out,
    struct err *e)
{
	const struct policy_file *fa, *fb;
	size_t na = policy_files(a, &fa), nb = policy_files(b, &fb);
	size_t i = 0, k = 0;
	int order, r;

	while (i < na || k < nb) {
		order = i == na	  ? 1
			: k == nb ? -1
				  : strcmp(fa[i].name, fb[k].name);
		r = file_line(order <= 0 ? &fa[i] : NULL,
		    order >= 0 ? &fb[k] : NULL, out, e);
		if (r < 0)
			return r;
		i += order <= 0;
		k += order >= 0;
	}
	return 0;
}

int
rules_page(const struct core *core, const struct rules_row *a,
    const struct policy *pa, struct rules_row *b, const struct policy *pb,
    struct err *e)
{
	int r;

	buf_reset(&b->page);
	if ((r = rules_page_head(core, a, b, &b->page, e)) < 0 ||
	    (r = takes_line(pa, b->what, &b->page, e)) < 0 ||
	    (r = file_lines(pa, pb, &b->page, e)) < 0 ||
	    (r = policy_compare_text(pa, pb, &b->page, e)) < 0)
		return r;
	if (b->page.len > APPROVAL_PAGE_MAX)
		return err_tag(e, ERR_TOO_LARGE, "rules-size",
		    "the page to sign is over %u bytes", APPROVAL_PAGE_MAX);
	return 0;
}
