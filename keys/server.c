#include "keys/server.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/ipc.h"
#include "base/log.h"
#include "keys/door.h"
#include "keys/ops.h"
#include "keys/unlock.h"

#define CONNS_MAX 96	   /* connections at a time */
#define AGENT_CONNS_MAX 64 /* of them, the daemon's */
#define DOOR_PER_UID 4	   /* of one uid at the custodians' door */
#define DOOR_IDLE_MS 60000 /* then a silent peer there is sent away */
#define DUE_MAX_MS 3600000 /* the loop looks around at least hourly */

/* Who talks to us through which socket. */
enum side { SIDE_AGENT, SIDE_DOOR };

struct conn {
	int fd; /* -1: free */
	enum side side;
	struct peer peer;
	char account[AGENT_ACCOUNT_MAX]; /* at the door */
	int waiting;			 /* for an event, or an unseal */
	uint64_t serial;		 /* never used again */
	int64_t until_ms;		 /* of the wait, or of being idle */
};

/* Whether the keys are here. */
enum vault_state { VAULT_SEALED, VAULT_OPENING, VAULT_OPEN };

/* The moves that are allowed, and the event that each leaves. */
static const struct move {
	enum vault_state from, to;
	int kind; /* enum agent_event_kind; 0 none */
} moves[] = {
	{ VAULT_SEALED, VAULT_OPENING, 0 },
	{ VAULT_OPENING, VAULT_OPEN, AGENT_UNSEALED },
	{ VAULT_OPENING, VAULT_SEALED, AGENT_UNSEAL_FAILED },
	{ VAULT_OPEN, VAULT_SEALED, AGENT_SEALED },
	{ VAULT_OPEN, VAULT_SEALED, AGENT_SELF_SEALED },
};

struct server {
	const struct settings *settings;
	struct safe safe;
	struct events events;
	struct custodians custodians;
	struct delay delay;
	enum vault_state state;
	struct unlock *unlock; /* while VAULT_OPENING, or for a page */
	uint64_t unlock_conn;  /* serial of who waits for it */
	uint64_t serial;       /* of the last connection */
	int signals, agent, door, ready;
	int ending;
	struct conn conns[CONNS_MAX];
};

static int64_t
clock_ms(void)
{
	struct timespec t;

	/* Counts a suspended machine's time, and never goes back. */
	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * The one place where the vault's state changes, and where the event of it
 * is made durable, before the change.
 */
static int
move(struct server *s, enum vault_state to, int kind, uid_t uid,
    const char *account, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < NELEMS(moves); i++)
		if (moves[i].from == s->state && moves[i].to == to &&
		    moves[i].kind == kind)
			break;
	if (i == NELEMS(moves))
		return err_set(
		    e, ERR_CONFLICT, "the vault's state does not allow it");
	if (kind != 0 &&
	    (r = events_add(
		 &s->events, (enum agent_event_kind)kind, uid, account, e)) < 0)
		return r;
	s->state = to;
	return 0;
}

/* Sealing is never prevented, not even by an event that finds no room. */
static void
seal(struct server *s, int kind, uid_t uid, const char *account)
{
	struct err e = { .code = ERR_OK };

	safe_seal(&s->safe);
	if (move(s, VAULT_SEALED, kind, uid, account, &e) < 0) {
		log_error("seal: %s", e.text);
		s->state = VAULT_SEALED;
	}
	log_note("sealed");
}

/* The agent sealed itself: its own doing, in nobody's name. */
static void
seal_self(struct server *s, const char *why)
{
	log_error("the agent seals itself: %s", why);
	seal(s, AGENT_SELF_SEALED, geteuid(), "");
}

/* Connections. */

static int
count_conns(const struct server *s, enum side side, const uid_t *uid)
{
	size_t i;
	int n = 0;

	for (i = 0; i < CONNS_MAX; i++)
		if (s->conns[i].fd >= 0 && s->conns[i].side == side &&
		    (uid == NULL || s->conns[i].peer.uid == *uid))
			n++;
	return n;
}

static void
conn_close(struct server *s, struct conn *c)
{
	fd_closep(&c->fd);
	c->waiting = 0;
	if (c->side == SIDE_AGENT && count_conns(s, SIDE_AGENT, NULL) == 0)
		promise_pause(&s->safe.promise, clock_ms());
}

static void
conn_send(struct server *s, struct conn *c, const struct buf *answer)
{
	struct err e;

	/* The peers wait for their answers: who does not read is sent away. */
	if (answer->len == 0 ||
	    ipc_send(c->fd, answer->p, answer->len, NULL, 0, &e) < 0)
		conn_close(s, c);
}

