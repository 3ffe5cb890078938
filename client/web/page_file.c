/*
 * Déposer: files are brought (by a form, or piece by piece by file.js), looked
 * at by the vault while nothing is filed yet, put in order, and filed. What
 * waits is a lot (lot.h); nothing of it is on a disk or in a target.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/formfile.h"
#include "client/strip.h"
#include "client/web/choices.h"
#include "client/web/control.h"
#include "client/web/provenance.h"
#include "client/words.h"

#define NUMBER_MAX 20 /* digits */

static const char *const said_names[] = { "kind", "level", "title", "replaces",
	NULL };

/* --- bringing files --------------------------------------------------------
 */

static void
write_waiting(struct web_call *c, const char *kase)
{
	AUTO(json_decrefp) json_t *list = lot_list(c, kase);
	char size[32];
	json_t *l;
	size_t i;
	int any = 0;

	json_array_foreach(list, i, l)
	{
		if (json_is_true(json_object_get(l, "filed")) ||
		    jint(l, "files") == 0 || *jstr(l, "what") != '\0')
			continue;
		if (!any++)
			html(&c->h, "<div class=\"note\"><p>%s</p><ul>",
			    _("Un dépôt commencé attend, dans la mémoire de la "
			      "console :"));
		html(&c->h, "<li><a href=\"/dossier/%s/deposer/%s\">%s</a> ",
		    kase, jstr(l, "lot"), _("Reprendre le dépôt"));
		html(&c->h, _("(fichiers : %lld ; %s)"), jint(l, "files"),
		    human_size((unsigned long long)jint(l, "bytes"), size));
		html_raw(&c->h, "</li>");
	}
	if (any)
		html_raw(&c->h, "</ul></div>");
}

static int
write_bring(struct web_call *c, const char *lot, struct err *e)
{
	struct html *h = &c->h;
	char id[ID_TEXT];
	int r;

	if ((r = lot_new_id(id, e)) < 0)
		return r;
	c->script = "file.js";
	web_form(c, 1, "/dossier/%/deposer", c->part[0]);
	html(h, "<input type=\"hidden\" name=\"lot\" value=\"%s\">",
	    lot != NULL ? lot : id);
	html(h,
	    "<div class=\"field drop\" data-drop><label for=\"fichiers\">%s"
	    "</label><span class=\"hint\" id=\"fichiers-hint\">%s</span>"
	    "<input type=\"file\" id=\"fichiers\" name=\"fichiers\" multiple "
	    "aria-describedby=\"fichiers-hint\"></div>",
	    _("Fichiers"),
	    _("Plusieurs photos font les pages d'un même document, dans "
	      "l'ordre. Le lieu et l'appareil sont retirés des photos avant "
	      "l'envoi au coffre."));
	html(h,
	    "<details><summary>%s</summary><div class=\"field\"><label "
	    "for=\"signature\">%s</label><span class=\"hint\" "
	    "id=\"signature-hint\">%s</span><input type=\"file\" "
	    "id=\"signature\" name=\"signature\" "
	    "aria-describedby=\"signature-hint\"></div></details>",
	    _("Une signature à part"), _("Fichier de signature (.p7s)"),
	    _("Celle que le prestataire de signature a remise avec le "
	      "fichier."));
	html(h,
	    "<div data-progress hidden><p data-told role=\"status\"></p>"
	    "<progress max=\"100\" value=\"0\" aria-label=\"%s\"></progress>"
	    "</div>",
	    _("Avancement de l'envoi"));
	html(h,
	    "<p class=\"actions\"><button data-label-again=\"%s\" "
	    "data-label-cut=\"%s\" data-label-sending=\"%s\">%s</button></p>"
	    "</form>",
	    _("Reprendre l'envoi"),
	    _("La liaison est coupée : ce qui est arrivé est gardé, l'envoi "
	      "reprendra où il en était."),
	    _("Envoi en cours"), _("Continuer"));
	return 0;
}

static int
bring_get(struct web_call *c, struct err *e)
{
	snprintf(
	    c->title, sizeof(c->title), _("Déposer : dossier %s"), c->part[0]);
	html(&c->h, "<p>%s</p>",
	    _("1. Choisissez les fichiers. 2. Vérifiez ce que le coffre en "
	      "reconnaît. 3. Déposez : le reçu suit."));
	write_waiting(c, c->part[0]);
	return write_bring(c, NULL, e);
}

