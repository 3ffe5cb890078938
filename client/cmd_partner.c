/*
 * sceau partner: the forced command of a partner's ssh key. Who it is, is
 * the account that ssh let in: nothing the other side sends says it.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/sandbox.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/partner.h"

#define SOCKET_DEFAULT "/run/sceau/partner.sock"
#define COPY_SIZE 65536
#define SUBMIT_MAX (UINT64_C(16) << 20) /* bytes; the vault's own limit */
#define AUTH_INFO_MAX 65536		/* bytes of sshd's file */
#define KEY_LINE_MAX 16384

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

/*
 * The ssh key that let us in, as sshd wrote it down (ExposeAuthInfo): lines
 * "METHOD PUBLIC-KEY"; the first public key counts. sshd alone sets that
 * variable for a forced command. Nothing readable there: nothing is told,
 * and the vault knows what that means for this account.
 */
static int
find_key(char out[64], struct err *e)
{
	const char *path = getenv("SSH_USER_AUTH"), *s, *line;
	static const char method[] = "publickey ";
	AUTO(buf_done) struct buf text = { 0 }, blob = { 0 };
	char key[KEY_LINE_MAX];
	size_t left, n;

	*out = '\0';
	if (path == NULL ||
	    file_read(AT_FDCWD, path, AUTH_INFO_MAX, &text, NULL) < 0 ||
	    buf_addstr(&text, "\n", NULL) < 0)
		return 0;
	s = buf_str(&text);
	left = text.len;
	while (text_line(&s, &left, &line, &n)) {
		if (n < sizeof(method) || n - sizeof(method) >= sizeof(key) ||
		    memcmp(line, method, sizeof(method) - 1) != 0)
			continue;
		n -= sizeof(method) - 1;
		memcpy(key, line + sizeof(method) - 1, n);
		key[n] = '\0';
		if (ssh_public_parse(key, &blob, NULL) == 0)
			return ssh_fingerprint(blob.p, blob.len, out, e);
	}
	return 0;
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

/* --- submit ------------------------------------------------------------ */

/* All of standard input into memory, and its SHA-256; over the limit the rest
 * is not read. */
static int
take_in(int fd, struct digest *d, uint64_t *size, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	ssize_t n;
	int r;

	if ((r = buf_reserve(&b, COPY_SIZE, e)) < 0)
		return r;
	for (*size = 0;; *size += (uint64_t)n) {
		n = read(STDIN_FILENO, b.p, COPY_SIZE);
		if (n < 0 && errno == EINTR) {
			n = 0;
			continue;
		}
		if (n < 0)
			return err_sys(e, ERR_IO, "submit");
		if (n == 0)
			return 0;
		if ((uint64_t)n > SUBMIT_MAX - *size)
			return err_tag(
			    e, ERR_TOO_LARGE, "submission-size", "submit");
		if ((r = digest_add(d, b.p, (size_t)n, e)) < 0 ||
		    (r = fd_write_all(fd, b.p, (size_t)n, e)) < 0)
			return r;
	}
}

static int
send_body(
    struct cli *c, int fd, uint64_t size, const char *upload, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(http_exchange_done)
	struct http_exchange x = {
		.method = "PUT",
		.fd = fd,
		.length = size,
		.out_fd = -1,
	};
	int r;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, ERR_IO, "submit");
	if ((r = cli_path(&path, e, "/v1/partner/uploads/%/content", upload)) <
	    0)
		return r;
	x.path = buf_str(&path);
	return http_run(c->http, &x, e);
}

/* The vault must have received what we read: its SHA-256 comes back. */
static int
hand_in(struct cli *c, const char *upload, const char *sha256, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	int r;

	if ((r = cli_member(body, "upload", upload, e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/partner/submissions")) < 0)
		return r;
	if (strcmp(jstr(j, "sha256"), sha256) != 0)
		return err_tag(e, ERR_INTEGRITY, "content-changed", "SHA-256");
	return print_answer(c, j);
}

static int
submit(struct cli *c, struct err *e)
{
	AUTO(digest_freep) struct digest *d = NULL;
	AUTO(fd_closep) int fd = -1;
	char upload[ID_TEXT], hex[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];
	struct id id;
	uint64_t size;
	int r;

	if ((r = memfd_new("submit", &fd, e)) < 0 ||
	    (r = digest_new(DIGEST_SHA256, &d, e)) < 0 ||
	    (r = take_in(fd, d, &size, e)) < 0 ||
	    (r = digest_final(d, sum, e)) < 0 || (r = id_random(&id, e)) < 0)
		return r;
	if (size == 0)
		return err_tag(e, ERR_REFUSED, "empty-file", "submit");
	hex_format(sum, sizeof(sum), hex);
	id_format(&id, upload);
	if ((r = send_body(c, fd, size, upload, e)) < 0)
		return r;
	return hand_in(c, upload, hex, e);
}

static int
obey(struct cli *c, const struct partner_command *p, struct err *e)
{
	switch (p->verb) {
	case PARTNER_LIST:
		return ask(c, "/v1/partner/extracts", e);
	case PARTNER_NOTICES:
		return ask(c, "/v1/partner/notices", e);
	case PARTNER_ACK:
		return acknowledge(c, p->id, e);
	case PARTNER_SUBMIT:
		return submit(c, e);
	case PARTNER_PULL:
		break;
	}
	return pull(c, p->id, e);
}

static int
partner_run(struct cli *c, int argc, char **argv, struct err *e)
{
	struct partner_command p;
	char key[64];
	int r;

	(void)argc;
	(void)argv;
	signal(SIGPIPE, SIG_IGN);
	/* A bad line too came with a key; but it never reaches the vault. */
	if ((r = partner_parse(getenv("SSH_ORIGINAL_COMMAND"), &p, e)) < 0 ||
	    (r = find_key(key, e)) < 0 || (r = confine(e)) < 0 ||
	    (r = open_door(c, e)) < 0 ||
	    (*key != '\0' && (r = http_tell_key(c->http, key, e)) < 0))
		return r;
	return obey(c, &p, e);
}

const struct cmd cmd_partner = {
	.noun = "partner",
	.about = N_("la porte des partenaires : commande imposée par ssh"),
	.run = partner_run,
};
