#include "client/scan.h"

#include <string.h>
#include <time.h>

#include "base/text.h"
#include "client/out.h"
#include "client/sign.h"
#include "client/words.h"

static const char *const said[] = { "device", "resolution", "sheets",
	"scanned-at", "paper-at", "originals", "given-to" };

int
scan_options_check(const struct cli *c, struct err *e)
{
	size_t i;

	if (cli_option(c, "sign-key") != NULL)
		return 0;
	for (i = 0; i < NELEMS(said); i++)
		if (cli_option(c, said[i]) != NULL)
			return err_set(e, ERR_USAGE,
			    _("--%s : la provenance d'une numérisation se "
			      "signe (--sign-key CLÉ)"),
			    said[i]);
	return 0;
}

int
scan_options_lines(const struct cli *c, struct buf *out, struct err *e)
{
	const char *value;
	size_t i;
	int n, r;

	if (cli_option(c, "sign-key") == NULL)
		return 0;
	for (i = 0; i < NELEMS(said); i++)
		for (n = 0; (value = cli_option_n(c, said[i], n)) != NULL; n++)
			if ((r = buf_addf(out, e, "%s %s\n", said[i], value)) <
			    0)
				return r;
	return 0;
}

/* --- the page ------------------------------------------------------------- */

static int
read_numbers(const struct cli *c, struct scan_page *p, int files, struct err *e)
{
	long long resolution = 0, pages = files, originals = 0;
	int r;

	if ((r = cli_number(
		 c, "resolution", SCAN_RESOLUTION_MAX, &resolution, e)) < 0 ||
	    (r = cli_number(c, "sheets", SCAN_PAGES_MAX, &pages, e)) < 0 ||
	    (r = cli_number(
		 c, "originals", SCAN_ORIGINALS_MAX, &originals, e)) < 0)
		return r;
	p->resolution = (uint32_t)resolution;
	p->pages = (uint32_t)pages;
	p->originals = (uint32_t)originals;
	return 0;
}

static int
read_holders(const struct cli *c, struct scan_page *p, struct err *e)
{
	const char *who;

	while ((who = cli_option_n(c, "given-to", (int)p->ngiven)) != NULL) {
		if (p->ngiven == SCAN_ORIGINALS_MAX)
			return err_set(e, ERR_USAGE,
			    _("--given-to : plus de %d exemplaires"),
			    SCAN_ORIGINALS_MAX);
		p->given_to[p->ngiven++] = who;
	}
	return 0;
}

static int
read_time(const struct cli *c, struct scan_page *p, struct err *e)
{
	const char *at = cli_option(c, "scanned-at");

	p->at_ms = (int64_t)time(NULL) * 1000;
	if (at != NULL && time_parse(at, &p->at_ms, NULL) < 0)
		return err_set(e, ERR_USAGE, "--scanned-at: %s",
		    _("une date et une heure AAAA-MM-JJTHH:MM:SSZ"));
	return 0;
}

static int
read_page(const struct cli *c, struct scan_page *p, int files, struct err *e)
{
	const char *originals;
	int r;

	if ((r = cli_required(c, "device", &p->device, e)) < 0 ||
	    (r = cli_required(c, "paper-at", &p->paper_at, e)) < 0 ||
	    (r = cli_required(c, "originals", &originals, e)) < 0 ||
	    (r = read_numbers(c, p, files, e)) < 0 ||
	    (r = read_holders(c, p, e)) < 0)
		return r;
	return read_time(c, p, e);
}

static int
add_members(const struct cli *c, const struct scan_page *p,
    const struct buf *signature, json_t *o, struct err *e)
{
	char at[TIME_TEXT];
	int r;

	time_format(p->at_ms, at);
	if ((r = cli_member(o, "scanned_at", at, e)) < 0 ||
	    (r = cli_member(o, "device", p->device, e)) < 0 ||
	    (r = cli_member(o, "paper_at", p->paper_at, e)) < 0 ||
	    (r = cli_members(c, "given-to", o, "given_to", e)) < 0 ||
	    (r = cli_member(o, "signature",
		 buf_str((struct buf *)(uintptr_t)signature), e)) < 0)
		return r;
	if (json_object_set_new(
		o, "resolution", json_integer((json_int_t)p->resolution)) < 0 ||
	    json_object_set_new(
		o, "pages", json_integer((json_int_t)p->pages)) < 0 ||
	    json_object_set_new(
		o, "originals", json_integer((json_int_t)p->originals)) < 0)
		return err_set(e, ERR_NOMEM, "request");
	return 0;
}