/* An event, unless one of the same uid waits; the log gets no more lines. */
static void
refuse_peer(struct server *s, const struct peer *peer, const char *account)
{
	uint64_t before = s->events.next;
	struct err e;

	if (events_add(
		&s->events, AGENT_REFUSED_PEER, peer->uid, account, &e) == 0 &&
	    s->events.next > before)
		log_warn("uid %u is refused", (unsigned)peer->uid);
}

/* May this peer have a connection? Who may do what is asked later. */
static int
admit(struct server *s, enum side side, const struct peer *peer)
{
	char account[AGENT_ACCOUNT_MAX];

	if (side == SIDE_DOOR)
		return count_conns(s, SIDE_DOOR, &peer->uid) < DOOR_PER_UID &&
		       count_conns(s, SIDE_DOOR, NULL) <
			   CONNS_MAX - AGENT_CONNS_MAX;
	if (peer->uid != s->settings->uid_daemon) {
		account_of(peer->uid, account);
		refuse_peer(s, peer, account);
		return 0;
	}
	return count_conns(s, SIDE_AGENT, NULL) < AGENT_CONNS_MAX;
}

static struct conn *
conn_free(struct server *s)
{
	size_t i;

	for (i = 0; i < CONNS_MAX; i++)
		if (s->conns[i].fd < 0)
			return &s->conns[i];
	return NULL;
}

/* A place may be another's by now: a connection is found by its serial. */
static struct conn *
conn_of(struct server *s, uint64_t serial)
{
	size_t i;

	for (i = 0; i < CONNS_MAX; i++)
		if (s->conns[i].fd >= 0 && s->conns[i].serial == serial)
			return &s->conns[i];
	return NULL;
}

static void
conn_accept(struct server *s, int listener, enum side side)
{
	AUTO(fd_closep) int fd = -1;
	struct conn *c = conn_free(s);
	struct peer peer;
	struct err e;

	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 || c == NULL || ipc_peer(fd, &peer, &e) < 0 ||
	    !admit(s, side, &peer))
		return;
	if (side == SIDE_AGENT && count_conns(s, SIDE_AGENT, NULL) == 0)
		promise_resume(&s->safe.promise, clock_ms());
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->serial = ++s->serial;
	c->side = side;
	c->peer = peer;
	c->until_ms = clock_ms() + DOOR_IDLE_MS;
	if (side == SIDE_DOOR)
		account_of(peer.uid, c->account);
	fd = -1;
}

/* agent.sock. */

static struct ops
ops_now(struct server *s)
{
	return (struct ops){ .safe = &s->safe,
		.events = &s->events,
		.custodians = &s->custodians,
		.now_ms = clock_ms() };
}

/* What a request may have left to do, once it is answered. */
static void
after_request(struct server *s, const struct ops *o)
{
	struct err e = { .code = ERR_OK };

	if (o->err.code != ERR_OK && !err_is_public(o->err.code))
		log_error("%s", o->err.text);
	if (o->broken && s->state == VAULT_OPEN)
		seal_self(s, "the log lacks a leaf that was promised");
	if (o->drew && safe_refill(&s->safe, &e) < 0 && e.code != ERR_SEALED)
		log_error("reserve: %s", e.text);
	if (s->state == VAULT_OPEN && !s->safe.open)
		seal_self(s, "the disk failed");
}

static void
serve_agent(struct server *s, struct conn *c, const struct buf *req, int memfd)
{
	AUTO(buf_done) struct buf answer = { 0 };
	struct ops o = ops_now(s);

	if (ops_answer(&o, req->p, req->len, memfd, &answer) == OPS_WAIT) {
		c->waiting = 1;
		c->until_ms = o.now_ms + o.wait_ms;
		return;
	}
	conn_send(s, c, &answer);
	after_request(s, &o);
}

/* Who waits for an event gets it, or hears that the time is up. */
static void
serve_waiting(struct server *s)
{
	AUTO(buf_done) struct buf answer = { 0 };
	struct ops o = ops_now(s);
	size_t i;

	for (i = 0; i < CONNS_MAX; i++) {
		struct conn *c = &s->conns[i];

		if (c->fd < 0 || c->side != SIDE_AGENT || !c->waiting)
			continue;
		if (events_first(&s->events) == NULL && c->until_ms > o.now_ms)
			continue;
		ops_event(&o, &answer);
		c->waiting = 0;
		conn_send(s, c, &answer);
	}
}

