/*
 * Errors: one shape for the whole project. A function returns 0 or the
 * negative code, and fills *e; on failure no output is touched.
 *
 * Up to and including ERR_UNAVAILABLE the text may be shown to the caller:
 * it names things (a field, a kind, a limit), never contents. From
 * ERR_INTERNAL on only the log gets it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/scope.h"

enum err_code {
	ERR_OK = 0,
	ERR_USAGE,	  /* the command line is wrong */
	ERR_INVALID,	  /* a request that is not well formed */
	ERR_REFUSED,	  /* input refused: type, size, signature, field */
	ERR_TOO_LARGE,	  /* a named limit is passed */
	ERR_DENIED,	  /* the policy says no */
	ERR_NOT_FOUND,	  /* no such thing, or not yours: one answer */
	ERR_CONFLICT,	  /* the state does not allow it */
	ERR_SEALED,	  /* the vault is sealed */
	ERR_FULL,	  /* the disk reserve is reached: filings refused */
	ERR_BUSY,	  /* over a quota or a bound: try later */
	ERR_PENDING,	  /* committed, its head is not signed yet: 202 */
	ERR_INTEGRITY,	  /* a check of bytes failed; FORGED */
	ERR_INCOMPLETE,	  /* something that must be there is missing */
	ERR_INCONSISTENT, /* two heads of one log do not agree */
	ERR_UNAVAILABLE,  /* another process of ours does not answer */
	ERR_INTERNAL,	  /* ours: the log only */
	ERR_NOMEM,
	ERR_IO,
	ERR_CODES /* how many there are */
};

#define ERR_TEXT_MAX 240

struct err {
	enum err_code code;
	int sys;	 /* errno at the time, or 0 */
	const char *tag; /* stable name for the caller, static; or NULL */
	char text[ERR_TEXT_MAX];
};

/* Fill *e (e may be NULL) and return -code. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
    PRINTF(3, 4);

/*
 * As err_set, with a stable tag (kebab-case, a string constant) that callers
 * and translations key on: "consent-missing", "media-type".
 */
int err_tag(struct err *e, enum err_code code, const char *tag, const char *fmt,
    ...) PRINTF(4, 5);

/* As err_set, with errno appended. ENOSPC and EDQUOT become ERR_FULL. */
int err_sys(struct err *e, enum err_code code, const char *fmt, ...)
    PRINTF(3, 4);

/* Prefix the text of *e with context; returns -e->code. */
int err_wrap(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Stable tag: e->tag, else the code's own name ("not-found"). Never NULL. */
const char *err_name(const struct err *e);

/* The code's own stable name, HTTP status and exit status: one table. */
const char *err_code_name(enum err_code code);
int err_http(enum err_code code);
int err_exit(enum err_code code);

/* The code whose stable name is s, or ERR_INTERNAL. */
enum err_code err_code_from_name(const char *s);

/* May the text be shown to the caller? */
int err_is_public(enum err_code code);

#endif
