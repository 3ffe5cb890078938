/*
 * sceau web: the console of one person, a client of the API like any other.
 * It serves that person's browser on a Unix socket of theirs, or on a port of
 * loopback, and asks the vault in their name. It keeps nothing on a disk, and
 * nothing of a file is ever in a target, a header or a log: targets have
 * opaque ids, whatever people type goes by POST.
 *
 * A page is a function in a page_*.c and a row of its table of routes. It
 * gets a struct web_call, asks the vault through &c->cli (cli_get, cli_post,
 * cli_call), writes what stands between <main> and </main> into &c->h, and
 * returns 0; or < 0, and the error's sentence is the page. What is common to
 * all (guards, session, frame, headers) is in server.c, session.c, frame.c.
 */
#ifndef CLIENT_WEB_WEB_H
#define CLIENT_WEB_WEB_H

#include <jansson.h>

#include "base/httpd.h"
#include "client/cli.h"
#include "client/web/html.h"
#include "policy/policy.h"

#define WEB_PARTS_MAX 4		      /* % in a pattern */
#define WEB_FIELDS_MAX 2000	      /* of one form */
#define WEB_FIELDS_ROOM (1u << 20)    /* bytes of all their values */
#define WEB_FILES_MAX 64	      /* of one form */
#define WEB_FILES_ROOM (192ull << 20) /* bytes of all of them */
#define WEB_SESSIONS_MAX 16	      /* browsers of the one person */
#define WEB_IDLE_S 1800		      /* without a request: session over */
#define WEB_UPSTREAMS_MAX 8	      /* connections to the vault */
#define WEB_KEPT_MAX (4u << 20)	      /* bytes that a session keeps */
#define WEB_SENTENCE_MAX 512	      /* bytes of what is told of an error */

struct web;
struct web_session;

/* A file of a form: in anonymous memory, at offset 0. */
struct web_file {
	char *field, *name, *type;
	int fd;
	uint64_t size;
};

struct web_call {
	struct web *web;
	struct web_session *session; /* NULL only on WEB_OPEN routes */
	const char *method, *path;   /* path as it came, decoded */
	/* What stood in the pattern's %, in order. */
	char part[WEB_PARTS_MAX][128];
	struct cli cli; /* the person's: .http is connected to the vault */
	struct http_request *rq;
	struct http_response *rs;
	struct web_file *files;
	size_t nfiles;
	/* --- what a page fills in --- */
	struct html h;	    /* the content of <main> */
	char title[160];    /* of the page: its <h1> too, unless bare */
	const char *place;  /* the entry of the menu that is here: a path */
	int status;	    /* 200 unless set */
	int bare;	    /* the page writes its own <h1> */
	int whole;	    /* rs has the whole answer, h is not used */
	int sandbox;	    /* and it is bytes of others: nothing may run */
	int printable;	    /* a page to print: no menu */
	const char *script; /* of static/, for this page; NULL */
	/* --- the engine's --- */
	struct web_rules *rules;
	int sections;
	struct web_field *fields;
	size_t nfields, fields_room;
	uint64_t files_room;
	char redirect[256];
	char sentence[WEB_SENTENCE_MAX]; /* of the refusal that is shown (act.h)
					  */
	char purpose[POLICY_NAME_MAX + 1]; /* said of this case; "" none */
	/* The act as web_step_up was told it, and its refusal for want of a
	 * statement. */
	const char *step_operation;
	char step_object[128], step_purpose[POLICY_NAME_MAX + 1];
	struct err step_refused;
};

/* Flags of a route. */
#define WEB_OPEN 1  /* also without a session */
#define WEB_FILES 2 /* its form may have files */
/* The body is bytes of at most HTTP_BODY_MAX (in rq->body), sent by a script
 * with the header Sceau-Csrf; else a POST is a form with the field csrf. */
#define WEB_RAW 4

struct web_route {
	const char *method, *pattern; /* "/dossier/%/deposer" */
	int (*run)(struct web_call *c, struct err *e);
	int flags;
};
/* {0} at the end of each */
extern const struct web_route web_case[];
extern const struct web_route web_case_acts[];
extern const struct web_route web_correct[];
extern const struct web_route web_declare[];
extern const struct web_route web_document[];
extern const struct web_route web_seen[];
extern const struct web_route web_entry[];
extern const struct web_route web_file[];
extern const struct web_route web_glass[];
extern const struct web_route web_log[];
extern const struct web_route web_offline[];
extern const struct web_route web_opening[];
extern const struct web_route web_consents[], web_release[], web_decide[],
    web_arrivals[];