/* unseal.sock. */

static void
door_answer(struct server *s, struct conn *c, int r, const struct err *e)
{
	AUTO(buf_done) struct buf answer = { 0 };

	if (r < 0) {
		if (!err_is_public(e->code))
			log_error("%s", e->text);
		ops_failed(e, &answer);
	} else {
		door_done(&answer);
	}
	conn_send(s, c, &answer);
}

/* Anyone else who tries is an event. */
static int
check_custodian(struct server *s, const struct conn *c, struct err *e)
{
	if (custodians_has(&s->custodians, c->peer.uid, c->account))
		return 0;
	refuse_peer(s, &c->peer, c->account);
	return err_set(e, ERR_DENIED, "you are not a custodian");
}

/* One passphrase is tried at a time, and none soon after a wrong one. */
static int
check_turn(const struct server *s, struct err *e)
{
	int64_t left = delay_left(&s->delay, clock_ms());

	if (s->unlock != NULL)
		return err_set(
		    e, ERR_BUSY, "someone's passphrase is tried now");
	if (left > 0)
		return err_set(e, ERR_BUSY,
		    "after a wrong passphrase: wait %d s",
		    (int)((left + 999) / 1000));
	return 0;
}

static void
wait_for(struct server *s, struct conn *c, struct unlock *u)
{
	unlock_name(u, c->peer.uid, c->account);
	s->unlock = u;
	s->unlock_conn = c->serial;
	c->waiting = 1;
}

static int
begin_unseal(
    struct server *s, struct conn *c, struct secret *pass, struct err *e)
{
	AUTO(unlock_freep) struct unlock *u = NULL;
	int r;

	if ((r = check_custodian(s, c, e)) < 0)
		return r;
	if (s->state == VAULT_OPEN)
		return err_set(e, ERR_CONFLICT, "the vault is not sealed");
	if ((r = check_turn(s, e)) < 0 ||
	    (r = unlock_start(&s->safe, pass, &u, e)) < 0 ||
	    (r = move(s, VAULT_OPENING, 0, c->peer.uid, c->account, e)) < 0)
		return r;
	wait_for(s, c, TAKE(u));
	return 0;
}

/* A custodian stands behind a page: the passphrase is tried, nothing more. */
static int
begin_attest(struct server *s, struct conn *c, struct secret *pass,
    const uint8_t digest[SHA256_LEN], struct err *e)
{
	AUTO(unlock_freep) struct unlock *u = NULL;
	int r;

	if ((r = check_custodian(s, c, e)) < 0)
		return r;
	if (s->state == VAULT_SEALED)
		return err_set(e, ERR_SEALED, "the vault is sealed");
	if ((r = check_turn(s, e)) < 0 ||
	    (r = unlock_attest(&s->safe, pass, digest, &u, e)) < 0)
		return r;
	wait_for(s, c, TAKE(u));
	return 0;
}

static int
door_seal(struct server *s, struct conn *c, struct err *e)
{
	int r;

	if ((r = check_custodian(s, c, e)) < 0)
		return r;
	if (s->state == VAULT_OPENING)
		return err_set(e, ERR_BUSY, "someone is unsealing it now");
	/* Sealed already: what was asked for is so. */
	if (s->state == VAULT_OPEN)
		seal(s, AGENT_SEALED, c->peer.uid, c->account);
	return 0;
}

static void
door_show(struct server *s, struct conn *c)
{
	AUTO(buf_done) struct buf answer = { 0 };

	door_status(&s->safe, &s->custodians, &answer);
	conn_send(s, c, &answer);
}

static void
serve_door(struct server *s, struct conn *c, struct buf *req)
{
	AUTO(secret_done) struct secret pass = { 0 };
	struct err e = { .code = ERR_OK };
	uint8_t digest[SHA256_LEN];
	int op, r;

	c->until_ms = clock_ms() + DOOR_IDLE_MS;
	r = op = door_decode(req->p, req->len, &pass, digest, &e);
	buf_reset(req); /* it held the passphrase */
	if (op == UNSEAL_OP_STATUS) {
		door_show(s, c);
		return;
	}
	if (op == UNSEAL_OP_UNSEAL) {
		r = begin_unseal(s, c, &pass, &e);
		if (r == 0)
			return; /* answered when the root is known */
	} else if (op == UNSEAL_OP_ATTEST) {
		r = begin_attest(s, c, &pass, digest, &e);
		if (r == 0)
			return;
	} else if (op == UNSEAL_OP_SEAL) {
		r = door_seal(s, c, &e);
	}
	door_answer(s, c, r, &e);
}

