/*
 * sceau partner: the forced command of a partner's ssh key. Who it is, is
 * the account that ssh let in: nothing the other side sends says it.
 */
#include <jansson.h>
#include <signal.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/partner.h"

#define SOCKET_DEFAULT "/run/sceau/partner.sock"
#define COPY_SIZE 65536

/*
 * The forced command's own line says where; then the vault's folder.
 * SCEAU_SOCKET is the staff's and not looked at.
 */
static int
open_door(struct cli *c, struct err *e)
{
	const char *dir = getenv("SCEAU_DIR");
	AUTO(buf_done) struct buf path = { 0 };
	int r;

	if (c->host != NULL)
		return err_set(e, ERR_USAGE, "--host");
	if (c->socket != NULL)
		r = buf_addstr(&path, c->socket, e);
	else if (dir != NULL && *dir != '\0')
		r = buf_addf(&path, e, "%s/run/partner.sock", dir);
	else
		r = buf_addstr(&path, SOCKET_DEFAULT, e);
	if (r < 0)
		return r;
	return http_open(buf_str(&path), NULL, &c->http, e);
}

/* What this program could still do is ask that door, and write. */
static int
confine(struct err *e)
{
	int r;

	if ((r = crypto_init(e)) < 0 ||
	    (r = sandbox_become(geteuid(), getegid(), e)) < 0)
		return r;
	return sandbox_syscalls(SANDBOX_DAEMON, e);
}

/* Programs read this: JSON always. */
static int
print_answer(struct cli *c, const json_t *j)
{
	c->json = 1;
	cli_print_json(c, j);
	return 0;
}

static int
ask(struct cli *c, const char *path, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = cli_get(c, &j, e, path)) < 0)
		return r;
	return print_answer(c, j);
}

static int
acknowledge(struct cli *c, const char *id, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = cli_post(c, NULL, &j, e, "/v1/partner/extracts/%/ack", id)) <
	    0)
		return r;
	return print_answer(c, j);
}

static int
give(int from, uint64_t size, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	uint64_t at;
	size_t n;
	int r;

	if ((r = buf_reserve(&b, COPY_SIZE, e)) < 0)
		return r;
	for (at = 0; at < size; at += n) {
		n = size - at < COPY_SIZE ? (size_t)(size - at) : COPY_SIZE;
		if ((r = fd_pread_all(from, b.p, n, at, e)) < 0 ||
		    (r = fd_write_all(STDOUT_FILENO, b.p, n, e)) < 0)
			return r;
	}
	return 0;
}

/* Not one byte leaves before all have arrived and are what the vault said. */
static int
pull(struct cli *c, const char *id, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(digest_freep) struct digest *d = NULL;
	AUTO(fd_closep) int fd = -1;
	AUTO(http_exchange_done)
	struct http_exchange x = { .method = "GET", .fd = -1 };
	char hex[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];
	off_t size;
	int r;

	if ((r = cli_path(&path, e, "/v1/partner/extracts/%/content", id)) <
		0 ||
	    (r = memfd_new("extract", &fd, e)) < 0 ||
	    (r = digest_new(DIGEST_SHA256, &d, e)) < 0)
		return r;
	x.path = buf_str(&path);
	x.out_fd = fd;
	x.digest = d;
	if ((r = http_run(c->http, &x, e)) < 0 ||
	    (r = digest_final(d, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), hex);
	if (strcmp(hex, x.sha256) != 0)
		return err_tag(e, ERR_INTEGRITY, "content-changed", "SHA-256");
	if ((size = lseek(fd, 0, SEEK_END)) <= 0)
		return err_tag(e, ERR_INCOMPLETE, "cut", "0");
	return give(fd, (uint64_t)size, e);
}

static int
partner_run(struct cli *c, int argc, char **argv, struct err *e)
{
	struct partner_command p;
	int r;

	(void)argc;
	(void)argv;
	signal(SIGPIPE, SIG_IGN);
	if ((r = partner_parse(getenv("SSH_ORIGINAL_COMMAND"), &p, e)) < 0)
		return r;
	if (p.verb == PARTNER_SUBMIT)
		return err_tag(e, ERR_USAGE, "partner-submit", "submit");
	if ((r = confine(e)) < 0 || (r = open_door(c, e)) < 0)
		return r;
	switch (p.verb) {
	case PARTNER_LIST:
		return ask(c, "/v1/partner/extracts", e);
	case PARTNER_NOTICES:
		return ask(c, "/v1/partner/notices", e);
	case PARTNER_ACK:
		return acknowledge(c, p.id, e);
	default:
		return pull(c, p.id, e);
	}
}

const struct cmd cmd_partner = {
	.noun = "partner",
	.about = N_("la porte des partenaires : commande imposée par ssh"),
	.run = partner_run,
};
