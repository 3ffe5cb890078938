/*
 * sceau extract open: what a recipient got, decrypted, verified, and only
 * then written. Needs no vault and no network.
 */
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/folder.h"
#include "client/open_extract.h"
#include "client/out.h"
#include "client/payload.h"
#include "client/save.h"

#define PEM_MAX 65536
#define CONTAINER_MAX (1u << 30)
#define NAME_BYTES 256

static int
ask_passphrase(void *arg, struct secret *out, struct err *e)
{
	const struct cli *c = arg;
	long long fd = -1;
	int r;

	if ((r = cli_descriptor(c, "passphrase-fd", &fd, e)) < 0)
		return r;
	return cli_passphrase(
	    (int)fd, _("Phrase secrète de la clé : "), out, e);
}

static int
read_pem(
    const struct cli *c, const char *option, struct buf *out, struct err *e)
{
	const char *path;
	int r;

	if ((r = cli_required(c, option, &path, e)) < 0)
		return r;
	return file_read(AT_FDCWD, path, PEM_MAX, out, e);
}

/* The payload of the container, and whose certificate opened it. */
static int
open_container(struct cli *c, const char *path, int64_t now_ms,
    struct buf *payload, uint8_t recipient[SHA256_LEN], struct err *e)
{
	AUTO(buf_done) struct buf key = { 0 }, cert = { 0 }, vault = { 0 };
	AUTO(buf_done) struct buf der = { 0 };
	const struct open_spec s = {
		.key = &key,
		.cert = &cert,
		.vault = &vault,
		.now_ms = now_ms,
		.ask = ask_passphrase,
		.arg = c,
	};
	int r;

	if ((r = read_pem(c, "key", &key, e)) < 0 ||
	    (r = read_pem(c, "cert", &cert, e)) < 0 ||
	    (r = read_pem(c, "vault-cert", &vault, e)) < 0 ||
	    (r = file_read(AT_FDCWD, path, CONTAINER_MAX, &der, e)) < 0)
		return r;
	return open_extract(&s, der.p, der.len, payload, recipient, e);
}

static int
write_attachments(
    struct folder *f, const json_t *content, json_t *files, struct err *e)
{
	char safe[SAVE_NAME_MAX + 1], name[NAME_BYTES];
	json_t *a;
	size_t i;
	int r;

	json_array_foreach(json_object_get(content, "attachments"), i, a)
	{
		AUTO(buf_done) struct buf bytes = { 0 };

		/* Behind a number: two may have one name, or ours. */
		save_name(jstr(a, "name"), safe);
		snprintf(name, sizeof(name), "%02zu-%s", i + 1, safe);
		if ((r = payload_attachment(a, &bytes, e)) < 0 ||
		    (r = folder_write(f, name, bytes.p, bytes.len, 0600, e)) <
			0)
			return r;
		json_array_append_new(files, json_string(name));
	}
	return 0;
}

static int
write_all(struct folder *f, const json_t *whole, const struct buf *text,
    json_t *files, struct err *e)
{
	const json_t *content = json_object_get(whole, "content");
	const char *page = jstr(content, "page");
	const char *cover = jstr(content, "cover");
	int r;

	if ((r = folder_write(f, "extract.json", text->p, text->len, 0600, e)) <
		0 ||
	    (r = folder_write(f, "page.txt", page, strlen(page), 0600, e)) < 0)
		return r;
	json_array_append_new(files, json_string("extract.json"));
	json_array_append_new(files, json_string("page.txt"));
	if (*cover != '\0') {
		if ((r = folder_write(
			 f, "cover.txt", cover, strlen(cover), 0600, e)) < 0)
			return r;
		json_array_append_new(files, json_string("cover.txt"));
	}
	if ((r = write_attachments(f, content, files, e)) < 0)
		return r;
	return folder_commit(f, 0700, e);
}

static void
print_opened(const json_t *content, const char *folder)
{
	char at[32];

	printf("%s\n", _("Extrait authentique, destiné à ce certificat."));
	out_line(stdout, _("Extrait"), jstr(content, "extract"));
	out_line(stdout, _("Coffre"), jstr(content, "vault"));
	out_line(stdout, _("Finalité"), jstr(content, "purpose"));
	out_line(
	    stdout, _("Valable jusqu'au"), jtime(content, "expires_at", at));
	out_line(stdout, _("Enregistré dans"), folder);
	printf(_("À lire : %s/page.txt\n"), folder);
}

static int
open_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(folder_done) struct folder f = { 0 };
	AUTO(buf_done) struct buf payload = { 0 }, text = { 0 };
	AUTO(json_decrefp) json_t *whole = NULL, *j = NULL;
	struct payload_spec s = { .log_key = cli_option(c, "log-key"),
		.now_ms = (int64_t)time(NULL) * 1000 };
	json_t *files;
	const char *folder;
	int r;

	(void)argc;
	if ((r = cli_required(c, "output", &folder, e)) < 0 ||
	    (r = open_container(
		 c, argv[0], s.now_ms, &payload, s.recipient, e)) < 0 ||
	    (r = payload_check(&s, payload.p, payload.len, &whole, &text, e)) <
		0 ||
	    (r = folder_begin(&f, folder, e)) < 0)
		return r;
	files = json_array();
	j = json_pack("{s:O, s:s, s:s, s:o}", "extract",
	    json_object_get(json_object_get(whole, "content"), "extract"),
	    "folder", f.path, "verdict", "GENUINE", "files", files);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if ((r = write_all(&f, whole, &text, files, e)) < 0)
		return r;
	if (!cli_print_json(c, j))
		print_opened(json_object_get(whole, "content"), f.path);
	return 0;
}

static const char *const options[] = { "key", "cert", "vault-cert", "log-key",
	"passphrase-fd", "output", NULL };

const struct cmd cmd_extract_open = {
	.noun = "extract",
	.verb = "open",
	.usage = N_("FICHIER"),
	.about = N_("ouvrir un extrait reçu (destinataires ; sans coffre)"),
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = open_run,
};
