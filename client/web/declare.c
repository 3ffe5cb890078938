/*
 * Acts that ask for a signed statement (base/statement.h). When the vault
 * says so, a page gives the statement of this very act, to be signed where
 * the key is; what was typed goes with it, and the signature brings both
 * back to the page that asked. A page says with web_step_up what its act is,
 * and need not do anything more.
 */
#include <time.h>

#include "base/crypto.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "client/stepup.h"
#include "client/web/act.h"
#include "client/web/engine.h"

#define KEPT "declarations"
#define KEPT_MAX 8 /* shown and not signed yet; then it begins anew */
#define SAID "declaration"
#define SAID_FILE "declaration-sig"
#define SAID_TEXT "declaration-texte"
#define PATTERN "/declaration/%"
/* Less than the rules let it hold: the vault's clock is another one. */
#define MARGIN_S 30
#define ID_BYTES 8

/* --- a statement that came --------------------------------------------------
 */

static int
not_this(struct err *e)
{
	return err_tag(e, ERR_DENIED, "web-statement", "statement");
}

static int
find_text(struct web_call *c, const char *id, struct buf *out, struct err *e)
{
	AUTO(json_decrefp) json_t *kept = web_kept(c, KEPT);
	const char *text = jstr(kept, id);

	return *text != '\0' ? buf_addstr(out, text, e) : not_this(e);
}

/* What can be told without asking the vault, which judges all of it anew. */
static int
look(const struct buf *text, struct buf *armored, struct err *e)
{
	AUTO(buf_done) struct buf key = { 0 };
	struct statement s;

	if (sshsig_verify(buf_str(armored), armored->len, STEP_UP_NAMESPACE,
		text->p, text->len, &key, NULL, NULL) < 0)
		return not_this(e);
	if (statement_parse(text->p, text->len, &s, NULL) < 0 ||
	    s.expires_ms <= (int64_t)time(NULL) * 1000)
		return err_tag(
		    e, ERR_DENIED, "web-statement-late", "statement");
	return 0;
}

static int
take(struct web_call *c, const char *id, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 }, armored = { 0 };
	struct err none = { 0 };
	int r;

	if ((r = find_text(c, id, &text, e)) < 0)
		return r;
	if (web_signature(c, SAID_FILE, SAID_TEXT, &armored, &none) < 0)
		return none.code == ERR_NOMEM ? err_set(e, ERR_NOMEM, "form")
					      : not_this(e);
	if ((r = look(&text, &armored, e)) < 0)
		return r;
	buf_reset(&c->cli.step_up);
	return statement_pack(&text, &armored, &c->cli.step_up, e);
}

int
web_step_up(struct web_call *c, const char *operation, const char *object,
    struct err *e)
{
	const char *id = web_is_post(c) ? web_field(c, SAID) : NULL;

	c->step_operation = operation;
	snprintf(c->step_purpose, sizeof(c->step_purpose), "%s",
	    c->cli.purpose != NULL ? c->cli.purpose : "");
	snprintf(c->step_object, sizeof(c->step_object), "%s",
	    object != NULL ? object : "");
	return id != NULL ? take(c, id, e) : 0;
}

int
web_step_up_files(const struct web_call *c)
{
	size_t i;

	for (i = 0; i < c->nfiles; i++)
		if (strcmp(c->files[i].field, SAID_FILE) != 0)
			return 0;
	return web_field(c, SAID) != NULL;
}

/* --- the page that asks for one
 * ----------------------------------------------- */

void
web_step_up_note(struct web_call *c, const struct err *e)
{
	if (c->step_operation == NULL || e->tag == NULL ||
	    (strcmp(e->tag, "step-up") != 0 &&
		strcmp(e->tag, "web-statement") != 0 &&
		strcmp(e->tag, "web-statement-late") != 0))
		return;
	c->step_refused = *e;
}

/* For as long as the rules let it hold. */
static int
seconds(struct web_call *c, int *out, struct err *e)
{
	long long minutes;
	int r;

	if ((r = web_figure(c, "step-up-minutes", &minutes, e)) < 0)
		return r;
	if (minutes < 1 || minutes > STATEMENT_SECONDS_MAX / 60)
		minutes = STATEMENT_SECONDS_MAX / 60;
	*out = (int)minutes * 60 - MARGIN_S;
	return 0;
}

