#include "client/approve.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "client/out.h"
#include "client/sign.h"
#include "client/words.h"

#define NAMESPACE "sceau-approval"

int
approve_check(const json_t *j, const char *member, struct err *e)
{
	const char *page = jstr(j, member);
	char hex[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];
	int r;

	if ((r = digest_of(DIGEST_SHA256, page, strlen(page), sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), hex);
	return strcmp(hex, jstr(j, "sha256")) == 0
		   ? 0
		   : err_tag(e, ERR_INTEGRITY, "plan-other", "%s", hex);
}

/* Nobody signs at a terminal what they were not shown there. */
static int
ask(const struct cli *c, const char *page, const char *question, struct err *e)
{
	char line[16] = "";

	if (cli_option(c, "yes") != NULL || !isatty(STDIN_FILENO))
		return 0;
	out_page(stderr, page);
	fprintf(stderr, "\n%s ", question);
	if (fgets(line, sizeof(line), stdin) == NULL ||
	    (strncmp(line, "o", 1) != 0 && strncmp(line, "O", 1) != 0 &&
		strncmp(line, "y", 1) != 0 && strncmp(line, "Y", 1) != 0))
		return err_tag(
		    e, ERR_REFUSED, "not-signed", "%s", _("pas de oui"));
	return 0;
}

int
approve_signature(const struct cli *c, const char *question,
    int (*get)(void *arg, struct buf *page, struct err *e), void *arg,
    struct buf *signature, struct err *e)
{
	const char *file = cli_option(c, "signature");
	const char *key = cli_option(c, "key");
	AUTO(buf_done) struct buf page = { 0 };
	int r;

	if ((file == NULL) == (key == NULL))
		return err_set(
		    e, ERR_USAGE, "%s", _("--signature FICHIER ou --key CLÉ"));
	if (file != NULL)
		return file_read(AT_FDCWD, file, SSHSIG_MAX, signature, e);
	if ((r = get(arg, &page, e)) < 0 ||
	    (r = ask(c, buf_str(&page), question, e)) < 0)
		return r;
	return sign_text(key, NAMESPACE, &page, signature, e);
}

static const char *
name_of(const json_t *approval)
{
	const char *name = jstr(approval, "name");

	return *name != '\0' ? name : jstr(approval, "by");
}

int
approve_print(const json_t *approvals, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char at[32];
	json_t *a;
	size_t i;
	int r;

	if (json_array_size(approvals) == 0)
		return 0;
	if ((r = table_head(&t, e, _("Approuvé par"), _("Rôle"), _("Le"),
		 _("Clé"), "", NULL)) < 0)
		return r;
	json_array_foreach(approvals, i, a)
	{
		if ((r = table_row(&t, e, name_of(a), jword(a, "role"),
			 jtime(a, "at", at), jstr(a, "fingerprint"),
			 json_is_false(json_object_get(a, "counts")) ? _("avis")
								     : "",
			 NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, "");
	return 0;
}