int
scan_member(struct cli *c, json_t *body, const uint8_t document[SHA256_LEN],
    int files, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 }, signature = { 0 };
	AUTO(json_decrefp) json_t *status = NULL;
	const char *key = cli_option(c, "sign-key");
	struct scan_page p = { 0 };
	json_t *o;
	int r;

	if (key == NULL)
		return 0;
	memcpy(p.sha256, document, SHA256_LEN);
	if ((r = read_page(c, &p, files, e)) < 0 ||
	    (r = cli_get(c, &status, e, "/v1/status")) < 0)
		return r;
	p.by = jstr(status, "account");
	if ((r = scan_page_format(&p, &text, e)) < 0 ||
	    (r = sign_text(key, SCAN_NAMESPACE, &text, &signature, e)) < 0)
		return r;
	if ((o = json_object()) == NULL ||
	    json_object_set_new(body, "provenance", o) < 0)
		return err_set(e, ERR_NOMEM, "request");
	return add_members(c, &p, &signature, o, e);
}

/* --- the check ----------------------------------------------------------- */

int
scan_check_text(struct cli *c, const char *document, const char *finding,
    struct buf *text, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL, *status = NULL;
	struct scan_check_page p = { .finding = finding };
	const char *hex;
	int r;

	if (!scan_finding_is_known(finding))
		return err_set(
		    e, ERR_USAGE, "%s", _("--finding faithful ou not"));
	if ((r = cli_get(c, &j, e, "/v1/documents/%", document)) < 0 ||
	    (r = cli_get(c, &status, e, "/v1/status")) < 0)
		return r;
	/* An erased one has no digest: the vault says so when it is asked. */
	hex = jstr(j, "sha256");
	if (strlen(hex) == (size_t)2 * SHA256_LEN &&
	    hex_parse(hex, p.sha256, SHA256_LEN, NULL) < 0)
		return err_tag(e, ERR_UNAVAILABLE, "answer", "sha256");
	if (id_parse(jstr(j, "document"), &p.document, NULL) < 0)
		return err_tag(e, ERR_UNAVAILABLE, "answer", "document");
	p.version = (uint32_t)jint(j, "version");
	p.by = jstr(status, "account");
	return scan_check_page_format(&p, text, e);
}

/* --- shown ---------------------------------------------------------------- */

static void
print_provenance(const json_t *p)
{
	char at[32];
	json_t *who;
	size_t i;

	printf(_("Numérisé le %s par "), jtime(p, "scanned_at", at));
	out_text(stdout, jstr(p, "scanned_by"));
	printf(" (%s)\n", jstr(p, "fingerprint"));
	out_line(stdout, _("    appareil"), jstr(p, "device"));
	if (jint(p, "resolution") > 0)
		printf(_("    résolution : %lld ppp\n"), jint(p, "resolution"));
	printf(_("    pages : %lld\n"), jint(p, "pages"));
	out_line(stdout, _("    papier gardé"), jstr(p, "paper_at"));
	printf(_("    originaux : %lld\n"), jint(p, "originals"));
	json_array_foreach(json_object_get(p, "given_to"), i, who)
	    out_line(stdout, _("    remis à"), json_string_value(who));
}

static void
print_check(const json_t *s)
{
	const char *state = jstr(s, "state");
	char at[32];

	if (strcmp(state, "unchecked") == 0) {
		printf("%s\n",
		    _("Numérisation non vérifiée : une deuxième personne la "
		      "compare au papier (sceau check-scan)."));
		return;
	}
	if (strcmp(state, "faithful") == 0)
		printf(_("Vérifiée, fidèle, le %s par "),
		    jtime(s, "checked_at", at));
	else
		printf(_("Vérifiée, PAS fidèle, le %s par "),
		    jtime(s, "checked_at", at));
	out_text(stdout, jstr(s, "checked_by"));
	printf(_(", inscription n° %lld\n"), jint(s, "leaf"));
}

void
scan_print(const json_t *document)
{
	const json_t *p = json_object_get(document, "provenance");
	const json_t *s = json_object_get(document, "scan_check");

	if (p != NULL)
		print_provenance(p);
	if (s != NULL)
		print_check(s);
}
