/* sceau check-scan: a second person compares the paper with its scan. */
#include <jansson.h>
#include <unistd.h>

#include "base/text.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/scan.h"
#include "client/sign.h"

static int
check_scan_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 }, signature = { 0 };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *finding, *key;
	int r;

	(void)argc;
	if ((r = cli_required(c, "finding", &finding, e)) < 0 ||
	    (r = cli_required(c, "key", &key, e)) < 0 ||
	    (r = scan_check_text(c, argv[0], finding, &text, e)) < 0)
		return r;
	/* Nobody signs at a terminal what they were not shown there. */
	if (isatty(STDERR_FILENO))
		out_page(stderr, buf_str(&text));
	if ((r = sign_text(key, SCAN_CHECK_NAMESPACE, &text, &signature, e)) <
		0 ||
	    (r = cli_member(body, "finding", finding, e)) < 0 ||
	    (r = cli_member(body, "signature", buf_str(&signature), e)) < 0 ||
	    (r = cli_post(
		 c, body, &j, e, "/v1/documents/%/scan-check", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Vérification inscrite : document %s, version %lld, "
			 "inscription n° %lld\n"),
		    jstr(j, "document"), jint(j, "version"), jint(j, "leaf"));
	return 0;
}

static const char *const options[] = { "finding", "key", NULL };

const struct cmd cmd_check_scan = {
	.noun = "check-scan",
	.usage = N_("DOCUMENT"),
	.about = N_("dire si une numérisation est fidèle au papier (--finding "
		    "faithful ou not, --key CLÉ) : jamais qui a numérisé"),
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = check_scan_run,
};