static int
take_files(struct web_call *c, struct lot *l, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < c->nfiles; i++) {
		int is_signature = strcmp(c->files[i].field, "signature") == 0;

		if ((r = lot_add(c, l, &c->files[i],
			 is_signature ? LOT_SIGNATURE : 0, e)) < 0)
			return r;
	}
	return 0;
}

static int
bring_again(struct web_call *c, const struct err *wrong, struct err *e)
{
	snprintf(
	    c->title, sizeof(c->title), _("Déposer : dossier %s"), c->part[0]);
	c->status = err_http(wrong->code) == 413 ? 413 : 422;
	web_error(c, wrong);
	return write_bring(c, NULL, e);
}

static int
bring_post(struct web_call *c, struct err *e)
{
	AUTO(mem_freep) char *id = NULL;
	struct err wrong = { 0 };
	struct lot *l = NULL;
	int r;

	if (web_field(c, "lot") != NULL &&
	    (id = strdup(web_field(c, "lot"))) == NULL)
		return err_set(e, ERR_NOMEM, "lot");
	if ((r = lot_take(c, c->part[0], id, 1, &l, e)) < 0)
		return r;
	r = take_files(c, l, &wrong);
	if (r == 0 && lot_count(l, 0) == 0)
		r = err_tag(&wrong, ERR_INVALID, "web-no-file", "%s", "");
	lot_put(c, &l);
	if (r < 0)
		return bring_again(c, &wrong, e);
	return web_redirect(c, e, "/dossier/%/deposer/%", c->part[0], id);
}

/* --- piece by piece, for the script -----------------------------------------
 */

static int
number_of(const char *s, uint64_t *out)
{
	return s != NULL && strlen(s) < NUMBER_MAX &&
		       text_decimal(s, strlen(s), out, NULL) == 0
		   ? 0
		   : -1;
}

static json_t *
state_json(const struct lot *l)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < l->n; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:I, s:I}", "key", l->file[i].key,
			      "size", (json_int_t)l->file[i].size, "have",
			      (json_int_t)l->file[i].have));
	return json_pack("{s:o}", "files", list);
}

/* What is to come, and how much of it is here. */
static int
announce_post(struct web_call *c, struct err *e)
{
	struct lot *l = NULL;
	uint64_t size = 0;
	json_t *j;
	int i, r;

	if ((r = lot_take(c, c->part[0], c->part[1], 1, &l, e)) < 0)
		return r;
	for (i = 0; r == 0 && web_field_n(c, "key", i) != NULL; i++) {
		if (number_of(web_field_n(c, "size", i), &size) < 0)
			r = err_tag(e, ERR_INVALID, "web-piece", "size");
		else
			r = lot_announce(c, l, web_field_n(c, "key", i),
			    web_field_n(c, "name", i), size,
			    web_is(c, "signature", web_field_n(c, "key", i))
				? LOT_SIGNATURE
				: 0,
			    e);
	}
	j = state_json(l);
	lot_put(c, &l);
	if (r < 0) {
		json_decref(j);
		return r;
	}
	return web_json(c, 200, j, e);
}

static int
piece_put(struct web_call *c, struct err *e)
{
	struct lot *l = NULL;
	uint64_t offset;
	json_t *j;
	int r;

	if (number_of(http_query(c->rq, "offset"), &offset) < 0)
		return err_tag(e, ERR_INVALID, "web-piece", "offset");
	if ((r = lot_take(c, c->part[0], c->part[1], 0, &l, e)) < 0)
		return r;
	r = lot_write(l, c->part[2], offset, c->rq->body.p, c->rq->body.len, e);
	j = state_json(l);
	lot_put(c, &l);
	/* What is there already is no fault: the answer says how much. */
	if (r < 0 && r != -(int)ERR_CONFLICT) {
		json_decref(j);
		return r;
	}
	return web_json(c, r < 0 ? 409 : 200, j, e);
}

/* --- looking at what came ---------------------------------------------------
 */

static int
is_picture(const struct lot_file *f)
{
	uint8_t head[8];
	ssize_t n = pread(f->fd, head, sizeof(head), 0);

	return n > 0 && strip_is_picture(head, (size_t)n);
}

