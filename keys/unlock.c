#include "keys/unlock.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void *
derive(void *arg)
{
	struct unlock *u = arg;
	uint64_t one = 1;

	u->result =
	    safe_root(&u->slots, &u->context, &u->pass, &u->root, &u->err);
	secret_done(&u->pass);
	/* Cannot fail: the counter is at nought. */
	(void)!write(u->done, &one, sizeof(one));
	return NULL;
}

static int
begin(struct safe *s, struct secret *pass,
    int (*slots)(struct safe *s, struct slots *out, struct err *e),
    struct unlock **out, struct err *e)
{
	AUTO(unlock_freep) struct unlock *u = calloc(1, sizeof(*u));
	int r;

	if (u == NULL)
		return err_set(e, ERR_NOMEM, "unseal");
	if ((u->done = eventfd(0, EFD_CLOEXEC)) < 0)
		return err_sys(e, ERR_INTERNAL, "eventfd");
	secret_move(&u->pass, pass);
	if ((r = slots(s, &u->slots, e)) < 0)
		return r;
	u->context.vault = s->dir.vault;
	u->context.generation = s->generation;
	if (pthread_create(&u->thread, NULL, derive, u) != 0)
		return err_set(e, ERR_NOMEM, "thread");
	u->started = 1;
	*out = TAKE(u);
	return 0;
}

int
unlock_start(
    struct safe *s, struct secret *pass, struct unlock **out, struct err *e)
{
	return begin(s, pass, safe_slots, out, e);
}

int
unlock_attest(struct safe *s, struct secret *pass,
    const uint8_t digest[SHA256_LEN], struct unlock **out, struct err *e)
{
	int r;

	if ((r = begin(s, pass, safe_open_slots, out, e)) < 0)
		return r;
	(*out)->attests = 1;
	memcpy((*out)->digest, digest, SHA256_LEN);
	return 0;
}

void
unlock_name(struct unlock *u, uid_t uid, const char *account)
{
	u->uid = uid;
	snprintf(u->account, sizeof(u->account), "%s", account);
}

static void
join(struct unlock *u)
{
	if (u->started)
		pthread_join(u->thread, NULL);
	u->started = 0;
}

int
unlock_verdict(struct unlock *u, struct err *e)
{
	join(u);
	if (u->result < 0)
		*e = u->err;
	return u->result;
}

int
unlock_result(struct unlock *u, struct safe *s, int64_t now_ms, struct err *e)
{
	int r;

	if ((r = unlock_verdict(u, e)) < 0)
		return r;
	return safe_open(s, &u->root, now_ms, e);
}

void
unlock_freep(struct unlock **up)
{
	struct unlock *u = *up;

	*up = NULL;
	if (u == NULL)
		return;
	join(u);
	if (u->done > 0)
		close(u->done);
	slots_done(&u->slots);
	secret_done(&u->pass);
	secret_done(&u->root);
	free(u);
}
