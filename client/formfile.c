#include "client/formfile.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "client/out.h"
#include "client/upload.h"
#include "client/words.h"

#define SUFFIX ".sceau"

int
formfile_is(const char *path)
{
	size_t n = strlen(path), k = strlen(SUFFIX);

	return n > k && strcmp(path + n - k, SUFFIX) == 0 &&
	       strchr(path, '=') == NULL;
}

static int
key_of(const struct source *s, const char *kase, char key[2 * SHA256_LEN + 1],
    struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	char hex[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];
	int r;

	hex_format(s->sha256, SHA256_LEN, hex);
	if ((r = buf_addf(&text, e, "sceau/form/1\n%u\n%s\n%s\n",
		 (unsigned)getuid(), kase, hex)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, text.p, text.len, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), key);
	return 0;
}

/* Cut, or not covered by a head yet: the same key gives the first answer. */
static int
post(struct cli *c, struct source *s, const char *kase, json_t **answer,
    struct err *e)
{
	AUTO(json_decrefp)
	json_t *body = json_pack("{s:s}", "upload", s->upload);
	AUTO(buf_done) struct buf path = { 0 };
	char key[2 * SHA256_LEN + 1];
	int n, r;

	if (body == NULL)
		return err_set(e, ERR_NOMEM, "form");
	if ((r = key_of(s, kase, key, e)) < 0 ||
	    (r = cli_path(&path, e, "/v1/cases/%/forms", kase)) < 0)
		return r;
	for (n = 1;; n++) {
		if ((r = upload_send(c, s, e)) < 0)
			return r;
		r = cli_call(c, "POST", buf_str(&path), body, key, answer, e);
		if (r == 0 || n == UPLOAD_TRIES ||
		    (r != -(int)ERR_PENDING && !upload_may_retry(c, e)))
			return r;
		upload_pause(n);
	}
}

void
formfile_print_visit(const json_t *j)
{
	json_t *d, *s;
	size_t i;

	json_array_foreach(json_object_get(j, "documents"), i, d)
	{
		printf(_("Déposé : document %s ("), jstr(d, "ref"));
		out_text(stdout, jstr(d, "kind"));
		printf(_("), inscription n° %lld\n"), jint(d, "leaf"));
		if (json_is_true(json_object_get(d, "draft")))
			printf("  %s\n", _("brouillon, à compléter"));
	}
	json_array_foreach(json_object_get(j, "consents"), i, s)
	    printf(_("Consentements : %zu, inscription n° %lld\n"),
		jcount(s, "consents"), jint(s, "leaf"));
	if (json_object_get(j, "refusal") != NULL)
		printf("%s\n", _("Refus du diagnostic inscrit : aucune fiche "
				 "sociale ne sera gardée."));
}

/* What the form says is under its seal. */
static int
check_options(const struct cli *c, const char *const *options, struct err *e)
{
	char name[64];

	for (; *options != NULL; options++) {
		snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(*options, "!"), *options);
		if (cli_option(c, name) != NULL)
			return err_set(e, ERR_USAGE,
			    _("--%s : ce que dit un formulaire scellé ne se "
			      "change pas ici"),
			    name);
	}
	return 0;
}

int
formfile_enter(struct cli *c, const char *kase, struct source *s,
    json_t **answer, struct err *e)
{
	int r;

	if ((r = source_name_upload(s, kase, "form", 0, e)) < 0)
		return r;
	return post(c, s, kase, answer, e);
}

int
formfile_run(struct cli *c, const char *kase, const char *path,
    const char *const *options, struct err *e)
{
	AUTO(source_done) struct source s = { .fd = -1 };
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = check_options(c, options, e)) < 0)
		return r;
	if ((r = source_open(&s, path, e)) < 0 ||
	    (r = formfile_enter(c, kase, &s, &j, e)) < 0)
		return r;
	if (!cli_print_json(c, j))
		formfile_print_visit(j);
	return 0;
}