static int
is_jpeg(const struct lot_file *f)
{
	uint8_t head[2] = { 0 };

	return pread(f->fd, head, sizeof(head), 0) == 2 && head[0] == 0xff;
}

static int
image_get(struct web_call *c, struct err *e)
{
	struct source s = { .fd = -1 };
	struct lot_file *f;
	struct lot *l = NULL;
	int r;

	if ((r = lot_take(c, c->part[0], c->part[1], 0, &l, e)) < 0)
		return r;
	f = lot_find(l, c->part[2]);
	if (f == NULL || !is_picture(f))
		r = err_tag(e, ERR_NOT_FOUND, "web-page", "image");
	else if ((r = lot_source(f, 0, &s, e)) == 0) {
		c->whole = 1;
		c->rs->status = 200;
		snprintf(c->rs->type, sizeof(c->rs->type), "%s",
		    is_jpeg(f) ? "image/jpeg" : "image/png");
		if ((r = buf_reserve(&c->rs->body, (size_t)s.size, e)) == 0 &&
		    (r = fd_pread_all(
			 s.fd, c->rs->body.p, (size_t)s.size, 0, e)) == 0)
			c->rs->body.len = (size_t)s.size;
		source_done(&s);
	}
	lot_put(c, &l);
	return r;
}

/* Does the file's name have this word of a kind's name? */
static int
count_words(const char *name, const char *kind)
{
	char word[64];
	size_t n;
	int found = 0;

	for (; *kind != '\0'; kind += n + (kind[n] == '-')) {
		n = strcspn(kind, "-");
		if (n < 4 || n >= sizeof(word))
			continue;
		memcpy(word, kind, n);
		word[n] = '\0';
		found += strcasestr(name, word) != NULL;
	}
	return found;
}

/* The kind that the name of the first file speaks of; NULL. */
static const char *
guess_kind(const struct policy *p, const struct lot *l)
{
	const struct policy_kind *k;
	const char *best = NULL;
	size_t i, n = policy_kinds(p, &k);
	int score, most = 0;

	for (i = 0; l->n > 0 && i < n; i++) {
		if (k[i].by_vault || k[i].prepares != NULL)
			continue;
		score = count_words(l->file[0].name, k[i].name);
		if (score > most) {
			most = score;
			best = k[i].name;
		}
	}
	return best;
}

/* The lot as a document on its way. */
static int
pack(struct web_call *c, const struct lot *l, struct parcel *p, json_t *body,
    struct err *e)
{
	int r;

	p->ask = 1;
	p->kind = lot_said(l, "kind");
	p->level = lot_said(l, "level");
	p->title = lot_said(l, "title");
	p->replaces = lot_said(l, "replaces");
	if (p->kind == NULL)
		return err_tag(e, ERR_INVALID, "web-no-kind", "%s", "");
	if (!lot_is_whole(l))
		return err_tag(e, ERR_INCOMPLETE, "web-cut", "%s", "");
	if ((r = lot_parcel(l, 0, p, e)) < 0 ||
	    (r = provenance_lines(l, &p->more, e)) < 0 ||
	    (r = parcel_name(p, c->part[0], e)) < 0 ||
	    (r = lot_name_uploads(l, 0, p, e)) < 0 ||
	    (r = provenance_member(l, body, e)) < 0)
		return r;
	return parcel_body(p, body, e);
}

static int
look(struct web_call *c, const struct lot *l, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object();
	AUTO(mem_freep) struct parcel *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL)
		return err_set(e, ERR_NOMEM, "parcel");
	if ((r = pack(c, l, p, body, e)) == 0)
		r = parcel_look(&c->cli, p, c->part[0], body, out, e);
	if (r == 0)
		r = source_tell_place(p->page, p->pages, *out, e);
	parcel_done(p);
	return r;
}

/* --- the page that is confirmed ------------------------------------------- */

static void
button(struct web_call *c, const char *act, const char *key, const char *label,
    const char *of)
{
	html(&c->h,
	    "<button class=\"second\" formnovalidate name=\"%s\" value=\"%s\" "
	    "aria-label=\""
	    "%s : %s\">%s</button> ",
	    act, key, label, of, label);
}

