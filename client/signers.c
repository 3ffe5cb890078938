#include "client/signers.h"

#include <string.h>

#include "base/text.h"
#include "client/out.h"
#include "client/words.h"

#define NUMBER_MAX 80 /* signatures that a document may have */

int
signers_lines(const struct cli *c, struct buf *out, struct err *e)
{
	const char *said;
	int i, r;

	for (i = 0; (said = cli_option_n(c, "signer", i)) != NULL; i++)
		if ((r = buf_addf(out, e, "signer %s\n", said)) < 0)
			return r;
	return 0;
}

static int
wrong(const char *said, struct err *e)
{
	return err_set(e, ERR_USAGE, "--signer %s : %s", said,
	    _("un signataire s'écrit RÔLE=NIVEAU ou RÔLE=NIVEAU:NUMÉRO"));
}

/* ROLE=LEVEL[:NUMBER] */
static int
read_one(const char *said, json_t *list, struct err *e)
{
	const char *eq = strchr(said, '='), *colon;
	uint64_t number = 0;
	json_t *o;

	if (eq == NULL || eq == said || eq[1] == '\0' || eq[1] == ':')
		return wrong(said, e);
	colon = strchr(eq, ':');
	if (colon != NULL &&
	    (text_decimal(colon + 1, strlen(colon + 1), &number, NULL) < 0 ||
		number == 0 || number > NUMBER_MAX))
		return wrong(said, e);
	o = json_pack("{s:s%, s:s%}", "signer", said, (size_t)(eq - said),
	    "level", eq + 1,
	    colon != NULL ? (size_t)(colon - eq - 1) : strlen(eq + 1));
	if (o == NULL)
		return wrong(said, e);
	if ((number > 0 && json_object_set_new(o, "signature",
			       json_integer((json_int_t)number)) < 0) ||
	    json_array_append(list, o) < 0) {
		json_decref(o);
		return err_set(e, ERR_NOMEM, "request");
	}
	json_decref(o);
	return 0;
}

int
signers_member(const struct cli *c, json_t *body, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	const char *said;
	int i, r;

	if (cli_option(c, "signer") == NULL)
		return 0;
	for (i = 0; (said = cli_option_n(c, "signer", i)) != NULL; i++)
		if ((r = read_one(said, list, e)) < 0)
			return r;
	return json_object_set(body, "signers", list) == 0
		   ? 0
		   : err_set(e, ERR_NOMEM, "request");
}

void
signers_print(const json_t *document)
{
	const json_t *proof = json_object_get(document, "proof");
	json_t *s;
	size_t i;

	json_array_foreach(json_object_get(document, "signers"), i, s)
	{
		printf(_("Signé par : "));
		out_text(stdout, jstr(s, "signer"));
		printf(", %s", word_for(jstr(s, "level")));
		if (jint(s, "signature") > 0)
			printf(_(", signature %lld"), jint(s, "signature"));
		putchar('\n');
	}
	if (proof != NULL)
		out_line(stdout, _("Fichier de preuve"), jstr(proof, "name"));
}
