#include "client/filed.h"

#include "client/out.h"
#include "client/save.h"
#include "client/words.h"

static void
print_summary(FILE *f, const json_t *j)
{
	char size[32];
	json_t *v;
	size_t i;

	fprintf(f, _("Déposé : document %s, version %lld ("), jstr(j, "ref"),
	    jint(j, "version"));
	out_text(f, jstr(j, "kind"));
	fprintf(f, _(", %s), inscription n° %lld\n"),
	    human_size((unsigned long long)jint(j, "size"), size),
	    jint(j, "leaf"));
	if (json_is_true(json_object_get(j, "draft")))
		fprintf(f,
		    _("Brouillon : il n'est ni compté ni communiqué tant qu'il "
		      "n'est pas complété (sceau file … --replaces %s).\n"),
		    jstr(j, "ref"));
	json_array_foreach(json_object_get(j, "verdicts"), i, v)
	{
		fprintf(f, _("Signature %zu : "), i + 1);
		verdict_print(f, v);
		if (*jstr(v, "signer") != '\0') {
			fputs(", ", f);
			out_text(f, jstr(v, "signer"));
		}
		fputc('\n', f);
	}
}

int
filed_give(const struct cli *c, const json_t *j, struct err *e)
{
	const char *path = cli_option(c, "output"), *text = jstr(j, "receipt");
	int r;

	if (path != NULL && *text != '\0' &&
	    (r = save_bytes(path, cli_option(c, "force") != NULL, text,
		 strlen(text), e)) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	print_summary(path != NULL ? stdout : stderr, j);
	if (*text == '\0')
		fprintf(stderr, "%s\n",
		    _("Le reçu n'est pas encore signé : sceau receipt, "
		      "plus tard."));
	else if (path == NULL)
		fputs(text, stdout);
	return 0;
}
