#include "keys/custodian.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define FILE_MAX 4096	/* bytes of keys/custodians */
#define ENTRY_MAX 16384 /* bytes of an entry in the account data base */

static const char custodians_name[] = "custodians";

/* The account of name, or of uid when name is NULL. 0 when there is one. */
static int
look_up(const char *name, uid_t uid, struct custodian *out)
{
	AUTO(mem_freep) char *room = malloc(ENTRY_MAX);
	struct passwd pw, *got = NULL;
	int sys;

	if (room == NULL)
		return -1;
	do
		sys = name != NULL
			  ? getpwnam_r(name, &pw, room, ENTRY_MAX, &got)
			  : getpwuid_r(uid, &pw, room, ENTRY_MAX, &got);
	while (sys == EINTR);
	if (got == NULL || strlen(pw.pw_name) >= AGENT_ACCOUNT_MAX)
		return -1;
	out->uid = pw.pw_uid;
	memcpy(out->account, pw.pw_name, strlen(pw.pw_name) + 1);
	return 0;
}

void
account_of(uid_t uid, char out[AGENT_ACCOUNT_MAX])
{
	struct custodian c;

	out[0] = '\0';
	if (look_up(NULL, uid, &c) == 0)
		memcpy(out, c.account, AGENT_ACCOUNT_MAX);
}

static int
add(struct custodians *c, const struct custodian *who, struct err *e)
{
	size_t i;

	if (c->n == CUSTODIANS_MAX)
		return err_set(
		    e, ERR_INVALID, "over %d custodians", CUSTODIANS_MAX);
	for (i = 0; i < c->n; i++)
		if (c->who[i].uid == who->uid)
			return err_set(e, ERR_INVALID,
			    "custodian %s: uid %u is named twice", who->account,
			    (unsigned)who->uid);
	c->who[c->n++] = *who;
	return 0;
}

int
custodians_add(struct custodians *c, const char *account, struct err *e)
{
	struct custodian who = { 0 };

	if (look_up(account, 0, &who) < 0)
		return err_set(e, ERR_INVALID,
		    "custodian %.64s: no such account", account);
	/* Names are shown separated by spaces. */
	if (strpbrk(who.account, " \t\r\n") != NULL)
		return err_set(e, ERR_INVALID, "custodian with a space");
	return add(c, &who, e);
}

/* One line "UID ACCOUNT", without its end. */
static int
parse_line(const char *line, struct custodian *out)
{
	char again[FILE_MAX];
	const char *space = strchr(line, ' ');
	unsigned long uid;

	if (space == NULL || line[0] < '0' || line[0] > '9')
		return -1;
	uid = strtoul(line, NULL, 10);
	if (uid >= UINT32_MAX || space[1] == '\0' ||
	    strlen(space + 1) >= AGENT_ACCOUNT_MAX ||
	    strpbrk(space + 1, " \t\r") != NULL)
		return -1;
	/* One text for each value: no zeros in front, nothing behind. */
	snprintf(again, sizeof(again), "%lu %s", uid, space + 1);
	if (strcmp(again, line) != 0)
		return -1;
	memset(out, 0, sizeof(*out));
	out->uid = (uid_t)uid;
	memcpy(out->account, space + 1, strlen(space + 1));
	return 0;
}

int
custodians_parse(
    const char *text, size_t n, struct custodians *c, struct err *e)
{
	struct custodians got = { .n = 0 };
	struct custodian who;
	char line[FILE_MAX];
	const char *end;
	unsigned number = 1;

	for (; n > 0; number++) {
		end = memchr(text, '\n', n);
		if (end == NULL || (size_t)(end - text) >= sizeof(line) ||
		    memchr(text, '\0', (size_t)(end - text)) != NULL)
			break;
		memcpy(line, text, (size_t)(end - text));
		line[end - text] = '\0';
		if (parse_line(line, &who) < 0 || add(&got, &who, NULL) < 0)
			break;
		n -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	if (n > 0 || got.n == 0)
		return err_set(e, ERR_INTEGRITY, "keys/custodians:%u", number);
	*c = got;
	return 0;
}

int
custodians_load(int dir, struct custodians *c, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	int r = file_read(dir, custodians_name, FILE_MAX, &b, e);

	if (r == -(int)ERR_NOT_FOUND)
		return err_set(e, ERR_INCOMPLETE, "keys/custodians is missing");
	if (r < 0)
		return r;
	return custodians_parse(buf_str(&b), b.len, c, e);
}

int
custodians_save(int dir, const struct custodians *c, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	size_t i;
	int r;

	for (i = 0; i < c->n; i++)
		if ((r = buf_addf(&b, e, "%u %s\n", (unsigned)c->who[i].uid,
			 c->who[i].account)) < 0)
			return r;
	return file_write(dir, custodians_name, b.p, b.len, 0600, e);
}

int
custodians_has(const struct custodians *c, uid_t uid, const char *account)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->who[i].uid == uid)
			return strcmp(c->who[i].account, account) == 0;
	return 0;
}

void
custodians_names(const struct custodians *c, char *out, size_t size)
{
	size_t at = 0, len, i;

	out[0] = '\0';
	for (i = 0; i < c->n; i++) {
		len = strlen(c->who[i].account);
		if (at + len + 2 > size)
			return;
		if (at > 0)
			out[at++] = ' ';
		memcpy(out + at, c->who[i].account, len + 1);
		at += len;
	}
}
