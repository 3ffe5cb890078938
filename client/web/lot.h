/*
 * What waits in the console to be filed: files that are arriving or have
 * arrived, in order, and what was typed with them. All of it in anonymous
 * memory of this process, which is one person's; it outlives a closed browser
 * and a session that ended, and is forgotten when nobody used it for a day of
 * work, or the console ends. A visit's is kept sealed in the vault besides
 * (visitdraft.h), and goes from here when the person leaves.
 */
#ifndef CLIENT_WEB_LOT_H
#define CLIENT_WEB_LOT_H

#include <pthread.h>

#include "client/parcel.h"
#include "client/web/web.h"

#define LOTS_MAX 32
#define LOT_FILES_MAX 64		/* pages of one document, a signature */
#define LOTS_ROOM (UINT64_C(256) << 20) /* bytes of all lots together */
#define LOT_IDLE_S (8 * 3600)		/* a working day */
#define LOT_VISIT_DOCUMENTS 3		/* that the page of a visit offers */
#define LOT_KEY_TEXT (2 * SHA256_LEN + 1)

/* A file: known by the SHA-256 of what was brought, in hexadecimal. */
struct lot_file {
	char key[LOT_KEY_TEXT];
	char *name; /* without folders */
	int fd;
	uint64_t size, have; /* bytes there are to be, and there are */
	unsigned turns;	     /* quarters to the right */
	int part;	     /* of the caller's: which document it is of */
	unsigned number;     /* in which order they came, from 0 */
	char page[ID_TEXT];  /* of the vault's draft; "": not there */
};
#define LOT_SIGNATURE -1 /* a part: the detached signature */

struct lot {
	/* --- lot.c's --- */
	pthread_mutex_t lock;
	int64_t used_s;
	unsigned refs, came;
	/* --- the page's, while it holds the lot --- */
	char id[ID_TEXT], kase[128];
	char what[16]; /* whose it is: "visite"; empty: a filing */
	struct lot_file file[LOT_FILES_MAX];
	size_t n;
	json_t *said; /* {name: text} of the form; what else a page keeps */
	json_t *done; /* the vault's answer once it is filed; NULL */
	/* Of a visit (visitdraft.h): what the vault has of it. */
	int loaded, saved;   /* it was asked; it has all of this */
	json_int_t revision; /* 0: it has none */
	char draft[ID_TEXT], kept_at[32];
};

/*
 * The lot of this id for this case, locked; made when there is none and make
 * is set. ERR_NOT_FOUND tag "web-lot"; ERR_BUSY tag "web-lots".
 */
int lot_take(struct web_call *c, const char *kase, const char *id, int make,
    struct lot **out, struct err *e) NODISCARD;
void lot_put(struct web_call *c, struct lot **l);
/* It is forgotten when it is put. */
void lot_forget(struct web_call *c, struct lot *l);
/* Somebody leaves: what the vault keeps sealed need not wait here. */
void lots_leave(struct web *w);
/* An id for a lot to come. */
int lot_new_id(char out[ID_TEXT], struct err *e) NODISCARD;
/* Lots of a case, {lot, what, files, bytes, filed} each; never NULL but for
 * memory.
 */
json_t *lot_list(struct web_call *c, const char *kase);

/*
 * A file that will arrive: size bytes, and key is their SHA-256. One that is
 * known already is left as it is. ERR_TOO_LARGE "web-lot-full", ERR_INVALID
 * "web-piece".
 */
int lot_announce(struct web_call *c, struct lot *l, const char *key,
    const char *name, uint64_t size, int part, struct err *e) NODISCARD;
/* Its next bytes. ERR_CONFLICT "offset"; ERR_INTEGRITY "web-piece": all is
 * there and it is something else; it begins anew. */
int lot_write(struct lot *l, const char *key, uint64_t offset, const void *p,
    size_t n, struct err *e) NODISCARD;
/* A file of a form, whole. */
int lot_add(struct web_call *c, struct lot *l, const struct web_file *f,
    int part, struct err *e) NODISCARD;
struct lot_file *lot_find(struct lot *l, const char *key);
/* Is everything there? How many files a part has. */
int lot_is_whole(const struct lot *l);
size_t lot_count(const struct lot *l, int part);
/* Among those of its part: one place earlier (-1) or later (1). */
void lot_move(struct lot *l, const char *key, int by);
void lot_remove(struct web_call *c, struct lot *l, const char *key);

/* The file as it leaves the console: of a photograph without its place, and
 * turned. As source_clean. */
int lot_source(const struct lot_file *f, int is_signed, struct source *s,
    struct err *e) NODISCARD;
/* The files of a part as a document; kind and the rest are the caller's. An
 * upload's name depends on its bytes alone, not on its place or kind. */
int lot_parcel(const struct lot *l, int part, struct parcel *p, struct err *e)
    NODISCARD;
/* After parcel_name: uploads named so. */
int lot_name_uploads(
    const struct lot *l, int part, struct parcel *p, struct err *e) NODISCARD;

/* What was typed, kept: every field of the form whose name is in names (NULL
 * at the end), all of its values. */
int lot_say(struct web_call *c, struct lot *l, const char *const *names,
    struct err *e) NODISCARD;
/* The i-th value; NULL. */
const char *lot_said_n(const struct lot *l, const char *name, size_t i);
/* The value, NULL when it is empty. */
const char *lot_said(const struct lot *l, const char *name);
int lot_says(const struct lot *l, const char *name, const char *value);

void lots_close(struct web *w);

#endif
