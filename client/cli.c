#include "client/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/text.h"
#include "client/messages.h"
#include "client/options.h"

#define SOCKET_DEFAULT "/run/sceau/api.sock"
#define PASSPHRASE_MAX 1024

int
cli_http(struct cli *c, struct http **out, struct err *e)
{
	static char path[512];
	const char *dir = getenv("SCEAU_DIR"), *s = c->socket;
	int r;

	if (c->http == NULL) {
		if (s == NULL && c->host == NULL)
			s = getenv("SCEAU_SOCKET");
		if (s == NULL && c->host == NULL && dir != NULL) {
			snprintf(path, sizeof(path), "%s/run/api.sock", dir);
			s = path;
		}
		if (s == NULL && c->host == NULL)
			s = SOCKET_DEFAULT;
		if ((r = http_open(s, c->host, &c->http, e)) < 0)
			return r;
	}
	*out = c->http;
	return 0;
}

int
cli_call(struct cli *c, const char *method, const char *path,
    const json_t *body, const char *idempotency, json_t **out, struct err *e)
{
	AUTO(http_exchange_done)
	struct http_exchange x = {
		.method = method,
		.path = path,
		.body = body,
		.fd = -1,
		.out_fd = -1,
		.purpose = c->purpose,
		.idempotency = idempotency,
	};
	struct http *h;
	int r;

	if ((r = cli_http(c, &h, e)) < 0 || (r = http_run(h, &x, e)) < 0)
		return r;
	if (x.json == NULL)
		return err_set(e, ERR_UNAVAILABLE, "the answer is not JSON");
	*out = x.json;
	x.json = NULL;
	return 0;
}

int
cli_path(struct buf *out, struct err *e, const char *pattern, ...)
{
	const char *arg;
	va_list ap;
	int r = 0;

	va_start(ap, pattern);
	for (; *pattern != '\0' && r == 0; pattern++) {
		if (*pattern != '%')
			r = buf_add(out, pattern, 1, e);
		else if ((arg = va_arg(ap, const char *)) == NULL)
			r = err_set(e, ERR_INTERNAL, "path");
		else
			r = http_escape(arg, out, e);
	}
	va_end(ap);
	return r;
}

int
cli_print_json(const struct cli *c, const json_t *j)
{
	if (!c->json)
		return 0;
	json_dumpf(j, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	putchar('\n');
	return 1;
}

const char *
jstr(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s != NULL ? s : "";
}

long long
jint(const json_t *j, const char *name)
{
	return (long long)json_integer_value(json_object_get(j, name));
}

const char *
jtime(const json_t *j, const char *name, char out[32])
{
	struct tm tm;
	int64_t ms;
	time_t t;

	out[0] = '\0';
	if (time_parse(jstr(j, name), &ms, NULL) < 0)
		return out;
	t = (time_t)(ms / 1000);
	if (localtime_r(&t, &tm) != NULL)
		strftime(out, 32, "%d/%m/%Y %H:%M", &tm);
	return out;
}

const char *
human_size(unsigned long long n, char out[32])
{
	static const char *const units[] = { N_("octets"), N_("Ko"), N_("Mo"),
		N_("Go") };
	double v = (double)n;
	size_t u = 0;

	while (v >= 1000 && u + 1 < NELEMS(units)) {
		v /= 1000;
		u++;
	}
	snprintf(out, 32, u == 0 ? "%.0f %s" : "%.1f %s", v, _(units[u]));
	return out;
}

/* --- secrets ---------------------------------------------------------- */

/* One line from fd, byte by byte so that nothing after it is consumed. */
static int
read_line(int fd, struct secret *s, size_t *len, struct err *e)
{
	ssize_t n;
	uint8_t b;

	*len = 0;
	while ((n = read(fd, &b, 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, ERR_IO, "passphrase");
		if (b == '\n')
			break;
		if (*len == PASSPHRASE_MAX)
			return err_set(e, ERR_TOO_LARGE,
			    "passphrase over %d bytes", PASSPHRASE_MAX);
		s->p[(*len)++] = b;
	}
	if (*len == 0)
		return err_set(e, ERR_USAGE, "the passphrase is empty");
	return 0;
}

static int
read_tty(const char *prompt, struct secret *s, size_t *len, struct err *e)
{
	struct termios was, quiet;
	AUTO(fd_closep) int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_set(
		    e, ERR_USAGE, "no terminal: use --passphrase-fd");
	(void)!write(fd, prompt, strlen(prompt));
	if (tcgetattr(fd, &was) < 0)
		return err_sys(e, ERR_IO, "terminal");
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(fd, TCSAFLUSH, &quiet) < 0)
		return err_sys(e, ERR_IO, "terminal");
	r = read_line(fd, s, len, e);
	tcsetattr(fd, TCSAFLUSH, &was);
	(void)!write(fd, "\n", 1);
	return r;
}

int
cli_passphrase(int fd, const char *prompt, struct secret *out, struct err *e)
{
	struct secret s = { 0 };
	size_t len;
	int r;

	if ((r = secret_init(&s, PASSPHRASE_MAX, e)) < 0)
		return r;
	r = fd >= 0 ? read_line(fd, &s, &len, e)
		    : read_tty(prompt, &s, &len, e);
	if (r == 0)
		r = secret_copy(out, s.p, len, e);
	secret_done(&s);
	return r;
}

const char *
cli_sentence(const struct err *e)
{
	const char *s = e->tag != NULL ? message_for(e->tag) : NULL;

	if (s == NULL)
		s = message_for(err_code_name(e->code));
	return s != NULL ? _(s) : NULL;
}