/* The root came: open, with the event of it first. */
static int
open_with(struct server *s, struct unlock *u, struct err *e)
{
	int r;

	if ((r = unlock_result(u, &s->safe, clock_ms(), e)) < 0)
		return r;
	r = move(s, VAULT_OPEN, AGENT_UNSEALED, u->uid, u->account, e);
	if (r < 0)
		safe_seal(&s->safe);
	return r;
}

static void
unseal_failed(struct server *s, const struct unlock *u, const struct err *why)
{
	struct err e = { .code = ERR_OK };

	if (why->code == ERR_DENIED)
		delay_failed(&s->delay, clock_ms());
	log_warn("unseal by uid %u failed", (unsigned)u->uid);
	if (move(s, VAULT_SEALED, AGENT_UNSEAL_FAILED, u->uid, u->account, &e) <
	    0) {
		log_error("event of a failed unseal: %s", e.text);
		s->state = VAULT_SEALED;
	}
}

/* The verdict came: the page is attested, or it was not the passphrase. */
static int
attest_with(struct server *s, struct unlock *u, struct err *e)
{
	struct err why = { .code = ERR_OK };
	int r, kind = AGENT_ATTESTED;

	r = unlock_verdict(u, &why);
	if (r < 0 && why.code == ERR_DENIED) {
		delay_failed(&s->delay, clock_ms());
		kind = AGENT_ATTEST_FAILED;
	} else if (r < 0) {
		*e = why;
		return r;
	} else if (s->state != VAULT_OPEN) {
		return err_set(e, ERR_SEALED, "the vault is sealed");
	} else {
		delay_passed(&s->delay);
	}
	log_note("a page: passphrase of uid %u %s", (unsigned)u->uid,
	    r < 0 ? "failed" : "accepted");
	if (events_add_digest(&s->events, (enum agent_event_kind)kind, u->uid,
		u->account, u->digest, e) < 0)
		return -(int)e->code;
	serve_waiting(s);
	if (r < 0)
		*e = why;
	return r;
}

static int
unseal_with(struct server *s, struct unlock *u, struct err *e)
{
	int r;

	if ((r = open_with(s, u, e)) < 0) {
		unseal_failed(s, u, e);
		return r;
	}
	delay_passed(&s->delay);
	log_note("unsealed by uid %u", (unsigned)u->uid);
	return 0;
}

static void
end_unlock(struct server *s)
{
	AUTO(unlock_freep) struct unlock *u = TAKE(s->unlock);
	struct conn *c = conn_of(s, s->unlock_conn);
	struct err e = { .code = ERR_OK };
	int r;

	r = u->attests ? attest_with(s, u, &e) : unseal_with(s, u, &e);
	if (c == NULL)
		return; /* whoever asked has gone */
	c->waiting = 0;
	c->until_ms = clock_ms() + DOOR_IDLE_MS;
	door_answer(s, c, r, &e);
}

/* The loop. */

static void
serve(struct server *s, struct conn *c)
{
	AUTO(buf_done) struct buf req = { 0 };
	AUTO(fd_closep) int memfd = -1;
	size_t nfds = 1;
	struct err e;

	if (ipc_recv(c->fd, &req, &memfd, &nfds, 0, &e) < 0) {
		conn_close(s, c);
		return;
	}
	/* One request at a time: no second one before the answer. */
	if (c->waiting)
		conn_close(s, c);
	else if (c->side == SIDE_AGENT)
		serve_agent(s, c, &req, memfd);
	else
		serve_door(s, c, &req);
}

/* The earliest moment that something is due at. */
static int
poll_timeout(const struct server *s)
{
	int64_t now = clock_ms(), due = now + DUE_MAX_MS, at;
	size_t i;

	at = promise_due(&s->safe.promise);
	if (at >= 0 && at < due && count_conns(s, SIDE_AGENT, NULL) > 0)
		due = at;
	for (i = 0; i < CONNS_MAX; i++) {
		const struct conn *c = &s->conns[i];

		if (c->fd < 0 || (c->side == SIDE_AGENT && !c->waiting))
			continue;
		if (c->until_ms < due)
			due = c->until_ms;
	}
	return due <= now ? 0 : (int)(due - now);
}