static void
write_page(struct web_call *c, const struct lot *l, size_t i, size_t of)
{
	const struct lot_file *f = &l->file[i];
	struct html *h = &c->h;
	char size[32];

	html_raw(h, "<li>");
	if (f->have == f->size && is_picture(f))
		html(h,
		    "<img src=\"/dossier/%s/deposer/%s/image/%s?t=%u\" "
		    "alt=\"%s %zu\" class=\"page\">",
		    c->part[0], l->id, f->key, f->turns, _("Page"), i + 1);
	html(h, "<p>%zu. %s<br>%s", i + 1, f->name, human_size(f->size, size));
	if (f->have < f->size)
		html(h, " <span class=\"bad\">%s</span>",
		    _("incomplet : choisissez ce fichier de nouveau, l'envoi "
		      "reprendra où il en était"));
	html_raw(h, "</p><p>");
	if (i > 0)
		button(c, "avant", f->key, _("Plus tôt"), f->name);
	if (i + 1 < of)
		button(c, "apres", f->key, _("Plus tard"), f->name);
	if (is_jpeg(f))
		button(c, "tourner", f->key, _("Tourner"), f->name);
	button(c, "oter", f->key, _("Retirer"), f->name);
	html_raw(h, "</p></li>");
}

static void
write_pages(struct web_call *c, const struct lot *l)
{
	struct html *h = &c->h;
	size_t i;

	html(h, "<section><h2>%s</h2><ol class=\"cards pages\">",
	    _("Les pages, dans l'ordre"));
	for (i = 0; i < l->n; i++)
		if (l->file[i].part == 0)
			write_page(c, l, i, lot_count(l, 0));
	html_raw(h, "</ol>");
	for (i = 0; i < l->n; i++)
		if (l->file[i].part == LOT_SIGNATURE) {
			html(h, "<p>%s %s ", _("Signature à part :"),
			    l->file[i].name);
			button(c, "oter", l->file[i].key, _("Retirer"),
			    l->file[i].name);
			html_raw(h, "</p>");
		}
	html_raw(h, "</section>");
}

static void
write_verdict(struct web_call *c, const json_t *v)
{
	const char *word = jstr(v, "indication");
	int good = strcmp(word, "TOTAL-PASSED") == 0;

	html(&c->h, "<li>%s <span class=\"%s\">%s</span>", _("Signature :"),
	    good				? "good"
	    : strcmp(word, "TOTAL-FAILED") == 0 ? "bad"
						: "warn",
	    jword(v, "indication"));
	if (*jstr(v, "signer") != '\0')
		html(&c->h, ", %s", jstr(v, "signer"));
	if (!good)
		html(&c->h, " <span class=\"detail\">(%s %s)</span>", word,
		    jstr(v, "sub_indication"));
	html_raw(&c->h, "</li>");
}

/* What photographs tell, where it does not simply go. */
static void
write_place(struct web_call *c, const json_t *seen)
{
	const char *word;
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(seen, "place"), i, v)
	{
		word = json_string_value(v);
		if (strcmp(word, "kept") == 0)
			html(&c->h, "<p class=\"warn\">%zu. %s</p>", i + 1,
			    _("Ce PDF est signé : il est déposé tel quel, et "
			      "ses photos ou sa description disent encore le "
			      "lieu, l'appareil ou des commentaires."));
		else if (strcmp(word, "unseen") == 0)
			html(&c->h, "<p class=\"warn\">%zu. %s</p>", i + 1,
			    _("Ce PDF est trop grand pour que le lieu soit "
			      "cherché dans ses photos."));
	}
}

/* What the vault says of it, in words. */
static void
write_seen(struct web_call *c, const json_t *seen)
{
	struct html *h = &c->h;
	char size[32];
	json_t *v;
	size_t i;

	html(h, "<section><h2>%s</h2><dl class=\"facts\">",
	    _("Ce que le coffre en reconnaît"));
	web_fact(c, _("Format"), jstr(jat(seen, "pages", 0), "media"));
	web_fact(c, _("Taille"),
	    human_size((unsigned long long)jint(seen, "size"), size));
	web_fact(c, _("Signature"), jword(seen, "indication"));
	web_fact(c, _("Niveau de signature"), jword(seen, "level"));
	html_raw(h, "</dl>");
	if (jcount(seen, "verdicts") > 0)
		html_raw(h, "<ul>");
	json_array_foreach(json_object_get(seen, "verdicts"), i, v)
	    write_verdict(c, v);
	if (jcount(seen, "verdicts") > 0)
		html_raw(h, "</ul>");
	write_place(c, seen);
	html(h, "<p class=\"good\">%s</p></section>",
	    _("Ce type de document l'accepte. Rien n'est déposé encore."));
}

