/*
 * The agent's loop: two sockets, their peers, the state of the vault, and
 * the events of each change. One thread, but for the slow derivation of a
 * passphrase, which runs beside so that the daemon is not kept waiting.
 */
#ifndef KEYS_SERVER_H
#define KEYS_SERVER_H

#include "base/settings.h"
#include "keys/safe.h"

/* What the loop needs; all borrowed, but ready is closed. */
struct server_spec {
	const struct settings *settings;
	const struct safe_spec *safe;
	int signals; /* signalfd of the signals that end the program */
	int ready;   /* gets one byte when serving, then closed; or -1 */
};

struct server;

/* The keys folder is held from here on. */
int server_new(const struct server_spec *spec, struct server **out,
    struct err *e) NODISCARD;
/* The listening sockets, borrowed. */
void server_listen(struct server *s, int agent, int door);
/* Serve until a signal comes; the vault is sealed then. */
int server_run(struct server *s, struct err *e) NODISCARD;
void server_freep(struct server **s);

#endif
