/*
 * A refusal on a page says nothing of a command line: options and commands
 * that its sentence tells are left out, the rest stays as it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "client/web/web.h"

static void
what_is_typed_on_a_terminal_is_left_out(void **state)
{
	static const struct {
		const char *tag, *said;
	} rows[] = {
		{ "consent-evidence",
		    "un consentement écrit a sa preuve : un document de ce "
		    "dossier" },
		{ "caller-check", "par téléphone, dites comment la personne a "
				  "été reconnue" },
		{ "purpose-missing", "dites pour quelle finalité" },
		{ "submission-reason",
		    "il faut dire pourquoi : le partenaire le lit" },
		{ "extract-revoked", "cet extrait a été révoqué" },
	};
	char out[WEB_SENTENCE_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		struct err e = { .code = ERR_REFUSED, .tag = rows[i].tag };

		assert_string_equal(web_sentence(&e, out), rows[i].said);
	}
}

static void
an_unknown_refusal_has_a_sentence(void **state)
{
	struct err e = { .code = ERR_REFUSED, .tag = "of-another-vault" };
	char out[WEB_SENTENCE_MAX];

	(void)state;
	assert_true(strlen(web_sentence(&e, out)) > 0);
	assert_null(strstr(out, "--"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_typed_on_a_terminal_is_left_out),
		cmocka_unit_test(an_unknown_refusal_has_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