static void
write_level(struct web_call *c, const struct policy *rules, const struct lot *l)
{
	const struct policy_kind *k =
	    lot_said(l, "kind") != NULL
		? policy_kind(rules, lot_said(l, "kind"))
		: NULL;
	AUTO(json_decrefp) json_t *list = json_array();
	struct web_control f = { .name = "level",
		.label = _("Comment c'est signé"),
		.value = lot_said(l, "level"),
		.hint = _("Laissez vide quand la signature est dans le "
			  "fichier : le coffre la lit.") };
	size_t i;

	for (i = 0; k != NULL && k->levels != NULL && k->levels[i] != NULL; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:s}", "v", k->levels[i], "t",
			      word_for(k->levels[i])));
	if (json_array_size(list) > 0)
		web_select_json(c, &f, list, "v", "t");
}

static void
write_said(struct web_call *c, const struct policy *rules, const struct lot *l,
    const json_t *documents, const struct err *wrong)
{
	AUTO(json_decrefp) json_t *kinds = choices_kinds(rules, 0);
	const char *tag = wrong->tag != NULL ? wrong->tag : "";
	struct web_control kind = { .name = "kind",
		.label = _("Type de document"),
		.value = lot_said(l, "kind"),
		.required = 1,
		.wrong = strcmp(tag, "web-no-kind") == 0
			     ? _("Choisissez le type de document.")
			     : NULL };
	struct web_control title = { .name = "title",
		.label = _("Titre"),
		.value = lot_said(l, "title"),
		.hint = _("Ce qui le distingue dans la liste, sans nom ni "
			  "élément de santé.") };
	struct web_control replaces = { .name = "replaces",
		.label = _("Nouvelle version de"),
		.value = lot_said(l, "replaces") };

	html(&c->h, "<section><h2>%s</h2>", _("Ce que c'est"));
	web_select_json(c, &kind, kinds, "v", "t");
	write_level(c, rules, l);
	web_input(c, &title);
	if (json_array_size(documents) > 0)
		web_select_json(c, &replaces, documents, "v", "t");
	html(&c->h,
	    "<p><button class=\"second\" formnovalidate name=\"revoir\" "
	    "value=\"1\">%s"
	    "</button></p></section>",
	    _("Vérifier de nouveau"));
}

/* What it may be a new version of: documents of its kind in the case. */
static json_t *
documents_of(struct web_call *c, const struct lot *l)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *list = json_array(), *d;
	char text[160], day[32];
	size_t i;

	if (lot_said(l, "kind") == NULL ||
	    cli_get(&c->cli, &j, NULL, "/v1/cases/%/documents", c->part[0]) < 0)
		return list;
	json_array_foreach(json_object_get(j, "documents"), i, d)
	{
		if (strcmp(jstr(d, "kind"), lot_said(l, "kind")) != 0 ||
		    strcmp(jstr(d, "state"), "filed") != 0)
			continue;
		snprintf(text, sizeof(text), "%s %.80s (%s)", jstr(d, "ref"),
		    jstr(d, "title"), jtime(d, "filed_at", day));
		json_array_append_new(list,
		    json_pack("{s:s, s:s}", "v", jstr(d, "ref"), "t", text));
	}
	return list;
}

/* What another page answers: the vault is away, or asks why. */
static int
is_for_all(const struct err *e)
{
	return e->code == ERR_UNAVAILABLE || e->code == ERR_SEALED ||
	       (e->tag != NULL && strcmp(e->tag, "purpose-missing") == 0);
}

/* A kind of which the rules ask where its paper is, or let it be said. */
static int
may_have_provenance(const struct policy *rules, const struct lot *l)
{
	const struct policy_kind *k =
	    lot_said(l, "kind") != NULL
		? policy_kind(rules, lot_said(l, "kind"))
		: NULL;

	return lot_is_whole(l) &&
	       (provenance_is_signed(l) ||
		   (k != NULL && k->provenance != PROVENANCE_NONE));
}

