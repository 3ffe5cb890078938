/*
 * Arrivées: what partners handed in, looked at and taken into a case,
 * accepted or rejected; and what recipients have still to be told (RGPD,
 * art. 19), with what they answered.
 */
#include "base/crypto.h"
#include "base/text.h"
#include "client/web/act.h"
#include "client/web/control.h"
#include "client/words.h"

static const char *
recipient_title(const struct policy *p, const char *name)
{
	const struct policy_recipient *r = policy_recipient(p, name);

	return r != NULL && r->title != NULL ? r->title : name;
}

static int
is_open(const json_t *s)
{
	return strcmp(jstr(s, "state"), "waiting") == 0 ||
	       strcmp(jstr(s, "state"), "accepted") == 0;
}

/* --- what came ---------------------------------------------------------- */

static void
write_submission(struct web_call *c, const struct policy *p, const json_t *s)
{
	struct html *h = &c->h;
	char size[32];

	html(h, "<tr><th scope=\"row\">");
	if (is_open(s))
		html(h, "<a href=\"/arrivees/%s\">", jstr(s, "submission"));
	web_time(h, s, "at");
	if (is_open(s))
		html_raw(h, "</a>");
	html(h,
	    "</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s"
	    "</td></tr>",
	    recipient_title(p, jstr(s, "recipient")),
	    *jstr(s, "media") != '\0' ? jstr(s, "media") : _("inconnu"),
	    human_size((unsigned long long)jint(s, "size"), size),
	    jword(s, "state"), jstr(s, "reason"));
}

static int
write_submissions(struct web_call *c, const struct policy *p, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *s;
	size_t i;
	int r;

	if ((r = cli_get(&c->cli, &j, e, "/v1/submissions")) < 0)
		return r;
	html(&c->h, "<section><h2>%s</h2>",
	    _("Ce que les partenaires ont déposé"));
	if (jcount(j, "submissions") == 0)
		web_none(c, _("Rien n'a été déposé."));
	else {
		web_table(c, _("Dépôts"), _("Reçu le"), _("Partenaire"),
		    _("Format"), _("Taille"), _("État"), _("Motif"), NULL);
		json_array_foreach(json_object_get(j, "submissions"), i, s)
		    write_submission(c, p, s);
		web_table_end(c);
	}
	html_raw(&c->h, "</section>");
	return 0;
}

/* --- what recipients are told ------------------------------------------------
 */

static int
is_settled(const json_t *n)
{
	return strcmp(jstr(n, "state"), "acknowledged") == 0 ||
	       strcmp(jstr(n, "state"), "impossible") == 0;
}

static void
write_notice(struct web_call *c, const struct policy *p, const json_t *n)
{
	struct html *h = &c->h;
	char due[32];
	int late = json_is_true(json_object_get(n, "overdue"));

	html_raw(h, "<tr><th scope=\"row\">");
	if (!is_settled(n))
		html(h, "<a href=\"/arrivees/notice/%s\">", jstr(n, "notice"));
	web_time(h, n, "at");
	if (!is_settled(n))
		html_raw(h, "</a>");
	html(h,
	    "</th><td>%s</td><td>%s</td><td>%s</td><td class=\"%s\">%s%s"
	    "</td><td>%s</td></tr>",
	    recipient_title(p, jstr(n, "recipient")), jword(n, "reason"),
	    jword(n, "state"), late ? "late" : "",
	    late ? _("en retard : ") : "", jlast_day(n, "due_at", due),
	    jstr(n, "words"));
}

static int
write_notices(struct web_call *c, const struct policy *p, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *n;
	size_t i;
	int r;

	if ((r = cli_get(&c->cli, &j, e, "/v1/notices")) < 0)
		return r;
	html(&c->h, "<section><h2>%s</h2><p class=\"hint\">%s</p>",
	    _("Ce que des destinataires ont à apprendre"),
	    _("Une notice dit à qui a reçu un extrait qu'il a été rectifié, "
	      "effacé, limité ou que l'accord a été retiré (RGPD, art. 19)."));
	if (jcount(j, "notices") == 0)
		web_none(c, _("Aucune notice."));
	else {
		web_table(c, _("Notices"), _("Du"), _("Destinataire"),
		    _("Motif"), _("État"), _("Échéance"), _("Suite"), NULL);
		json_array_foreach(json_object_get(j, "notices"), i, n)
		    write_notice(c, p, n);
		web_table_end(c);
	}
	html_raw(&c->h, "</section>");
	return 0;
}