static int
keep(struct web_call *c, const char *id, const char *text, struct err *e)
{
	AUTO(json_decrefp) json_t *was = web_kept(c, KEPT);
	json_t *all = was == NULL || json_object_size(was) >= KEPT_MAX
			  ? json_object()
			  : json_copy(was);

	if (all == NULL ||
	    json_object_set_new(all, id, json_string(text)) < 0) {
		json_decref(all);
		return err_set(e, ERR_NOMEM, "statement");
	}
	return web_keep(c, KEPT, all, e);
}

static int
draw(struct web_call *c, char id[2 * ID_BYTES + 1], struct statement *s,
    struct buf *text, struct err *e)
{
	const char *was = c->cli.purpose;
	uint8_t drawn[ID_BYTES];
	int hold, r;

	if ((r = seconds(c, &hold, e)) < 0)
		return r;
	/* An act may have a purpose of its own, which holds for it alone. */
	c->cli.purpose = c->step_purpose[0] != '\0' ? c->step_purpose : NULL;
	r = stepup_statement(&c->cli, c->step_operation,
	    c->step_object[0] != '\0' ? c->step_object : NULL, hold, s, e);
	c->cli.purpose = was;
	if (r < 0 || (r = statement_format(s, text, e)) < 0 ||
	    (r = crypto_random(drawn, sizeof(drawn), e)) < 0)
		return r;
	hex_format(drawn, sizeof(drawn), id);
	return keep(c, id, buf_str(text), e);
}

static void
write_until(struct web_call *c, const struct statement *s)
{
	char at[TIME_TEXT], until[32];
	json_t *j;

	time_format(s->expires_ms, at);
	j = json_pack("{s:s}", "until", at);
	html_raw(&c->h, "<p class=\"note\">");
	html(&c->h, _("Elle vaut une fois, pour cet acte seul, jusqu'au %s."),
	    jtime(j, "until", until));
	html_raw(&c->h, "</p>");
	json_decref(j);
}

static int
write_page(struct web_call *c, struct err *e)
{
	static const char *const mine[] = { SAID, SAID_TEXT, NULL };
	AUTO(buf_done) struct buf text = { 0 };
	char id[2 * ID_BYTES + 1], name[64], target[64];
	struct statement s;
	int r;

	if ((r = draw(c, id, &s, &text, e)) < 0)
		return r;
	snprintf(name, sizeof(name), SAID "-%s.txt", id);
	snprintf(target, sizeof(target), "/" SAID "/%s", id);
	html(&c->h, "<p>%s</p>",
	    _("Rien n'a été fait encore. Les règles veulent, pour cet acte, "
	      "une déclaration signée à l'instant par votre clé."));
	web_sheet(c, _("La déclaration"), buf_str(&text));
	write_until(c, &s);
	web_sign_begin(c, target, name, STEP_UP_NAMESPACE);
	html(&c->h,
	    "<form method=\"post\" action=\"%s\" enctype=\"multipart/"
	    "form-data\"><input type=\"hidden\" name=\"csrf\" value=\"%s\">"
	    "<input type=\"hidden\" name=\"" SAID "\" value=\"%s\">",
	    c->path, web_csrf(c), id);
	web_carry(c, mine);
	web_sign_end(c, SAID_FILE, SAID_TEXT, NULL,
	    _("Remettre la signature et faire l'acte"));
	return 0;
}

int
web_step_up_ask(struct web_call *c, struct err *e)
{
	struct err why = c->step_refused;
	int r;

	if (why.code == ERR_OK || c->session == NULL || !web_is_post(c))
		return 0;
	web_page_anew(c);
	c->status = 422;
	snprintf(c->title, sizeof(c->title), "%s", _("Signer cet acte"));
	if (web_field(c, SAID) != NULL)
		web_error(c, &why);
	c->step_refused = (struct err){ 0 };
	/* What was asked is not to be done without asking again. */
	buf_reset(&c->cli.step_up);
	if ((r = write_page(c, e)) < 0)
		return r;
	html(&c->h, "<p><a href=\"/\">%s</a></p>", _("Renoncer"));
	return 1;
}

/* --- its text
 * ----------------------------------------------------------------- */

static int
text_get(struct web_call *c, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct err none = { 0 };
	char name[192];

	if (find_text(c, c->part[0], &text, &none) < 0)
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	snprintf(name, sizeof(name), SAID "-%s.txt", c->part[0]);
	return web_download(c, name, "text/plain; charset=utf-8", &text, e);
}

const struct web_route web_declare[] = {
	{ "GET", PATTERN, text_get, 0 },
	{ 0 },
};