static int
write_review(
    struct web_call *c, struct lot *l, const struct err *refused, struct err *e)
{
	AUTO(json_decrefp) json_t *seen = NULL, *documents = NULL;
	const struct policy *rules;
	struct err wrong = *refused;
	int r;

	if ((r = web_rules(c, &rules, e)) < 0)
		return r;
	if (lot_said(l, "kind") == NULL && guess_kind(rules, l) != NULL)
		json_object_set_new(
		    l->said, "kind", json_pack("[s]", guess_kind(rules, l)));
	if (wrong.code == ERR_OK && (r = look(c, l, &seen, &wrong)) < 0 &&
	    is_for_all(&wrong)) {
		*e = wrong;
		return r;
	}
	/* What was overcome on the way is nobody's business. */
	if (seen != NULL)
		wrong = (struct err){ 0 };
	documents = documents_of(c, l);
	if (wrong.code != ERR_OK) {
		web_error(c, &wrong);
		c->status = 422;
	}
	web_form(c, 0, "/dossier/%/deposer/%", c->part[0], l->id);
	/* What Enter does, and a form of an old page: look again. */
	html_raw(&c->h, "<button formnovalidate name=\"revoir\" value=\"1\" "
			"class=\"first\" "
			"tabindex=\"-1\" aria-hidden=\"true\"></button>");
	if (seen != NULL)
		write_seen(c, seen);
	write_said(c, rules, l, documents, &wrong);
	write_pages(c, l);
	if (may_have_provenance(rules, l))
		provenance_write(c, l);
	html_raw(&c->h, "<p class=\"actions\">");
	if (seen != NULL)
		html(&c->h, "<button name=\"deposer\" value=\"%s\">%s</button>",
		    jstr(seen, "sha256"), _("Déposer"));
	html(&c->h,
	    "<a href=\"/dossier/%s/deposer/%s/ajouter\">%s</a>"
	    "<button class=\"second\" formnovalidate name=\"abandon\" "
	    "value=\"1\">%s</button>"
	    "</p></form>",
	    c->part[0], l->id, _("Ajouter ou reprendre des fichiers"),
	    _("Abandonner ce dépôt"));
	return 0;
}

/* A form that was filled away from here: the vault alone opens it. */
static int
is_sealed_form(const struct lot *l)
{
	return l->n == 1 && formfile_is(l->file[0].name);
}

static int
write_sealed(struct web_call *c, const struct lot *l, const struct err *refused)
{
	char size[32];

	if (refused->code != ERR_OK) {
		web_error(c, refused);
		c->status = 422;
	}
	html(&c->h, "<p>%s</p><p>%s (%s)</p>",
	    _("Ce fichier est un formulaire rempli sans réseau et scellé : le "
	      "coffre seul l'ouvre. Tout ce qu'il contient est inscrit, ou "
	      "rien ; la même chose deux fois n'est inscrite qu'une fois."),
	    l->file[0].name, human_size(l->file[0].size, size));
	web_form(c, 0, "/dossier/%/deposer/%", c->part[0], l->id);
	html_raw(&c->h, "<p class=\"actions\">");
	if (lot_is_whole(l))
		html(&c->h,
		    "<button name=\"formulaire\" value=\"1\">%s</button>",
		    _("Inscrire ce que contient le formulaire"));
	html(&c->h,
	    "<button class=\"second\" name=\"abandon\" value=\"1\">%s</button>"
	    "</p></form>",
	    _("Abandonner ce dépôt"));
	return 0;
}

static int
enter_sealed(struct web_call *c, struct lot *l, struct err *e)
{
	AUTO(source_done) struct source s = { .fd = -1 };
	json_t *j = NULL;
	int r;

	if (!is_sealed_form(l) || !lot_is_whole(l))
		return err_tag(e, ERR_INVALID, "web-cut", "%s", "");
	if ((r = lot_source(&l->file[0], 0, &s, e)) < 0 ||
	    (r = formfile_enter(&c->cli, c->part[0], &s, &j, e)) < 0)
		return r;
	lot_remove(c, l, l->file[0].key);
	snprintf(l->what, sizeof(l->what), "visite");
	l->done = j;
	return 0;
}

