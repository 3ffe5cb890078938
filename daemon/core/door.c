#include "daemon/core/door.h"

#include <string.h>

#include "base/sshsig.h"

#define PREFIX "SHA256:"
#define DIGITS 43 /* of a SHA-256 in base64 without padding */

/* As ssh-keygen -l prints it; nothing else may enter a leaf. */
static int
is_fingerprint(const char *s)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(PREFIX);

	return strncmp(s, PREFIX, n) == 0 && strlen(s) == n + DIGITS &&
	       strspn(s + n, digits) == DIGITS;
}

static int
is_key_of(const char *line, const char *fingerprint)
{
	AUTO(buf_done) struct buf blob = { 0 };
	char own[64];

	return ssh_public_parse(line, &blob, NULL) == 0 &&
	       ssh_fingerprint(blob.p, blob.len, own, NULL) == 0 &&
	       strcmp(own, fingerprint) == 0;
}

int
door_key_is_of(const struct principal *who, const char *fingerprint)
{
	const char *const *k = who->keys;

	for (; k != NULL && *k != NULL; k++)
		if (is_key_of(*k, fingerprint))
			return 1;
	return 0;
}

int
door_check_key(const struct caller *caller, struct err *e)
{
	const char *const *k = caller->who != NULL ? caller->who->keys : NULL;
	const char *told = caller->door_key;

	if (told != NULL && !is_fingerprint(told))
		return err_tag(
		    e, ERR_DENIED, "door-key", "this is no fingerprint");
	if (k == NULL || *k == NULL)
		return 0;
	for (; told != NULL && *k != NULL; k++)
		if (is_key_of(*k, told))
			return 0;
	return err_tag(e, ERR_DENIED, "door-key",
	    told != NULL ? "this ssh key is not one of the account's"
			 : "the ssh key is not told");
}

const char *
door_key(const struct caller *caller)
{
	if (caller->door_key == NULL)
		return "unknown";
	return is_fingerprint(caller->door_key) ? caller->door_key
						: "malformed";
}

int
door_authorize(struct core *core, const struct caller *caller,
    enum policy_op op, struct decision *d, struct err *e)
{
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = core_authorize(
		 core, caller, op, NULL, NULL, core_now(core), d, e)) < 0)
		return r;
	if (caller->who->recipient == NULL)
		return err_tag(e, ERR_DENIED, "wrong-door",
		    "only a recipient may do this");
	return 0;
}
