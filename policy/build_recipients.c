/* Recipients, and the consents that may be given. */
#include "policy/build.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Relative, and inside the policy folder. */
static const char *
read_certificate(struct build *b, const struct node *n)
{
	const char *s = read_text(b, n, "certificate", 0);

	if (*s == '/' || strstr(s, "..") != NULL)
		problem(b->ps, n->file, read_line(n, "certificate"),
		    "certificate of \"%s\" is not under the policy folder",
		    n->title);
	return s;
}

static const char *
read_account(struct build *b, const struct node *n)
{
	const char *s = read_text(b, n, "account", 0);

	if (*s != '\0' && !names_is_account(s))
		problem(b->ps, n->file, read_line(n, "account"),
		    "\"%s\" is not an account name", s);
	return s;
}

static int
read_recipients(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_RECIPIENT];
	struct policy_recipient *v;
	size_t i;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].name = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		v[i].account = read_account(b, s->v[i]);
		v[i].channel = names_channels[read_word(
		    b, s->v[i], "channel", names_channels, -1)];
		v[i].channels =
		    read_words(b, s->v[i], "channels", names_channels);
		v[i].certificate = read_certificate(b, s->v[i]);
		v[i].landlord_facing =
		    read_flag_must(b, s->v[i], "landlord-facing");
		read_source(b, s->v[i]);
		read_window(b, s->v[i], &v[i].when);
	}
	b->p->recipients = v;
	b->p->nrecipients = s->n;
	return 0;
}

/* What a département says about a recipient all have. */
static void
adapt(struct build *b, const struct node *n)
{
	struct policy_recipient *r = NULL;
	size_t i;

	for (i = 0; i < b->p->nrecipients; i++)
		if (strcmp(b->p->recipients[i].name, n->title) == 0)
			r = &b->p->recipients[i];
	if (r == NULL) {
		problem(b->ps, n->file, n->line, "unknown recipient \"%s\"",
		    n->title);
		return;
	}
	if (read_value(n, "title") != NULL)
		r->title = read_text(b, n, "title", 1);
	if (read_value(n, "account") != NULL)
		r->account = read_account(b, n);
	if (read_value(n, "channel") != NULL)
		r->channel = names_channels[read_word(
		    b, n, "channel", names_channels, -1)];
	if (read_value(n, "channels") != NULL)
		r->channels = read_words(b, n, "channels", names_channels);
	if (read_value(n, "certificate") != NULL)
		r->certificate = read_certificate(b, n);
}

/* Without a list, the usual channel is the only one. */
static int
settle_channels(struct build *b, size_t i, struct err *e)
{
	const struct node *n = b->of[WORD_RECIPIENT].v[i];
	struct policy_recipient *r = &b->p->recipients[i];
	const char **v;

	if (r->channels[0] == NULL) {
		v = arena_array(&b->p->arena, 2, sizeof(*v), e);
		if (v == NULL)
			return -ERR_NOMEM;
		v[0] = r->channel;
		r->channels = v;
	}
	if (!model_has(r->channels, r->channel))
		problem(b->ps, n->file, read_line(n, "channels"),
		    "the usual channel of \"%s\" is not one of its channels",
		    r->name);
	return 0;
}

int
build_page(struct build *b, const struct node *n, struct build_page *page,
    struct err *e)
{
	char file[POLICY_FILE_NAME_MAX + 1];
	const struct policy_file *f;
	uint8_t *sha256;
	int len;

	page->name = read_text(b, n, "notice", 1);
	page->version = read_text(b, n, "notice-version", 1);
	if (*page->name == '\0' || *page->version == '\0')
		return 0;
	len = snprintf(
	    file, sizeof(file), "notices/%s-%s.txt", page->name, page->version);
	f = len < (int)sizeof(file) ? policy_file(b->p, file) : NULL;
	if (f == NULL || f->n == 0 || !utf8_is_valid(f->p, f->n) ||
	    memchr(f->p, '\0', f->n) != NULL) {
		problem(b->ps, n->file, read_line(n, "notice"),
		    f == NULL ? "the notice of %s \"%s\" is not there: %s"
			      : "the notice of %s \"%s\" is no text: %s",
		    n->word, n->title, file);
		return 0;
	}
	if ((sha256 = arena_get(&b->p->arena, SHA256_LEN, e)) == NULL)
		return -ERR_NOMEM;
	page->text = f->p;
	page->n = f->n;
	page->sha256 = sha256;
	return digest_of(DIGEST_SHA256, f->p, f->n, sha256, e);
}

/*
 * What a person is given to read before they consent: without it there is
 * nothing that they could have consented to (GDPR art. 7(1), 13).
 */
static int
read_notice(struct build *b, const struct node *n, struct policy_consent *c,
    struct err *e)
{
	struct build_page page = { 0 };
	int r = build_page(b, n, &page, e);

	c->notice = page.name;
	c->notice_version = page.version;
	c->notice_text = page.text;
	c->notice_sha256 = page.sha256;
	return r;
}

static int
build_consents(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_CONSENT];
	struct policy_consent *v;
	size_t i;
	int r;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].purpose = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		v[i].recipient = read_name(b, s->v[i], "recipient", 0);
		v[i].valid_months = (uint32_t)read_number(
		    b, s->v[i], "valid-months", 0, 1200, 0);
		v[i].basis = read_text(b, s->v[i], "basis", 1);
		v[i].classes = read_list_must(b, s->v[i], "classes");
		v[i].source = read_text(b, s->v[i], "source", 1);
		read_window(b, s->v[i], &v[i].when);
		if ((r = read_notice(b, s->v[i], &v[i], e)) < 0)
			return r;
		if (v[i].recipient != NULL &&
		    policy_recipient(b->p, v[i].recipient) == NULL)
			problem(b->ps, s->v[i]->file,
			    read_line(s->v[i], "recipient"),
			    "unknown recipient \"%s\" in consent \"%s\"",
			    v[i].recipient, v[i].purpose);
	}
	b->p->consents = v;
	b->p->nconsents = s->n;
	return 0;
}

int
build_recipients(struct build *b, struct err *e)
{
	size_t i;
	int r;

	if ((r = read_recipients(b, e)) < 0)
		return r;
	for (i = 0; i < b->of[WORD_ADAPT].n; i++)
		adapt(b, b->of[WORD_ADAPT].v[i]);
	for (i = 0; i < b->p->nrecipients; i++)
		if ((r = settle_channels(b, i, e)) < 0)
			return r;
	return build_consents(b, e);
}
