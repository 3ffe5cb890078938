#include "base/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

#define SETTINGS_MAX 65536	    /* bytes of vault.conf */
#define ACCOUNT_MAX 16384	    /* bytes of a passwd entry */
#define INSPECT_MAX (128ULL << 20)  /* of all inspected files at a time */
#define FILE_LIMIT_MAX (1ULL << 40) /* no file of ours is larger */
#define RESERVE_MAX (1ULL << 40)
#define DEFAULT_INSPECT 33554432ULL /* 32 MiB */
#define DEFAULT_FILE 1073741824ULL  /* 1 GiB */
#define DEFAULT_RESERVE 67108864ULL /* 64 MiB */

/* Decimal digits alone: no sign, no space, nothing after them. */
static int
parse_number(
    const char *v, uint64_t min, uint64_t max, uint64_t *out, struct err *e)
{
	uint64_t n = 0;
	const char *c;

	for (c = v; *c >= '0' && *c <= '9'; c++) {
		if (n > (UINT64_MAX - 9) / 10)
			break;
		n = n * 10 + (uint64_t)(*c - '0');
	}
	if (c == v || *c != '\0')
		return err_set(e, ERR_INVALID, "not a number of bytes");
	if (n < min || n > max)
		return err_set(e, ERR_INVALID,
		    "not between %" PRIu64 " and %" PRIu64, min, max);
	*out = n;
	return 0;
}

/* The account named v, or of uid when v is NULL. *found 0: there is none. */
static int
find_account(const char *v, uid_t uid, struct passwd *pw, char *room,
    int *found, struct err *e)
{
	struct passwd *got = NULL;
	int sys;

	do
		sys = v != NULL ? getpwnam_r(v, pw, room, ACCOUNT_MAX, &got)
				: getpwuid_r(uid, pw, room, ACCOUNT_MAX, &got);
	while (sys == EINTR);
	*found = got != NULL;
	if (got != NULL || sys == 0 || sys == ENOENT || sys == ESRCH)
		return 0;
	return err_set(e, ERR_INTERNAL, "account data base: %s", strerror(sys));
}

/* A number is a uid whose account need not exist: its group is the same. */
static int
parse_uid(const char *v, uid_t *uid, gid_t *gid, struct err *e)
{
	AUTO(mem_freep) char *room = malloc(ACCOUNT_MAX);
	struct passwd pw;
	uint64_t n = 0;
	int found, r, is_number = strspn(v, "0123456789") == strlen(v);

	if (room == NULL)
		return err_set(e, ERR_NOMEM, "account");
	if (is_number && (r = parse_number(v, 0, UINT32_MAX - 1, &n, e)) < 0)
		return r;
	if ((r = find_account(
		 is_number ? NULL : v, (uid_t)n, &pw, room, &found, e)) < 0)
		return r;
	if (!found && !is_number)
		return err_set(e, ERR_INVALID, "no such account");
	*uid = found ? pw.pw_uid : (uid_t)n;
	*gid = found ? pw.pw_gid : (gid_t)n;
	return 0;
}

static int
set_vault(struct settings *s, const char *v, struct err *e)
{
	return id_parse(v, &s->vault, e);
}

/* A C2SP signed note's key name: printable, without space or plus. */
static int
set_origin(struct settings *s, const char *v, struct err *e)
{
	const char *c;

	for (c = v; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == '+')
			return err_set(e, ERR_INVALID,
			    "characters that an origin may not have");
	if ((size_t)(c - v) >= sizeof(s->origin))
		return err_set(e, ERR_INVALID, "over %zu characters",
		    sizeof(s->origin) - 1);
	memcpy(s->origin, v, (size_t)(c - v) + 1);
	return 0;
}

static int
set_uid_daemon(struct settings *s, const char *v, struct err *e)
{
	return parse_uid(v, &s->uid_daemon, &s->gid_daemon, e);
}

static int
set_uid_keys(struct settings *s, const char *v, struct err *e)
{
	return parse_uid(v, &s->uid_keys, &s->gid_keys, e);
}

static int
set_uid_inspect(struct settings *s, const char *v, struct err *e)
{
	return parse_uid(v, &s->uid_inspect, &s->gid_inspect, e);
}

static int
set_inspect_max(struct settings *s, const char *v, struct err *e)
{
	return parse_number(v, 1, INSPECT_MAX, &s->inspect_max, e);
}

static int
set_file_max(struct settings *s, const char *v, struct err *e)
{
	return parse_number(v, 1, FILE_LIMIT_MAX, &s->file_max, e);
}

static int
set_reserve(struct settings *s, const char *v, struct err *e)
{
	return parse_number(v, 0, RESERVE_MAX, &s->reserve, e);
}

static int
set_swap(struct settings *s, const char *v, struct err *e)
{
	if (strcmp(v, "refuse") != 0 && strcmp(v, "accept") != 0)
		return err_set(e, ERR_INVALID, "neither refuse nor accept");
	s->accept_swap = strcmp(v, "accept") == 0;
	return 0;
}

static const struct setting {
	const char *name;
	int required;
	int (*set)(struct settings *s, const char *v, struct err *e);
} table[] = {
	{ "vault", 1, set_vault },
	{ "origin", 1, set_origin },
	{ "uid-daemon", 1, set_uid_daemon },
	{ "uid-keys", 1, set_uid_keys },
	{ "uid-inspect", 1, set_uid_inspect },
	{ "inspect-max", 0, set_inspect_max },
	{ "file-max", 0, set_file_max },
	{ "reserve", 0, set_reserve },
	{ "swap", 0, set_swap },
};

