/*
 * The loop of sceau-inspect: takes requests from the daemon's connections,
 * starts a worker for each, passes on what it wrote, kills it when it is
 * late. It reads no byte of any file.
 */
#ifndef DAEMON_INSPECT_LAUNCHER_H
#define DAEMON_INSPECT_LAUNCHER_H

#include "daemon/inspect/worker.h"

#define LAUNCHER_CONNS_MAX 128
#define LAUNCHER_WORKERS_MAX 16
/* Before the daemon stops waiting, so that it is told. */
#define LAUNCHER_DEADLINE_MS (INSPECT_DEADLINE_MS - 1000)

struct launcher;

/* listener and stop stay the caller's. stop: readable when it is time to go.
 * Only peers with this uid are served. */
int launcher_new(int listener, int stop, uid_t uid_daemon,
    const struct worker_kit *kit, struct launcher **out, struct err *e)
    NODISCARD;
/* Serve this connection too; *fd is taken. Without a listener (-1) the
 * launcher ends with its last connection. */
int launcher_adopt(struct launcher *l, int *fd, struct err *e) NODISCARD;
/* Serve until stop. */
int launcher_run(struct launcher *l, struct err *e) NODISCARD;
/* Kills and buries the workers, closes the connections. */
void launcher_freep(struct launcher **l);

#endif
