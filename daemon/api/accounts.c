#include "daemon/api/accounts.h"

#include <pthread.h>
#include <pwd.h>

#include "base/err.h"

#define KEPT 128
#define NAME 64

struct accounts {
	pthread_mutex_t lock;
	struct {
		uid_t uid;
		int64_t until_ms;
		char name[NAME];
	} kept[KEPT];
};

int
accounts_new(struct accounts **out, struct err *e)
{
	struct accounts *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return err_set(e, ERR_NOMEM, "account table");
	pthread_mutex_init(&a->lock, NULL);
	*out = a;
	return 0;
}

void
accounts_freep(struct accounts **a)
{
	if (*a != NULL)
		pthread_mutex_destroy(&(*a)->lock);
	free(*a);
	*a = NULL;
}

static void
look_up(uid_t uid, char *out, size_t size)
{
	struct passwd pw, *found = NULL;
	char room[4096];

	out[0] = '\0';
	if (getpwuid_r(uid, &pw, room, sizeof(room), &found) == 0 &&
	    found != NULL && strlen(pw.pw_name) < size)
		snprintf(out, size, "%s", pw.pw_name);
}

void
accounts_name(
    struct accounts *a, uid_t uid, int64_t now_ms, char *out, size_t size)
{
	size_t slot = uid % KEPT;
	char name[NAME];
	int known;

	pthread_mutex_lock(&a->lock);
	known = a->kept[slot].uid == uid && a->kept[slot].until_ms > now_ms &&
		a->kept[slot].until_ms <= now_ms + ACCOUNTS_KEPT_MS;
	if (known)
		snprintf(out, size, "%s", a->kept[slot].name);
	pthread_mutex_unlock(&a->lock);
	if (known)
		return;
	look_up(uid, name, sizeof(name));
	pthread_mutex_lock(&a->lock);
	a->kept[slot].uid = uid;
	a->kept[slot].until_ms = now_ms + ACCOUNTS_KEPT_MS;
	snprintf(a->kept[slot].name, NAME, "%s", name);
	pthread_mutex_unlock(&a->lock);
	snprintf(out, size, "%s", name);
}