static int
review(
    struct web_call *c, struct lot *l, const struct err *refused, struct err *e)
{
	if (l->done != NULL && strcmp(l->what, "visite") == 0)
		return web_redirect(
		    c, e, "/dossier/%/visite/%/inscrite", c->part[0], l->id);
	snprintf(c->title, sizeof(c->title),
	    _("Vérifier avant de déposer : dossier %s"), c->part[0]);
	if (l->done != NULL)
		return web_redirect(
		    c, e, "/dossier/%/deposer/%/recu", c->part[0], l->id);
	if (is_sealed_form(l))
		return write_sealed(c, l, refused);
	return write_review(c, l, refused, e);
}

static int
review_get(struct web_call *c, struct err *e)
{
	struct err none = { 0 };
	struct lot *l = NULL;
	int r;

	if ((r = lot_take(c, c->part[0], c->part[1], 0, &l, e)) < 0)
		return r;
	r = review(c, l, &none, e);
	lot_put(c, &l);
	/* The first sight of it is no refused form. */
	if (c->status == 422)
		c->status = 200;
	return r;
}

static int
more_get(struct web_call *c, struct err *e)
{
	snprintf(
	    c->title, sizeof(c->title), _("Déposer : dossier %s"), c->part[0]);
	return write_bring(c, c->part[1], e);
}

/* --- filing ------------------------------------------------------------- */

static int
file(struct web_call *c, struct lot *l, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	AUTO(mem_freep) struct parcel *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL)
		return err_set(e, ERR_NOMEM, "parcel");
	if ((r = pack(c, l, p, body, e)) == 0)
		r = parcel_file(&c->cli, p, c->part[0], body, &j, e);
	parcel_done(p);
	if (r < 0)
		return r;
	/* What is filed need not wait any more; its receipt does. */
	while (l->n > 0)
		lot_remove(c, l, l->file[0].key);
	l->done = TAKE(j);
	return 0;
}

/* A button that puts the pages in order; 1: it was one. */
static int
arrange(struct web_call *c, struct lot *l)
{
	struct lot_file *f;

	if (web_field(c, "avant") != NULL)
		lot_move(l, web_field(c, "avant"), -1);
	else if (web_field(c, "apres") != NULL)
		lot_move(l, web_field(c, "apres"), 1);
	else if (web_field(c, "sans-provenance") != NULL)
		provenance_forget(l);
	else if (web_field(c, "oter") != NULL)
		lot_remove(c, l, web_field(c, "oter"));
	else if ((f = lot_find(l, web_field(c, "tourner"))) != NULL)
		f->turns = (f->turns + 1) % 4;
	else
		return 0;
	return 1;
}

static int
act(struct web_call *c, struct lot *l, struct err *e)
{
	struct err wrong = { 0 };
	int r;

	if (l->done != NULL)
		return review(c, l, &wrong, e);
	if ((r = lot_say(c, l, said_names, e)) < 0)
		return r;
	if (web_field(c, "abandon") != NULL) {
		lot_forget(c, l);
		web_tell(c, "%s",
		    _("Le dépôt est abandonné : rien n'a été "
		      "gardé."));
		return web_redirect(c, e, "/dossier/%/deposer", c->part[0]);
	}
	if (arrange(c, l))
		return web_redirect(
		    c, e, "/dossier/%/deposer/%", c->part[0], l->id);
	if (web_field(c, "formulaire") != NULL) {
		if (enter_sealed(c, l, &wrong) < 0 && is_for_all(&wrong)) {
			*e = wrong;
			return -(int)e->code;
		}
		return review(c, l, &wrong, e);
	}
	if (web_field(c, "deposer") == NULL)
		return review(c, l, &wrong, e);
	if (file(c, l, &wrong) < 0)
		return review(c, l, &wrong, e);
	return web_redirect(
	    c, e, "/dossier/%/deposer/%/recu", c->part[0], l->id);
}

static int
review_post(struct web_call *c, struct err *e)
{
	struct lot *l = NULL;
	int r;

	if ((r = lot_take(c, c->part[0], c->part[1], 0, &l, e)) < 0)
		return r;
	r = act(c, l, e);
	lot_put(c, &l);
	return r;
}