extern const struct web_route web_purpose[];
extern const struct web_route web_reports[];
extern const struct web_route web_retention[];
extern const struct web_route web_rights[];
extern const struct web_route web_search[];
extern const struct web_route web_today[];
extern const struct web_route web_record[];
extern const struct web_route web_provenance[];
extern const struct web_route web_scan[];
extern const struct web_route web_visit[];

/* --- what a request brought --- */

/* The i-th value of a field of the form, or of the query; NULL when there is
 * none. Values are UTF-8 without NUL; line ends are "\n". */
const char *web_field(const struct web_call *c, const char *name);
const char *web_field_n(const struct web_call *c, const char *name, int i);
/* The form's i-th field and its name, as they came; NULL after the last. */
const char *web_pair(const struct web_call *c, size_t i, const char **name);
/* The value without blanks around it; NULL when nothing is left. */
const char *web_said(struct web_call *c, const char *name);
/* Was a box ticked, a button pressed? */
int web_is(const struct web_call *c, const char *name, const char *value);
/* One of "GET" and "POST" that the person sent; a form was. */
int web_is_post(const struct web_call *c);

/* --- what a page answers --- */

/* 303 to a path of ours, after a POST that did something. Each % of pattern
 * is an id. */
int web_redirect(struct web_call *c, struct err *e, const char *pattern, ...)
    NODISCARD;
/* A sentence that the next page of this session shows at its top, once. */
void web_tell(struct web_call *c, const char *fmt, ...) PRINTF(2, 3);
/* <form method="post" action="…"> with its csrf field; files: multipart. */
void web_form(struct web_call *c, int files, const char *pattern, ...);
/* Does a page answer there? For links to what may not be of this build. */
int web_leads(const char *path);
/* A header of the answer. */
int web_header(struct web_call *c, const char *name, const char *value,
    struct err *e) NODISCARD;
/* JSON as the whole answer, for a script; j is taken. */
int web_json(struct web_call *c, int status, json_t *j, struct err *e)
    NODISCARD;
/* The sentence of an error, for a page that shows it beside its form, with
 * the number of the refusal's leaf when there is one. */
void web_error(struct web_call *c, const struct err *e);
/* An error's sentence for a page: what it says to type on a command line is
 * left out. */
const char *web_sentence(const struct err *e, char out[WEB_SENTENCE_MAX]);
/* <section> named by its <h2>; web_section_end closes it. */
void web_section(struct web_call *c, const char *heading);
void web_section_end(struct web_call *c);
/* That the vault does not believe the machine's clock, and what waits for it;
 * nothing when it does. */
void web_clock_note(struct web_call *c);
/* "Nothing here": a sentence of muted text. */
void web_none(struct web_call *c, const char *sentence);
/* A <time> of a member of j as people write it. */
void web_time(struct html *h, const json_t *j, const char *member);
void web_day(struct html *h, const json_t *j, const char *member);

/* --- the session --- */

/* Values kept until the session ends: what is kept is never changed, only
 * replaced. v is taken; NULL forgets. ERR_TOO_LARGE "session-full". */
int web_keep(struct web_call *c, const char *name, json_t *v, struct err *e)
    NODISCARD;
/* A reference of the caller's (json_decref), or NULL. */
json_t *web_kept(struct web_call *c, const char *name);
const char *web_csrf(const struct web_call *c);
/* May the person do this at all, by GET /v1/me ("doc-file")? For what is
 * offered; the vault decides. And do they hold this role? */
int web_may(struct web_call *c, const char *operation);
int web_holds(struct web_call *c, const char *role);
/* The same of one kind, by the rules: on an open case of theirs, for whatever
 * purpose, also where they broke this case's glass (its id or reference). */
int web_may_kind(
    struct web_call *c, enum policy_op op, const char *kind, const char *kase);
/* From a case that is shown: is its glass broken by them, now? */
int web_glass_keep(struct web_call *c, const json_t *kase, struct err *e)
    NODISCARD;
int web_glass_is_kept(struct web_call *c, const char *kase);
/* Their account and name, as the vault knows them. */
const char *web_account(struct web_call *c);
/* The vault's answer to GET /v1/me (json_decref), or NULL. */
json_t *web_me(struct web_call *c);

/*
 * The rules in force in the vault: kinds and their fields, titles of events,
 * purposes, recipients, channels, grounds. Fetched once and again when they
 * change; valid until this call ends.
 */
int web_rules(struct web_call *c, const struct policy **out, struct err *e)
    NODISCARD;

