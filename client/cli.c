#include "client/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <termios.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "client/messages.h"
#include "client/options.h"
#include "client/save.h"

#define SOCKET_DEFAULT "/run/sceau/api.sock"
#define PASSPHRASE_MAX 1024
#define JSON_FILE_MAX (1u << 20)

/* The path of api.sock on this machine. */
static int
api_socket(const struct cli *c, struct buf *out, struct err *e)
{
	const char *dir = getenv("SCEAU_DIR"), *s = c->socket;

	if (s == NULL)
		s = getenv("SCEAU_SOCKET");
	if (s == NULL && dir != NULL && *dir != '\0')
		return buf_addf(out, e, "%s/run/api.sock", dir);
	return buf_addstr(out, s != NULL ? s : SOCKET_DEFAULT, e);
}

int
cli_http(struct cli *c, struct http **out, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	int r;

	if (c->http == NULL) {
		if (c->host == NULL && (r = api_socket(c, &path, e)) < 0)
			return r;
		r = http_open(c->host == NULL ? buf_str(&path) : NULL, c->host,
		    &c->http, e);
		if (r < 0)
			return r;
	}
	*out = c->http;
	return 0;
}

int
cli_socket(
    const struct cli *c, const char *name, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf api = { 0 };
	const char *s, *slash;
	int r;

	if (c->host != NULL)
		return err_set(e, ERR_USAGE, "%s",
		    _("cette commande s'exécute sur la machine du coffre"));
	if ((r = api_socket(c, &api, e)) < 0)
		return r;
	s = buf_str(&api);
	slash = strrchr(s, '/');
	if ((r = buf_add(
		 out, s, slash != NULL ? (size_t)(slash + 1 - s) : 0, e)) < 0)
		return r;
	return buf_addstr(out, name, e);
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
		.step_up = c->step_up.len > 0 ? buf_str(&c->step_up) : NULL,
	};
	struct http *h;
	int r;

	if ((r = cli_http(c, &h, e)) < 0 || (r = http_run(h, &x, e)) < 0)
		return r;
	if (x.json == NULL)
		return err_tag(e, ERR_UNAVAILABLE, "answer", "JSON");
	c->status = x.status;
	*out = x.json;
	x.json = NULL;
	return 0;
}

static int
vpath(struct buf *out, struct err *e, const char *pattern, va_list ap)
{
	const char *arg;
	int r = 0;

	for (; *pattern != '\0' && r == 0; pattern++) {
		if (*pattern != '%')
			r = buf_add(out, pattern, 1, e);
		else if ((arg = va_arg(ap, const char *)) == NULL)
			r = err_set(e, ERR_INTERNAL, "path");
		else if (*arg == '\0')
			r = err_set(e, ERR_USAGE, "%s", _("argument vide"));
		else
			r = http_escape(arg, out, e);
	}
	return r;
}

int
cli_path(struct buf *out, struct err *e, const char *pattern, ...)
{
	va_list ap;
	int r;

	va_start(ap, pattern);
	r = vpath(out, e, pattern, ap);
	va_end(ap);
	return r;
}

int
cli_query(struct buf *path, const char *name, const char *value, struct err *e)
{
	int r;

	if (value == NULL)
		return 0;
	if ((r = buf_addf(path, e, "%c%s=",
		 strchr(buf_str(path), '?') == NULL ? '?' : '&', name)) < 0)
		return r;
	return http_escape(value, path, e);
}

int
cli_get(struct cli *c, json_t **out, struct err *e, const char *pattern, ...)
{
	AUTO(buf_done) struct buf path = { 0 };
	va_list ap;
	int r;

	va_start(ap, pattern);
	r = vpath(&path, e, pattern, ap);
	va_end(ap);
	if (r < 0)
		return r;
	return cli_call(c, "GET", buf_str(&path), NULL, NULL, out, e);
}