static int
arrivals_get(struct web_call *c, struct err *e)
{
	const struct policy *p;
	int r;

	snprintf(c->title, sizeof(c->title), "%s", _("Arrivées"));
	c->place = "/arrivees";
	if ((r = web_rules(c, &p, e)) < 0)
		return r;
	if (web_may(c, "submission-read") &&
	    (r = write_submissions(c, p, e)) < 0)
		return r;
	return write_notices(c, p, e);
}

/* --- one submission
 * ------------------------------------------------------------
 */

static const struct web_fault take_faults[] = { { "not-found", "case" },
	{ "case-state", "case" }, { "kind-unknown", "kind" },
	{ "media-type", "kind" }, { "kind-record", "kind" },
	{ "submission-reason", "reason" }, { 0 } };

/* By an array's member. */
static int
find(struct web_call *c, const char *path, const char *list, const char *member,
    const char *id, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *x;
	size_t i;
	int r;

	if ((r = cli_call(&c->cli, "GET", path, NULL, NULL, &j, e)) < 0)
		return r;
	json_array_foreach(json_object_get(j, list), i, x)
	{
		if (strcmp(jstr(x, member), id) == 0) {
			*out = json_incref(x);
			return 0;
		}
	}
	return err_tag(e, ERR_NOT_FOUND, "not-found", "%s", member);
}

/* Kinds of files; a record is entered by its form. */
static int
write_kinds(struct web_call *c, const struct policy *p,
    const struct err *refused, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	const struct policy_kind *all;
	size_t i, n = policy_kinds(p, &all);

	for (i = 0; i < n; i++)
		if (!all[i].is_record && !all[i].by_vault &&
		    json_array_append_new(list,
			json_pack("{s:s, s:s}", "kind", all[i].name, "title",
			    all[i].title != NULL ? all[i].title
						 : all[i].name)) < 0)
			return err_set(e, ERR_NOMEM, "kinds");
	web_select_json(c,
	    &(struct web_control){ .name = "kind",
		.label = _("Comme quelle sorte de pièce"),
		.required = 1,
		.wrong = web_fault_at(c, refused, take_faults, "kind") },
	    list, "kind", "title");
	return 0;
}

static void
write_settle(struct web_call *c, const char *id, const struct err *refused)
{
	html(&c->h, "<section><h2>%s</h2>", _("Il n'est d'aucun dossier"));
	web_form(c, 0, "/arrivees/%/accepter", id);
	html(&c->h,
	    "<p>%s</p><p><button class=\"second\">%s</button></p>"
	    "</form></section>",
	    _("Il est gardé à part, le temps d'être exploité."), _("Accepter"));
	html(&c->h, "<section><h2>%s</h2>", _("Il n'a rien à faire ici"));
	web_form(c, 0, "/arrivees/%/refuser", id);
	web_input(
	    c, &(struct web_control){ .name = "reason",
		   .label = _("Motif du refus"),
		   .hint = _("le partenaire le lit"),
		   .required = 1,
		   .wrong = web_fault_at(c, refused, take_faults, "reason") });
	html(&c->h,
	    "<p><button class=\"second\">%s</button></p></form>"
	    "</section>",
	    _("Refuser"));
}

static void
write_what(struct web_call *c, const struct policy *p, const json_t *s)
{
	char at[32], size[32];

	html_raw(&c->h, "<dl class=\"facts\">");
	web_fact(c, _("Partenaire"), recipient_title(p, jstr(s, "recipient")));
	web_fact(c, _("Reçu le"), jtime(s, "at", at));
	web_fact(c, _("Format"),
	    *jstr(s, "media") != '\0' ? jstr(s, "media") : _("inconnu"));
	web_fact(c, _("Taille"),
	    human_size((unsigned long long)jint(s, "size"), size));
	web_fact(c, _("État"), jword(s, "state"));
	web_fact(c, "SHA-256", jstr(s, "sha256"));
	html_raw(&c->h, "</dl>");
}

static int
write_take(struct web_call *c, const struct policy *p, const char *id,
    const struct err *refused, struct err *e)
{
	int r;

	html(&c->h, "<section><h2>%s</h2>", _("Le verser à un dossier"));
	web_form(c, 0, "/arrivees/%/verser", id);
	web_input(
	    c, &(struct web_control){ .name = "case",
		   .label = _("Dossier"),
		   .hint = _("sa référence, comme 4F7K-2Q8"),
		   .required = 1,
		   .wrong = web_fault_at(c, refused, take_faults, "case") });
	if ((r = write_kinds(c, p, refused, e)) < 0)
		return r;
	html(&c->h, "<p><button>%s</button></p></form></section>",
	    _("Verser au dossier"));
	return 0;
}

