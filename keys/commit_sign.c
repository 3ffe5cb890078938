#include "keys/commit_sign.h"

#include <inttypes.h>
#include <string.h>

#include "base/sshsig.h"
#include "base/text.h"

#define AUTHOR "Sceau <sceau@vault.invalid>"

static int
add_head(const struct commit_spec *c, struct buf *out, struct err *e)
{
	char tree[2 * SHA1_LEN + 1], parent[2 * SHA1_LEN + 1];
	uint64_t t = c->hour * 3600;
	int r;

	hex_format(c->tree, SHA1_LEN, tree);
	hex_format(c->parent, SHA1_LEN, parent);
	if ((r = buf_addf(out, e, "tree %s\n", tree)) < 0)
		return r;
	if (c->has_parent && (r = buf_addf(out, e, "parent %s\n", parent)) < 0)
		return r;
	return buf_addf(out, e,
	    "author " AUTHOR " %" PRIu64 " +0000\n"
	    "committer " AUTHOR " %" PRIu64 " +0000\n",
	    t, t);
}

static int
add_message(const struct commit_spec *c, struct buf *out, struct err *e)
{
	return buf_addf(out, e, "\nversion %" PRIu32 "\n", c->version);
}

/* The armor as a header: each further line starts with a space. */
static int
add_signature(struct buf *armor, struct buf *out, struct err *e)
{
	const char *line = buf_str(armor), *end;
	int r;

	if ((r = buf_addstr(out, "gpgsig", e)) < 0)
		return r;
	for (; *line != '\0'; line = end + 1) {
		if ((end = strchr(line, '\n')) == NULL)
			return err_set(e, ERR_INTERNAL, "armor without end");
		if ((r = buf_addstr(out, " ", e)) < 0 ||
		    (r = buf_add(out, line, (size_t)(end + 1 - line), e)) < 0)
			return r;
	}
	return 0;
}

/* Version 0 is the store's root: git's empty tree, nothing before it. */
static int
is_root(const struct commit_spec *c)
{
	static const uint8_t empty[20] = { 0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb,
		0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92, 0x88,
		0xfb, 0xee, 0x49, 0x04 };

	return !c->has_parent && memcmp(c->tree, empty, sizeof(empty)) == 0;
}

static int
check_spec(const struct commit_spec *c, struct err *e)
{
	if (c->hour > COMMIT_HOUR_MAX || (c->version == 0 && !is_root(c)))
		return err_set(e, ERR_INVALID, "a commit's version or hour");
	return 0;
}

int
commit_sign(const struct commit_spec *c, const uint8_t *seed, struct buf *out,
    struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(buf_done) struct buf armor = { 0 };
	AUTO(buf_done) struct buf whole = { 0 };
	int r;

	/* git signs the object as it is without the gpgsig header. */
	if ((r = check_spec(c, e)) < 0 || (r = add_head(c, &text, e)) < 0 ||
	    (r = add_message(c, &text, e)) < 0 ||
	    (r = sshsig_sign(seed, "git", text.p, text.len, &armor, e)) < 0 ||
	    (r = add_head(c, &whole, e)) < 0 ||
	    (r = add_signature(&armor, &whole, e)) < 0 ||
	    (r = add_message(c, &whole, e)) < 0)
		return r;
	return buf_add(out, whole.p, whole.len, e);
}