int
cli_post(struct cli *c, const json_t *body, json_t **out, struct err *e,
    const char *pattern, ...)
{
	AUTO(json_decrefp) json_t *empty = json_object();
	AUTO(buf_done) struct buf path = { 0 };
	va_list ap;
	int r;

	va_start(ap, pattern);
	r = vpath(&path, e, pattern, ap);
	va_end(ap);
	if (r < 0)
		return r;
	return cli_call(c, "POST", buf_str(&path), body != NULL ? body : empty,
	    NULL, out, e);
}

/* All of it, when it is of this type and has no NUL. */
static int
get_as(struct cli *c, const char *path, const char *type, struct buf *out,
    struct err *e)
{
	AUTO(http_exchange_done)
	struct http_exchange x = {
		.method = "GET",
		.path = path,
		.fd = -1,
		.out_fd = -1,
		.purpose = c->purpose,
	};
	struct http *h;
	int r;

	if ((r = cli_http(c, &h, e)) < 0 || (r = http_run(h, &x, e)) < 0)
		return r;
	if (strncmp(x.type, type, strlen(type)) != 0 ||
	    strlen(buf_str(&x.text)) != x.text.len)
		return err_tag(e, ERR_UNAVAILABLE, "answer", "%s", x.type);
	return buf_add(out, x.text.p, x.text.len, e);
}

int
cli_get_text(struct cli *c, const char *path, struct buf *out, struct err *e)
{
	return get_as(c, path, "text/plain", out, e);
}

int
cli_get_content(struct cli *c, const char *path, struct buf *out, struct err *e)
{
	return get_as(c, path, "application/octet-stream", out, e);
}

int
cli_required(
    const struct cli *c, const char *name, const char **out, struct err *e)
{
	const char *s = cli_option(c, name);

	if (s == NULL || *s == '\0')
		return err_set(e, ERR_USAGE, _("l'option --%s manque"), name);
	*out = s;
	return 0;
}

int
cli_number(const struct cli *c, const char *name, long long max, long long *out,
    struct err *e)
{
	const char *s = cli_option(c, name);
	uint64_t v;

	if (s == NULL)
		return 0;
	if (text_decimal(s, strlen(s), &v, NULL) < 0 || v < 1 ||
	    v > (uint64_t)max)
		return err_set(e, ERR_USAGE,
		    _("--%s : un nombre de 1 à %lld est attendu"), name, max);
	*out = (long long)v;
	return 0;
}

int
cli_descriptor(
    const struct cli *c, const char *name, long long *out, struct err *e)
{
	const char *s = cli_option(c, name);
	uint64_t v;

	if (s == NULL)
		return 0;
	if (text_decimal(s, strlen(s), &v, NULL) < 0 || v > INT32_MAX)
		return err_set(e, ERR_USAGE,
		    _("--%s : un numéro de descripteur est attendu"), name);
	*out = (long long)v;
	return 0;
}

int
cli_member(json_t *o, const char *member, const char *value, struct err *e)
{
	if (value == NULL)
		return 0;
	if (!utf8_is_valid(value, strlen(value)))
		return err_set(e, ERR_USAGE, "%s: %s", member,
		    _("ce texte n'est pas en UTF-8"));
	if (json_object_set_new(o, member, json_string(value)) < 0)
		return err_set(e, ERR_NOMEM, "request");
	return 0;
}

int
cli_members(const struct cli *c, const char *name, json_t *o,
    const char *member, struct err *e)
{
	const char *s;
	json_t *a;
	int i;

	if (cli_option(c, name) == NULL)
		return 0;
	if ((a = json_array()) == NULL || json_object_set_new(o, member, a) < 0)
		return err_set(e, ERR_NOMEM, "request");
	for (i = 0; (s = cli_option_n(c, name, i)) != NULL; i++)
		if (json_array_append_new(a, json_string(s)) < 0)
			return err_set(e, ERR_USAGE, "%s: %s", member,
			    _("ce texte n'est pas en UTF-8"));
	return 0;
}

