/*
 * The way to a vault on another machine: an ssh session for each connection,
 * whose standard input and output are the vault's socket there (sceau relay).
 *
 * libcurl connects to a socket by its address and to nothing else; so a small
 * process of ours listens on an abstract Unix socket, takes connections of
 * this very process only, and gives each to an ssh.
 */
#ifndef CLIENT_SESSION_H
#define CLIENT_SESSION_H

#include <sys/types.h>

#include "base/err.h"

#define SESSION_NAME 16 /* bytes of an address, with NUL */

struct session {
	pid_t pid;		 /* 0: none */
	char name[SESSION_NAME]; /* abstract address, without its first NUL */
};

/* Listen for connections to USER@VAULT; ssh runs when the first comes. */
int session_open(struct session *s, const char *host, struct err *e) NODISCARD;
/* End it and its ssh. Accepts one that is not open. */
void session_close(struct session *s);

#endif