static int
show_submission(struct web_call *c, const struct err *refused, struct err *e)
{
	AUTO(json_decrefp) json_t *s = NULL;
	const char *id = c->part[0];
	const struct policy *p;
	int r;

	if ((r = find(c, "/v1/submissions", "submissions", "submission", id, &s,
		 e)) < 0 ||
	    (r = web_rules(c, &p, e)) < 0)
		return r;
	snprintf(c->title, sizeof(c->title), "%s", _("Un dépôt"));
	c->place = "/arrivees";
	html(&c->h, "<p class=\"back\"><a href=\"/arrivees\">%s</a></p>",
	    _("Retour aux arrivées"));
	if (refused != NULL)
		web_refused(c, refused, take_faults);
	write_what(c, p, s);
	if (!is_open(s))
		return 0;
	web_form(c, 0, "/arrivees/%/voir", id);
	html(&c->h,
	    "<p class=\"note\">%s</p><p><button class=\"second\">%s</button>"
	    "</p></form>",
	    _("Ce fichier vient de dehors : il est enregistré, jamais montré "
	      "ici. Ouvrez-le avec prudence."),
	    _("Enregistrer pour le regarder"));
	if (strcmp(jstr(s, "state"), "waiting") == 0) {
		if ((r = write_take(c, p, id, refused, e)) < 0)
			return r;
		write_settle(c, id, refused);
		return 0;
	}
	web_form(c, 0, "/arrivees/%/retirer", id);
	html(&c->h, "<p>%s</p><p><button>%s</button></p></form>",
	    _("Une fois exploité, il se retire de la quarantaine."),
	    _("Retirer"));
	return 0;
}

static int
submission_get(struct web_call *c, struct err *e)
{
	return show_submission(c, NULL, e);
}

/* A stranger's bytes: to a file, whole or not at all. */
static int
look_post(struct web_call *c, struct err *e)
{
	AUTO(http_exchange_done)
	struct http_exchange x = { .method = "GET",
		.fd = -1,
		.out_fd = -1,
		.purpose = c->cli.purpose };
	AUTO(buf_done) struct buf path = { 0 };
	char hex[2 * SHA256_LEN + 1], name[64];
	uint8_t sum[SHA256_LEN];
	int r;

	if ((r = cli_path(&path, e, "/v1/submissions/%/content", c->part[0])) <
	    0)
		return r;
	x.path = buf_str(&path);
	if ((r = http_run(c->cli.http, &x, e)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, x.text.p, x.text.len, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), hex);
	if (strcmp(hex, x.sha256) != 0)
		return err_tag(e, ERR_INTEGRITY, "content-changed", "SHA-256");
	snprintf(name, sizeof(name), "depot-%.26s.bin", c->part[0]);
	return web_download(c, name, "application/octet-stream", &x.text, e);
}

static int
told(const struct err *e)
{
	return web_is_theirs(e) || e->code == ERR_NOT_FOUND ||
	       e->code == ERR_DENIED;
}

/* An act on the submission of the path, with these members of the form. */
static int
act(struct web_call *c, const char *const pairs[][2], size_t n,
    const char *path, json_t **out, struct err *refused)
{
	AUTO(json_decrefp) json_t *body = n > 0 ? json_object() : NULL;
	int r;

	if (n > 0 && (r = web_fill(c, body, pairs, n, refused)) < 0)
		return r;
	return cli_post(&c->cli, body, out, refused, path, c->part[0]);
}

static int
refused_act(struct web_call *c, const struct err *refused, struct err *e)
{
	if (told(refused))
		return show_submission(c, refused, e);
	*e = *refused;
	return -(int)e->code;
}

static int
take_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!case", "case" },
		{ "!kind", "kind" } };
	AUTO(json_decrefp) json_t *j = NULL;
	struct err refused = { 0 };

	if (act(c, pairs, NELEMS(pairs), "/v1/submissions/%/take", &j,
		&refused) < 0)
		return refused_act(c, &refused, e);
	web_tell(c, _("Dépôt versé au dossier, inscription n° %lld."),
	    jint(j, "leaf"));
	return web_redirect(c, e, "/arrivees");
}