/* A figure of the rules, today. ERR_NOT_FOUND: they have none of this name. */
int web_figure(struct web_call *c, const char *name, long long *out,
    struct err *e) NODISCARD;

/*
 * A page need not do anything for purposes: when the vault asks for one, the
 * error that run() returns becomes a page that asks the person, and
 * c->cli.purpose is what they said of this case (the id behind the path's
 * first word) from then on. What follows is for pages that show it.
 */
/* What was said of the case, in a note with a way to take it back; or
 * nothing. */
void web_purpose_note(struct web_call *c);
/* The fieldset to choose from, within a form; its field is "pourquoi". */
void web_purpose_choices(struct web_call *c);
/* The same as a <select> that may stay empty, when there is a choice at all:
 * for pages of no case. What it says holds for the page's own path. */
void web_purpose_select(struct web_call *c, const char *label);
/* It holds for these too: documents of the case, by a member of each. */
int web_purpose_also(struct web_call *c, const json_t *list, const char *member,
    struct err *e) NODISCARD;

/*
 * To be called right before an act that rules may have signed (step-up): its
 * operation in the rules' words, and the id or reference of its case (NULL:
 * of none). When the vault then asks for a statement, a page gives it to sign,
 * and the same form comes back with its signature: this call puts it into
 * c->cli. ERR_DENIED "web-statement", "web-statement-late": the act is not to
 * be tried; the error is shown or returned like one of the vault's.
 */
int web_step_up(struct web_call *c, const char *operation, const char *object,
    struct err *e) NODISCARD;

/* --- the engine --- */

struct web_settings {
	const char *socket, *host; /* the vault, as struct cli has them */
	const char *listen;	   /* path of the Unix socket, or NULL */
	int port; /* of loopback; 0: any; with listen: unused */
	int code; /* a one-time code lets also the first browser in */
	int idle_s;
};
int web_open(const struct web_settings *s, struct web **out, struct err *e)
    NODISCARD;
/* The port that was taken, of loopback. */
int web_port(const struct web *w);
/* The code that lets the next browser in, to show; NULL when none is asked
 * for or it was shown before. Thread-safe; the caller frees. */
char *web_take_code(struct web *w);
/* Readable (poll) when web_take_code has something new. */
int web_code_fd(const struct web *w);
void web_close(struct web *w);

/* --- between the files of the engine (not for pages) --- */

struct web_static {
	const char *path, *type;
	const unsigned char *p;
	size_t n;
};
extern const struct web_static web_statics[]; /* {0} at the end */

int web_frame(struct web_call *c, struct err *e) NODISCARD;
/* Before the page; and after it when it failed: 1: a page asks now. */
int web_purpose_take(struct web_call *c, struct err *e) NODISCARD;
int web_purpose_ask(struct web_call *c, const struct err *e);
void web_error_page(struct web_call *c, const struct err *e);
/* All that a page wrote is taken back: another one begins. */
void web_page_anew(struct web_call *c);
/* What a form brought as hidden fields, to be sent again; the token against
 * forgery and the names of but (NULL at the end) are not. */
void web_carry(struct web_call *c, const char *const *but);
/* An error that a page shows: is it that an act has to be signed? And then,
 * after the page: 1: a page asks for it now. */
void web_step_up_note(struct web_call *c, const struct err *e);
int web_step_up_ask(struct web_call *c, struct err *e) NODISCARD;
/* On a page that refuses to show a case or a document: the way to break the
 * glass, for who may. */
void web_glass_offer(struct web_call *c);
/* Are the files of the form a statement's signature and nothing else? */
int web_step_up_files(const struct web_call *c);

struct web_session *web_session_find(struct web *w, const char *cookie);
struct web_session *web_session_new(struct web *w, struct err *e);
void web_session_put(struct web *w, struct web_session **s);
void web_session_end(struct web *w, struct web_session *s);
const char *web_session_cookie(const struct web_session *s);
int web_session_csrf_is(const struct web_session *s, const char *said);
/* Right: the code is used up. Wrong too often: there is another one. */
int web_code_is(struct web *w, const char *said, struct err *e) NODISCARD;
/* Somebody stands at the door: have the code shown. */
void web_code_wanted(struct web *w);
/* Is the code asked of a browser without a session? Of all, as the settings
 * say; else once every session that there was has ended. */
int web_wants_code(struct web *w);
/* The sentence that web_tell left, taken; the caller frees. NULL. */
char *web_told(struct web_call *c);

#endif
