/*
 * Terms: what an extract was released under, in lines that are compared with
 * what applies when it leaves; and the channel it goes by.
 */
#include "base/text.h"
#include "daemon/core/disclosing.h"

#define NO_ADDRESS "no-address\n"

/* Where is a name in a list that NULL ends? */
static int
has_name(const char *const *list, const char *name)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return 1;
	return 0;
}

/* --- terms ---------------------------------------------------------------- */

/*
 *   rule NAME
 *   channel NAME
 *   certificate SHA-256    (that it was encrypted to; not of paper)
 *   field KIND:PATH        (that may go, whether or not it is filled in)
 *   attach KIND
 *   block NAME             (that looks at values in records)
 *   no-address             (somebody must not be found)
 */
static int
field_terms(const struct disclosing *x, struct buf *out, struct err *e)
{
	const struct disclosure_rule *rule = x->d.rule;
	struct cut_verdict *v = calloc(rule->nfields + 1, sizeof(*v));
	size_t i;
	int r = 0;

	if (v == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	disclosing_verdicts(x, v);
	for (i = 0; i < rule->nfields && r == 0; i++)
		if (v[i].why == CUT_GIVEN)
			r = buf_addf(out, e, "field %s:%s\n",
			    rule->fields[i].kind, rule->fields[i].path);
	free(v);
	return r;
}

static int
looks_at_values(const struct policy_block *b)
{
	size_t i;

	for (i = 0; i < b->nblocked; i++)
		if (b->blocked[i].value != NULL)
			return 1;
	return 0;
}

static int
block_terms(const struct disclosing *x, struct buf *out, struct err *e)
{
	const struct policy_block *on[DISCLOSING_BLOCKS_MAX];
	size_t i, n;
	int r;

	if ((r = disclosing_blocks(x, on, NELEMS(on), &n, e)) < 0)
		return r;
	for (i = 0; i < n && r == 0; i++)
		if (looks_at_values(on[i]))
			r = buf_addf(out, e, "block %s\n", on[i]->name);
	return r;
}

/* One that was replaced since may be in somebody else's hands. */
static int
certificate_terms(const struct disclosing *x, const char *channel,
    struct buf *out, struct err *e)
{
	const char *name = x->to->certificate;
	const struct policy_file *file =
	    name != NULL ? policy_file(x->policy, name) : NULL;
	char hex[2 * SHA256_LEN + 1] = "none";
	uint8_t sha[SHA256_LEN];
	int r;

	if (strcmp(channel, "paper") == 0)
		return 0;
	if (file != NULL) {
		r = digest_of(DIGEST_SHA256, file->p, file->n, sha, e);
		if (r < 0)
			return r;
		hex_format(sha, sizeof(sha), hex);
	}
	return buf_addf(out, e, "certificate %s\n", hex);
}

int
disclosing_terms(const struct disclosing *x, const char *channel,
    struct buf *out, struct err *e)
{
	const char *const *kind;
	int r;

	if ((r = buf_addf(out, e, "rule %s\nchannel %s\n", x->d.rule->name,
		 channel)) < 0 ||
	    (r = certificate_terms(x, channel, out, e)) < 0 ||
	    (r = field_terms(x, out, e)) < 0)
		return r;
	kind = disclosing_all_agree(x) ? x->d.rule->attach : NULL;
	for (; kind != NULL && *kind != NULL; kind++)
		if ((r = buf_addf(out, e, "attach %s\n", *kind)) < 0)
			return r;
	if (x->hides_addresses && (r = buf_addstr(out, NO_ADDRESS, e)) < 0)
		return r;
	return block_terms(x, out, e);
}

/* Is this line one of the text? */
static int
has_line(const char *text, size_t left, const char *line, size_t n)
{
	const char *got;
	size_t len;

	while (text_line(&text, &left, &got, &len))
		if (len == n && memcmp(got, line, n) == 0)
			return 1;
	return 0;
}

/* Does this line hold something back? */
static int
is_held(const char *line, size_t n)
{
	return (n > 6 && memcmp(line, "block ", 6) == 0) ||
	       (n == strlen(NO_ADDRESS) - 1 &&
		   memcmp(line, NO_ADDRESS, n) == 0);
}

/* Every line of a that stands for what may go (held 0), or that holds
 * something back (held 1), must be in b. */
static int
all_in(const char *a, size_t alen, const char *b, size_t blen, int held)
{
	const char *line;
	size_t n;

	while (text_line(&a, &alen, &line, &n))
		if (is_held(line, n) == held && !has_line(b, blen, line, n))
			return 0;
	return 1;
}

int
disclosing_check_terms(
    const struct disclosing *x, const char *terms, struct err *e)
{
	AUTO(buf_done) struct buf now = { 0 };
	const char *channel = strstr(terms, "\nchannel ");
	char name[POLICY_NAME_MAX + 1] = "";
	size_t n = strlen(terms);
	int r;

	if (channel != NULL)
		snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(channel + 9, "\n"), channel + 9);
	if ((r = disclosing_terms(x, name, &now, e)) < 0)
		return r;
	if (x->hides_addresses && strstr(terms, "\n" NO_ADDRESS) == NULL)
		return err_tag(e, ERR_CONFLICT, "extract-suspended",
		    "an address became confidential since");
	if (disclosing_has_channel(x, name) &&
	    all_in(terms, n, buf_str(&now), now.len, 0) &&
	    all_in(buf_str(&now), now.len, terms, n, 1))
		return 0;
	return err_tag(e, ERR_CONFLICT, "extract-rules-changed",
	    "the rules changed since this extract was released");
}

/* --- channels ------------------------------------------------------------- */

static int
is_empty(const char *const *list)
{
	return list == NULL || list[0] == NULL;
}

/* A recipient that names none has the usual one; a rule that names none
 * takes those of its recipient. */
int
disclosing_has_channel(const struct disclosing *x, const char *channel)
{
	const char *const *to = x->to->channels, *const *by =
						     x->d.rule->channels;

	if (is_empty(to) ? strcmp(x->to->channel, channel) != 0
			 : !has_name(to, channel))
		return 0;
	return is_empty(by) || has_name(by, channel);
}

/* The usual one; else the first that both allow. */
static const char *
usual_channel(const struct disclosing *x)
{
	const char *const *c;

	if (disclosing_has_channel(x, x->to->channel))
		return x->to->channel;
	for (c = x->to->channels; c != NULL && *c != NULL; c++)
		if (disclosing_has_channel(x, *c))
			return *c;
	return NULL;
}

int
disclosing_channel(
    const struct disclosing *x, const char **channel, struct err *e)
{
	const char *c = x->channel != NULL ? x->channel : usual_channel(x);
	int has_certificate =
	    x->to->certificate != NULL && x->to->certificate[0] != '\0';

	if (c == NULL || !disclosing_has_channel(x, c))
		return err_tag(e, ERR_REFUSED, "extract-channel",
		    "rule %s does not go to %s by %.16s", x->d.rule->name,
		    x->recipient, c != NULL ? c : "any channel");
	if (!has_certificate && strcmp(c, "paper") != 0)
		return err_tag(e, ERR_CONFLICT, "recipient-certificate",
		    "%s has no certificate: paper only", x->to->name);
	*channel = c;
	return 0;
}