static int
settle(struct web_call *c, const char *const pairs[][2], size_t n,
    const char *path, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct err refused = { 0 };

	if (act(c, pairs, n, path, &j, &refused) < 0)
		return refused_act(c, &refused, e);
	web_tell(c, _("Dépôt : %s, inscription n° %lld."), jword(j, "state"),
	    jint(j, "leaf"));
	return web_redirect(c, e, "/arrivees");
}

static int
accept_post(struct web_call *c, struct err *e)
{
	return settle(c, NULL, 0, "/v1/submissions/%/acceptance", e);
}

static int
discard_post(struct web_call *c, struct err *e)
{
	return settle(c, NULL, 0, "/v1/submissions/%/discard", e);
}

static int
reject_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!reason", "reason" } };

	return settle(
	    c, pairs, NELEMS(pairs), "/v1/submissions/%/rejection", e);
}

/* --- one notice
 * ------------------------------------------------------------------
 */

static const struct web_choice hows[] = { { "delivered",
					      N_("remise au destinataire") },
	{ "acknowledged", N_("le destinataire a répondu") },
	{ "impossible", N_("impossible") }, { 0 } };
static const struct web_fault notice_faults[] = { { "notice-how", "how" },
	{ "notice-words", "words" }, { 0 } };

static int
show_notice(struct web_call *c, const struct err *refused, struct err *e)
{
	AUTO(json_decrefp) json_t *n = NULL;
	const struct policy *p;
	char at[32], due[32];
	int r;

	if ((r = find(c, "/v1/notices", "notices", "notice", c->part[0], &n,
		 e)) < 0 ||
	    (r = web_rules(c, &p, e)) < 0)
		return r;
	snprintf(c->title, sizeof(c->title), "%s", _("Une notice"));
	c->place = "/arrivees";
	html(&c->h, "<p class=\"back\"><a href=\"/arrivees\">%s</a></p>",
	    _("Retour aux arrivées"));
	if (refused != NULL)
		web_refused(c, refused, notice_faults);
	html_raw(&c->h, "<dl class=\"facts\">");
	web_fact(
	    c, _("Destinataire"), recipient_title(p, jstr(n, "recipient")));
	web_fact(c, _("Motif"), jword(n, "reason"));
	web_fact(c, _("État"), jword(n, "state"));
	web_fact(c, _("Du"), jtime(n, "at", at));
	web_fact(c, _("Échéance"), jlast_day(n, "due_at", due));
	web_fact(c, _("Extrait"), jstr(n, "extract"));
	html_raw(&c->h, "</dl>");
	if (is_settled(n))
		return 0;
	web_form(c, 0, "/arrivees/notice/%", c->part[0]);
	web_select(c,
	    &(struct web_control){ .name = "how",
		.label = _("Ce qu'elle est devenue"),
		.required = 1,
		.wrong = web_fault_at(c, refused, notice_faults, "how") },
	    hows);
	web_input(
	    c, &(struct web_control){ .name = "words",
		   .label = _("Comment, ou pourquoi c'est impossible"),
		   .wrong = web_fault_at(c, refused, notice_faults, "words") });
	html(
	    &c->h, "<p><button>%s</button></p></form>", _("Inscrire la suite"));
	return 0;
}

static int
notice_get(struct web_call *c, struct err *e)
{
	return show_notice(c, NULL, e);
}

static int
notice_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!how", "how" },
		{ "words", "words" } };
	AUTO(json_decrefp) json_t *j = NULL;
	struct err refused = { 0 };

	if (act(c, pairs, NELEMS(pairs), "/v1/notices/%/settlement", &j,
		&refused) < 0) {
		if (told(&refused))
			return show_notice(c, &refused, e);
		*e = refused;
		return -(int)e->code;
	}
	web_tell(c, _("Notice : %s, inscription n° %lld."), jword(j, "state"),
	    jint(j, "leaf"));
	return web_redirect(c, e, "/arrivees");
}

const struct web_route web_arrivals[] = {
	{ "GET", "/arrivees", arrivals_get, 0 },
	{ "GET", "/arrivees/%", submission_get, 0 },
	{ "POST", "/arrivees/%/voir", look_post, 0 },
	{ "POST", "/arrivees/%/verser", take_post, 0 },
	{ "POST", "/arrivees/%/accepter", accept_post, 0 },
	{ "POST", "/arrivees/%/retirer", discard_post, 0 },
	{ "POST", "/arrivees/%/refuser", reject_post, 0 },
	{ "GET", "/arrivees/notice/%", notice_get, 0 },
	{ "POST", "/arrivees/notice/%", notice_post, 0 },
	{ 0 },
};
