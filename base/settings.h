/*
 * Settings of a vault: DIR/vault.conf, written by sceau init, read by every
 * program at start. Lines "name = value", # comments; unknown names are
 * errors with their line. The file belongs to the administrator: it holds
 * no secret and no rule.
 *
 *   vault = ID                    26 characters
 *   origin = sceau.example/ID     name of the log (C2SP checkpoint origin)
 *   uid-daemon, uid-keys, uid-inspect = account name or number
 *   inspect-max = 33554432        bytes of a file that are inspected
 *   file-max = 1073741824         bytes of a file that are accepted
 *   reserve = 67108864            bytes of disk kept for reads and leaves
 *   swap = refuse | accept        unencrypted swap (accept: tests only)
 *
 * The layout under DIR (owner in brackets):
 *   vault.conf            [administrator, 0644]
 *   policy/NAME.conf, people.conf  [administrator, 0644]
 *   data/  catalog.db, store/, audit/   [daemon, 0700]
 *   keys/  [keys, 0700]
 *   run/   agent.sock inspect.sock unseal.sock api.sock partner.sock
 *          [administrator, 1777-like: each socket belongs to its program]
 */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include <sys/types.h>

#include "base/err.h"
#include "base/id.h"

#define SETTINGS_PATH_MAX 512

struct settings {
	char dir[SETTINGS_PATH_MAX]; /* the vault's folder, absolute */
	struct id vault;
	char origin[128];
	uid_t uid_daemon, uid_keys, uid_inspect;
	gid_t gid_daemon, gid_keys, gid_inspect;
	uint64_t inspect_max, file_max, reserve;
	int accept_swap;
};

/* ERR_INVALID with file:line; ERR_NOT_FOUND when DIR is no vault. */
int settings_load(const char *dir, struct settings *s, struct err *e) NODISCARD;
/* The text of a vault.conf. */
struct buf;
int settings_format(const struct settings *s, struct buf *out, struct err *e)
    NODISCARD;
/* dir/rel into out; ERR_TOO_LARGE. */
int settings_path(const struct settings *s, const char *rel,
    char out[SETTINGS_PATH_MAX], struct err *e) NODISCARD;

#endif
