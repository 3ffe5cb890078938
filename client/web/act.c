#include "client/web/act.h"

#include <stdarg.h>

#include "base/file.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "client/upload.h"
#include "client/web/control.h"

/* A pattern's path, as cli_path makes it. */
static int
path_of(struct buf *out, const char *pattern, va_list ap, struct err *e)
{
	int r = 0;

	for (; *pattern != '\0' && r == 0; pattern++)
		r = *pattern == '%'
			? http_escape(va_arg(ap, const char *), out, e)
			: buf_add(out, pattern, 1, e);
	return r;
}

int
web_post_once(struct web_call *c, const json_t *body, json_t **out,
    struct err *e, const char *pattern, ...)
{
	AUTO(buf_done) struct buf path = { 0 };
	const char *key = web_once_key(c);
	va_list ap;
	int n, r;

	if (key == NULL)
		return err_tag(e, ERR_INVALID, "web-form", "key");
	va_start(ap, pattern);
	r = path_of(&path, pattern, ap, e);
	va_end(ap);
	if (r < 0)
		return r;
	for (n = 1;; n++) {
		r = cli_call(
		    &c->cli, "POST", buf_str(&path), body, key, out, e);
		/* A statement holds for one try: a second has its own. */
		if (r == 0 || n == UPLOAD_TRIES || c->cli.step_up.len > 0 ||
		    (r != -ERR_PENDING && !upload_may_retry(&c->cli, e)))
			return r;
		upload_pause(n);
	}
}

/* --- refusals --------------------------------------------------------------
 */

static const char *
field_of(const struct err *e, const struct web_fault *map)
{
	if (e == NULL || e->tag == NULL)
		return NULL;
	/* The field that was left empty is named by the error itself. */
	if (strcmp(e->tag, "web-missing") == 0)
		return e->text;
	for (; map != NULL && map->tag != NULL; map++)
		if (strcmp(map->tag, e->tag) == 0)
			return map->field;
	return NULL;
}

int
web_again(struct web_call *c, const struct err *refused, enum err_code also,
    int (*page)(struct web_call *c, const struct err *refused, struct err *e),
    struct err *e)
{
	if (web_is_theirs(refused) || (also != ERR_OK && refused->code == also))
		return page(c, refused, e);
	*e = *refused;
	return -(int)e->code;
}

void
web_refused(
    struct web_call *c, const struct err *e, const struct web_fault *map)
{
	const char *field = field_of(e, map);

	c->status = 422;
	web_error(c, e);
	if (field != NULL)
		html(&c->h, "<p><a href=\"#%s\">%s</a></p>", field,
		    _("Aller au champ concerné"));
}

const char *
web_fault_at(struct web_call *c, const struct err *e,
    const struct web_fault *map, const char *field)
{
	const char *at = field_of(e, map);

	return at != NULL && strcmp(at, field) == 0
		   ? web_sentence(e, c->sentence)
		   : NULL;
}

/* --- pieces of pages ---------------------------------------------------------
 */

void
web_sheet(struct web_call *c, const char *label, const char *text)
{
	html(&c->h,
	    "<pre class=\"sheet\" tabindex=\"0\" role=\"region\" "
	    "aria-label=\"%s\">\n%s</pre>",
	    label, text);
}

void
web_box(struct web_call *c, const char *type, const char *name,
    const char *value, const char *label, int checked, const char *id)
{
	if (web_is_post(c))
		checked = web_is(c, name, value);
	html(&c->h,
	    "<label class=\"choice\"><input type=\"%s\" id=\"%s\" "
	    "name=\"%s\" value=\"%s\"",
	    type, id, name, value);
	html(&c->h, "%s> %s</label> ", checked ? " checked" : "", label);
}

int
web_download(struct web_call *c, const char *name, const char *type,
    const struct buf *bytes, struct err *e)
{
	char line[128];
	int r;

	c->whole = 1;
	c->sandbox = 1;
	c->rs->status = 200;
	snprintf(c->rs->type, sizeof(c->rs->type), "%s", type);
	snprintf(line, sizeof(line), "attachment; filename=\"%s\"", name);
	if ((r = web_header(c, "Content-Disposition", line, e)) < 0)
		return r;
	return buf_add(&c->rs->body, bytes->p, bytes->len, e);
}

/* --- signing elsewhere ------------------------------------------------- */

void
web_sign_begin(
    struct web_call *c, const char *target, const char *name, const char *space)
{
	struct html *h = &c->h;

	html(h, "<section><h2>%s</h2><ol><li><p>%s</p>", _("Signer"),
	    _("Téléchargez la page, à l'octet près :"));
	html(h,
	    "<p><a class=\"button second\" href=\"%s\" download=\"%s\">%s</a>"
	    "</p></li>",
	    target, name, name);
	html(h,
	    "<li><p>%s</p><pre tabindex=\"0\"><code>ssh-keygen -Y sign -n "
	    "%s -f ~/.ssh/id_ed25519 %s</code></pre>",
	    _("Signez-la avec votre clé, là où elle est :"), space, name);
	html(h, "<p class=\"hint\">%s</p></li><li><p>%s</p>",
	    _("La clé ne vient jamais ici : seule la signature, le fichier "
	      ".sig, est remise."),
	    _("Remettez la signature :"));
}

void
web_sign_end(struct web_call *c, const char *file, const char *text,
    const char *wrong, const char *button)
{
	html(&c->h,
	    "<div class=\"field\"><label for=\"%s\">%s</label>"
	    "<input type=\"file\" id=\"%s\" name=\"%s\"></div>",
	    file, _("Le fichier .sig"), file, file);
	web_input(c, &(struct web_control){ .name = text,
			 .type = "area",
			 .label = _("Ou son texte, collé"),
			 .wrong = wrong,
			 .hint = _("de « -----BEGIN SSH SIGNATURE----- » à "
				   "« -----END SSH SIGNATURE----- »") });
	html(&c->h, "<p><button>%s</button></p></form></li></ol></section>",
	    button);
}

/* It goes into JSON or a header: only text can be one. */
static int
read_signature(const struct web_file *f, struct buf *out, struct err *e)
{
	int r;

	if (f->size > SSHSIG_MAX)
		return err_tag(e, ERR_REFUSED, "approval-signature",
		    "over %d bytes", SSHSIG_MAX);
	if ((r = fd_read_to_end(f->fd, SSHSIG_MAX, out, e)) < 0)
		return r;
	return memchr(out->p, '\0', out->len) == NULL &&
		       utf8_is_valid(out->p, out->len)
		   ? 0
		   : err_tag(e, ERR_REFUSED, "approval-signature", "no text");
}

int
web_signature(struct web_call *c, const char *file, const char *text,
    struct buf *out, struct err *e)
{
	const char *pasted = web_said(c, text);
	size_t i;

	for (i = 0; i < c->nfiles; i++)
		if (strcmp(c->files[i].field, file) == 0)
			return read_signature(&c->files[i], out, e);
	if (pasted == NULL)
		return err_tag(e, ERR_INVALID, "web-missing", "%s", text);
	return buf_addf(out, e, "%s\n", pasted);
}

void
web_back_to_case(struct web_call *c, const char *ref)
{
	html(&c->h, "<p class=\"back\"><a href=\"/dossier/%s\">%s %s</a></p>",
	    ref, _("Retour au dossier"), ref);
}