/* --- the receipt ------------------------------------------------------------
 */

static void
write_receipt(struct web_call *c, const struct lot *l)
{
	const json_t *j = l->done;
	struct html *h = &c->h;
	char size[32], at[32];

	html(h, "<p class=\"told\" role=\"status\">%s</p>",
	    _("C'est déposé : ce document survit dès maintenant à une coupure "
	      "de courant."));
	html_raw(h, "<dl class=\"facts\">");
	web_fact(c, _("Document"), jstr(j, "ref"));
	web_fact(c, _("Type"), jstr(j, "kind"));
	web_fact(c, _("Taille"),
	    human_size((unsigned long long)jint(j, "size"), size));
	web_fact(c, _("Signature"), jword(j, "indication"));
	web_fact(c, _("Déposé le"), jtime(j, "filed_at", at));
	html(h, "<dt>%s</dt><dd>%lld</dd></dl>", _("Inscription n°"),
	    jint(j, "leaf"));
	if (*jstr(j, "receipt") == '\0')
		html(h, "<p class=\"note\">%s</p>",
		    _("Le reçu n'est pas encore signé : il sera sur la page du "
		      "document."));
	else
		html(h,
		    "<p><a class=\"button\" href=\"/dossier/%s/deposer/%s/"
		    "recu.txt\" download>%s</a></p><details><summary>%s"
		    "</summary><pre class=\"scroll\" tabindex=\"0\">%s</pre>"
		    "</details>",
		    c->part[0], l->id, _("Enregistrer le reçu"), _("Le reçu"),
		    jstr(j, "receipt"));
	html(h,
	    "<p class=\"actions\"><a href=\"/dossier/%s\">%s</a>"
	    "<a href=\"/dossier/%s/deposer\">%s</a></p>",
	    c->part[0], _("Retour au dossier"), c->part[0],
	    _("Déposer un autre document"));
}

static int
receipt_get(struct web_call *c, struct err *e)
{
	struct lot *l = NULL;
	int r;

	if ((r = lot_take(c, c->part[0], c->part[1], 0, &l, e)) < 0)
		return r;
	snprintf(
	    c->title, sizeof(c->title), _("Déposé : dossier %s"), c->part[0]);
	if (l->done != NULL)
		write_receipt(c, l);
	else
		r = web_redirect(
		    c, e, "/dossier/%/deposer/%", c->part[0], l->id);
	lot_put(c, &l);
	return r;
}

static int
receipt_text(struct web_call *c, struct err *e)
{
	struct lot *l = NULL;
	char name[96];
	int r;

	if ((r = lot_take(c, c->part[0], c->part[1], 0, &l, e)) < 0)
		return r;
	if (*jstr(l->done, "receipt") == '\0')
		r = err_tag(e, ERR_NOT_FOUND, "web-page", "receipt");
	else {
		snprintf(name, sizeof(name),
		    "attachment; filename=\"recu-%.32s.txt\"",
		    jstr(l->done, "ref"));
		c->whole = 1;
		c->rs->status = 200;
		snprintf(c->rs->type, sizeof(c->rs->type),
		    "text/plain; charset=utf-8");
		if ((r = web_header(c, "Content-Disposition", name, e)) == 0)
			r = buf_addstr(
			    &c->rs->body, jstr(l->done, "receipt"), e);
	}
	lot_put(c, &l);
	return r;
}

const struct web_route web_file[] = {
	{ "GET", "/dossier/%/deposer", bring_get, 0 },
	{ "POST", "/dossier/%/deposer", bring_post, WEB_FILES },
	{ "POST", "/dossier/%/deposer/%/annonce", announce_post, 0 },
	{ "PUT", "/dossier/%/deposer/%/morceau/%", piece_put, WEB_RAW },
	{ "GET", "/dossier/%/deposer/%/image/%", image_get, 0 },
	{ "GET", "/dossier/%/deposer/%/ajouter", more_get, 0 },
	{ "GET", "/dossier/%/deposer/%/recu", receipt_get, 0 },
	{ "GET", "/dossier/%/deposer/%/recu.txt", receipt_text, 0 },
	{ "GET", "/dossier/%/deposer/%", review_get, 0 },
	{ "POST", "/dossier/%/deposer/%", review_post, 0 },
	{ 0 },
};