int
cli_json_file(const char *path, json_t **out, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	json_error_t je;
	json_t *j;
	int r;

	r = strcmp(path, "-") == 0
		? fd_read_to_end(STDIN_FILENO, JSON_FILE_MAX, &text, e)
		: file_read(AT_FDCWD, path, JSON_FILE_MAX, &text, e);
	if (r < 0)
		return r;
	j = json_loadb(buf_str(&text), text.len, JSON_REJECT_DUPLICATES, &je);
	if (j == NULL)
		return err_set(
		    e, ERR_INVALID, "%s:%d: %s", path, je.line, je.text);
	if (!json_is_object(j)) {
		json_decref(j);
		return err_set(e, ERR_INVALID, "%s: %s", path,
		    _("un objet JSON est attendu"));
	}
	*out = j;
	return 0;
}

int
cli_give_text(const struct cli *c, const char *member, const struct buf *text,
    struct err *e)
{
	const char *path = cli_option(c, "output");
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if (path != NULL &&
	    (r = save_bytes(path, cli_option(c, "force") != NULL, text->p,
		 text->len, e)) < 0)
		return r;
	if (c->json) {
		j = json_pack(
		    "{s:s%}", member, (const char *)text->p, text->len);
		if (j == NULL)
			return err_set(e, ERR_NOMEM, "answer");
		cli_print_json(c, j);
	} else if (path == NULL && text->len > 0) {
		fwrite(text->p, 1, text->len, stdout);
	}
	return 0;
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

json_t *
jat(const json_t *j, const char *name, size_t i)
{
	return json_array_get(json_object_get(j, name), i);
}

size_t
jcount(const json_t *j, const char *name)
{
	return json_array_size(json_object_get(j, name));
}

const char *
jlist(const json_t *j, const char *name, char *out, size_t size)
{
	size_t i, n = 0;
	const char *s;

	out[0] = '\0';
	for (i = 0; i < jcount(j, name) && n < size; i++) {
		s = json_string_value(jat(j, name, i));
		n += (size_t)snprintf(out + n, size - n, "%s%s",
		    i > 0 ? ", " : "", s != NULL ? s : "?");
	}
	return out;
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
jdate(const json_t *j, const char *name, char out[32])
{
	struct civil_date d;
	int32_t day;

	out[0] = '\0';
	if (date_parse(jstr(j, name), &day, NULL) < 0)
		return out;
	d = civil_date(day);
	snprintf(out, 32, "%02d/%02d/%04d", d.day, d.month, d.year);
	return out;
}

const char *
jlast_day(const json_t *j, const char *name, char out[32])
{
	struct tm tm;
	int64_t ms;
	time_t t;

	out[0] = '\0';
	if (time_parse(jstr(j, name), &ms, NULL) < 0)
		return out;
	/* A term ends at the midnight that begins the day after. */
	t = (time_t)((ms - 1) / 1000);
	if (localtime_r(&t, &tm) != NULL)
		strftime(out, 32, "%d/%m/%Y", &tm);
	return out;
}

const char *
human_size(unsigned long long n, char out[32])
{
	static const char *const units[] = { N_("octets"), N_("ko"), N_("Mo"),
		N_("Go") };
	unsigned long long unit = 1;
	size_t u = 0;

	while (n / unit >= 1000 && u + 1 < NELEMS(units)) {
		unit *= 1000;
		u++;
	}
	if (u == 0)
		snprintf(out, 32, "%llu %s", n, _(units[u]));
	else
		/* The decimal sign of the language. */
		snprintf(out, 32, _("%llu,%llu %s"), n / unit,
		    n % unit * 10 / unit, _(units[u]));
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
			    _("phrase secrète de plus de %d octets"),
			    PASSPHRASE_MAX);
		s->p[(*len)++] = b;
	}
	if (*len == 0)
		return err_set(
		    e, ERR_USAGE, "%s", _("la phrase secrète est vide"));
	return 0;
}

static int
read_tty(const char *prompt, struct secret *s, size_t *len, struct err *e)
{
	struct termios was, quiet;
	AUTO(fd_closep) int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_set(e, ERR_USAGE, "%s",
		    _("pas de terminal : --passphrase-fd N"));
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