static void
look_around(struct server *s)
{
	int64_t now = clock_ms();
	size_t i;

	if (s->state == VAULT_OPEN && count_conns(s, SIDE_AGENT, NULL) > 0 &&
	    promise_tick(&s->safe.promise, now) < 0)
		seal_self(s, "the log lacks a leaf that was promised");
	for (i = 0; i < CONNS_MAX; i++) {
		struct conn *c = &s->conns[i];

		if (c->fd >= 0 && c->side == SIDE_DOOR && !c->waiting &&
		    c->until_ms <= now)
			conn_close(s, c);
		else if (c->fd >= 0 && c->side == SIDE_DOOR && c->waiting)
			c->until_ms = now + DOOR_IDLE_MS;
	}
	serve_waiting(s);
}

enum { POLL_SIGNALS, POLL_AGENT, POLL_DOOR, POLL_UNLOCK, POLL_CONNS };

static void
fill_poll(const struct server *s, struct pollfd *p)
{
	size_t i;

	memset(p, 0, (POLL_CONNS + CONNS_MAX) * sizeof(*p));
	p[POLL_SIGNALS].fd = s->signals;
	p[POLL_AGENT].fd = s->agent;
	p[POLL_DOOR].fd = s->door;
	p[POLL_UNLOCK].fd = s->unlock != NULL ? s->unlock->done : -1;
	for (i = 0; i < CONNS_MAX; i++)
		p[POLL_CONNS + i].fd = s->conns[i].fd;
	for (i = 0; i < POLL_CONNS + CONNS_MAX; i++)
		p[i].events = POLLIN;
}

static void
handle_poll(struct server *s, const struct pollfd *p)
{
	size_t i;

	s->ending = p[POLL_SIGNALS].revents != 0;
	/* Connections first: a new one takes a place polled as free. */
	for (i = 0; i < CONNS_MAX; i++)
		if (p[POLL_CONNS + i].revents != 0 &&
		    p[POLL_CONNS + i].fd == s->conns[i].fd)
			serve(s, &s->conns[i]);
	if (p[POLL_UNLOCK].revents != 0)
		end_unlock(s);
	if (p[POLL_AGENT].revents != 0)
		conn_accept(s, s->agent, SIDE_AGENT);
	if (p[POLL_DOOR].revents != 0)
		conn_accept(s, s->door, SIDE_DOOR);
}

static int
tell_ready(struct server *s, struct err *e)
{
	int r;

	if (s->ready < 0)
		return 0;
	r = fd_write_all(s->ready, "\n", 1, e);
	fd_closep(&s->ready);
	return r;
}

int
server_run(struct server *s, struct err *e)
{
	struct pollfd p[POLL_CONNS + CONNS_MAX];
	int r;

	if ((r = tell_ready(s, e)) < 0)
		return r;
	log_note("serving, sealed");
	while (!s->ending) {
		fill_poll(s, p);
		r = poll(p, NELEMS(p), poll_timeout(s));
		if (r < 0 && errno != EINTR)
			return err_sys(e, ERR_INTERNAL, "poll");
		if (r > 0)
			handle_poll(s, p);
		look_around(s);
	}
	if (s->state == VAULT_OPEN)
		seal(s, AGENT_SEALED, geteuid(), "");
	return 0;
}

int
server_new(const struct server_spec *spec, struct server **out, struct err *e)
{
	AUTO(server_freep) struct server *s = calloc(1, sizeof(*s));
	size_t i;
	int r;

	if (s == NULL)
		return err_set(e, ERR_NOMEM, "server");
	s->settings = spec->settings;
	s->signals = spec->signals;
	s->agent = s->door = -1;
	s->ready = spec->ready;
	for (i = 0; i < CONNS_MAX; i++)
		s->conns[i].fd = -1;
	if ((r = safe_load(spec->safe, &s->safe, e)) < 0 ||
	    (r = events_open(s->safe.dir.fd, &s->events, e)) < 0 ||
	    (r = custodians_load(s->safe.dir.fd, &s->custodians, e)) < 0)
		return r;
	*out = TAKE(s);
	return 0;
}

void
server_listen(struct server *s, int agent, int door)
{
	s->agent = agent;
	s->door = door;
}

void
server_freep(struct server **sp)
{
	struct server *s = *sp;
	size_t i;

	*sp = NULL;
	if (s == NULL)
		return;
	unlock_freep(&s->unlock);
	for (i = 0; i < CONNS_MAX; i++)
		fd_closep(&s->conns[i].fd);
	fd_closep(&s->ready);
	events_close(&s->events);
	safe_done(&s->safe);
	free(s);
}
