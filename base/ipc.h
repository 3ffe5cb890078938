/*
 * IPC between our processes: Unix sockets of type SOCK_SEQPACKET, one
 * message a packet, up to IPC_FDS_MAX descriptors with it. Also the peer's
 * identity, for stream sockets too.
 */
#ifndef BASE_IPC_H
#define BASE_IPC_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

#define IPC_MAX 65536 /* bytes of a message */
#define IPC_FDS_MAX 4
#define IPC_PATH_MAX 107 /* bytes of a Unix socket's path */

/*
 * Listen at path (an old socket there is replaced; anything else is
 * ERR_CONFLICT). type: SOCK_SEQPACKET or SOCK_STREAM. The mode is set
 * before anyone can connect. ERR_TOO_LARGE for a path over IPC_PATH_MAX.
 */
int ipc_listen(const char *path, int type, mode_t mode, int *fd, struct err *e)
    NODISCARD;
/* ERR_UNAVAILABLE when nobody listens. */
int ipc_connect(const char *path, int type, int *fd, struct err *e) NODISCARD;

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* a hint for logs, never for a decision */
};
int ipc_peer(int fd, struct peer *out, struct err *e) NODISCARD;

/* Send one message with nfds descriptors (they stay the caller's). */
int ipc_send(int fd, const void *p, size_t n, const int *fds, size_t nfds,
    struct err *e) NODISCARD;
/*
 * Receive one message into out (reset first). Up to *nfds descriptors into
 * fds (caller's to close, close-on-exec); *nfds gets the count; more than
 * asked for are closed and ERR_INVALID. timeout_ms < 0 waits for ever;
 * ERR_UNAVAILABLE on end of file, ERR_BUSY when the time is up.
 */
int ipc_recv(int fd, struct buf *out, int *fds, size_t *nfds, int timeout_ms,
    struct err *e) NODISCARD;

#endif