static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		s[--n] = '\0';
	return s;
}

/* One line, without its end. seen has a bit for each row of the table. */
static int
parse_line(char *line, struct settings *s, unsigned *seen, struct err *e)
{
	char *name, *value, *equals;
	size_t i;

	name = trim(line);
	if (*name == '\0' || *name == '#')
		return 0;
	if ((equals = strchr(name, '=')) == NULL)
		return err_set(e, ERR_INVALID, "not \"name = value\"");
	*equals = '\0';
	name = trim(name);
	value = trim(equals + 1);
	for (i = 0; i < NELEMS(table); i++)
		if (strcmp(table[i].name, name) == 0)
			break;
	if (i == NELEMS(table))
		return err_set(e, ERR_INVALID, "unknown name \"%.32s\"", name);
	if ((*seen & 1u << i) != 0)
		return err_set(e, ERR_INVALID, "%s: given twice", name);
	if (*value == '\0')
		return err_set(e, ERR_INVALID, "%s: no value", name);
	*seen |= 1u << i;
	if (table[i].set(s, value, e) < 0)
		return err_wrap(e, "%s", name);
	return 0;
}

static int
parse_all(struct buf *text, const char *path, struct settings *s, struct err *e)
{
	char *line = (char *)(uintptr_t)buf_str(text), *next;
	unsigned seen = 0, number = 1;
	size_t i;

	if (memchr(line, '\0', text->len) != NULL)
		return err_set(e, ERR_INVALID, "%s: a NUL byte", path);
	for (; line != NULL; line = next, number++) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		if (parse_line(line, s, &seen, e) < 0)
			return err_wrap(e, "%s:%u", path, number);
	}
	for (i = 0; i < NELEMS(table); i++)
		if (table[i].required && (seen & 1u << i) == 0)
			return err_set(e, ERR_INVALID, "%s: no \"%s\"", path,
			    table[i].name);
	return 0;
}

/* dir, absolute and without symbolic links, into s->dir. */
static int
resolve_dir(const char *dir, struct settings *s, struct err *e)
{
	AUTO(mem_freep) char *real = realpath(dir, NULL);
	size_t len;

	if (real == NULL)
		return err_sys(e,
		    errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND
							: ERR_IO,
		    "%s", dir);
	len = strlen(real);
	if (len >= sizeof(s->dir))
		return err_set(e, ERR_TOO_LARGE,
		    "the path of the vault has over %d bytes",
		    SETTINGS_PATH_MAX - 1);
	memcpy(s->dir, real, len + 1);
	return 0;
}

int
settings_load(const char *dir, struct settings *s, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct settings got = { .inspect_max = DEFAULT_INSPECT,
		.file_max = DEFAULT_FILE,
		.reserve = DEFAULT_RESERVE };
	char path[SETTINGS_PATH_MAX];
	int r;

	if ((r = resolve_dir(dir, &got, e)) < 0 ||
	    (r = settings_path(&got, "vault.conf", path, e)) < 0)
		return r;
	if ((r = file_read(AT_FDCWD, path, SETTINGS_MAX, &text, e)) < 0 ||
	    (r = parse_all(&text, path, &got, e)) < 0)
		return r;
	*s = got;
	return 0;
}

/* The account's name, so that the file reads well; a number without one. */
static int
format_uid(const char *name, uid_t uid, struct buf *out, struct err *e)
{
	AUTO(mem_freep) char *room = malloc(ACCOUNT_MAX);
	struct passwd pw;
	int found, r;

	if (room == NULL)
		return err_set(e, ERR_NOMEM, "account");
	if ((r = find_account(NULL, uid, &pw, room, &found, e)) < 0)
		return r;
	if (found && strspn(pw.pw_name, "0123456789") != strlen(pw.pw_name))
		return buf_addf(out, e, "%s = %s\n", name, pw.pw_name);
	return buf_addf(out, e, "%s = %u\n", name, (unsigned)uid);
}

int
settings_format(const struct settings *s, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	char vault[ID_TEXT];
	int r;

	id_format(&s->vault, vault);
	if ((r = buf_addf(&text, e, "vault = %s\norigin = %s\n", vault,
		 s->origin)) < 0 ||
	    (r = format_uid("uid-daemon", s->uid_daemon, &text, e)) < 0 ||
	    (r = format_uid("uid-keys", s->uid_keys, &text, e)) < 0 ||
	    (r = format_uid("uid-inspect", s->uid_inspect, &text, e)) < 0 ||
	    (r = buf_addf(&text, e,
		 "inspect-max = %" PRIu64 "\nfile-max = %" PRIu64
		 "\nreserve = %" PRIu64 "\nswap = %s\n",
		 s->inspect_max, s->file_max, s->reserve,
		 s->accept_swap ? "accept" : "refuse")) < 0)
		return r;
	return buf_add(out, text.p, text.len, e);
}

int
settings_path(const struct settings *s, const char *rel,
    char out[SETTINGS_PATH_MAX], struct err *e)
{
	char path[SETTINGS_PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", s->dir, rel);

	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(e, ERR_TOO_LARGE,
		    "a path in the vault has over %d bytes",
		    SETTINGS_PATH_MAX - 1);
	memcpy(out, path, (size_t)n + 1);
	return 0;
}
