/*
 * The command line: global options, the table of commands, output. A command
 * is a file that exports one constant (or a few, for its verbs).
 */
#ifndef CLIENT_CLI_H
#define CLIENT_CLI_H

#include <jansson.h>
#include <libintl.h>

#include "base/err.h"
#include "client/http.h"

/* Messages: msgids are French; po/en.po is complete. */
#define _(s) gettext(s)
#define N_(s) (s)

#define ARGS_MAX 256
#define OPTIONS_MAX 64 /* given on one command line */

/* The options every command knows, and what it needs to work. */
struct cli {
	const char *socket, *host, *purpose;
	int json;	   /* --json: one JSON value on stdout */
	struct http *http; /* opened by cli_http on first use */
	long status;	   /* of the last answer that cli_call took */
	/* A signed statement for the act (stepup.h); empty: none. */
	struct buf step_up;
	/* All options given, for cli_option: the entry of the command's list
	 * and its value. */
	struct {
		const char *entry, *value;
	} given[OPTIONS_MAX];
	int ngiven;
};

/* An option of a command. "name" takes a value; "name!" takes none. */
struct cmd {
	const char *noun, *verb;    /* verb NULL: "sceau find" */
	const char *usage;	    /* "DOSSIER TYPE FICHIER…" */
	const char *about;	    /* one line, a msgid */
	const char *const *options; /* "output", "void!", "which?" … */
	int min_args, max_args;	    /* max -1: ARGS_MAX */
	int (*run)(struct cli *c, int argc, char **argv, struct err *e);
};

extern const struct cmd *const commands[]; /* NULL at the end */

/* The value of an option of the running command; NULL when not given, ""
 * for one without a value. cli_option_n: the i-th time it was given. */
const char *cli_option(const struct cli *c, const char *name);
const char *cli_option_n(const struct cli *c, const char *name, int i);

/* The connection: --socket, --host, $SCEAU_SOCKET, $SCEAU_DIR/run/api.sock,
 * /run/sceau/api.sock. */
int cli_http(struct cli *c, struct http **out, struct err *e) NODISCARD;

/* Where the socket called name ("unseal.sock") is: in the folder of api.sock,
 * as cli_http finds it. ERR_USAGE with --host: it is on this machine. */
int cli_socket(const struct cli *c, const char *name, struct buf *out,
    struct err *e) NODISCARD;

/* One exchange with the purpose of the command line. body is borrowed. */
int cli_call(struct cli *c, const char *method, const char *path,
    const json_t *body, const char *idempotency, json_t **out, struct err *e)
    NODISCARD;

/* Build a path: "/v1/cases/%/documents" with each % replaced by the next
 * escaped string; NULL ends the list. */
int cli_path(struct buf *out, struct err *e, const char *pattern, ...)
    NODISCARD;

/* ?name=value, or &name=value when path has a query already; nothing when
 * value is NULL. */
int cli_query(struct buf *path, const char *name, const char *value,
    struct err *e) NODISCARD;
/* The answer to GET or POST of a path built as by cli_path. body NULL: {}. */
int cli_get(struct cli *c, json_t **out, struct err *e, const char *pattern,
    ...) NODISCARD;
int cli_post(struct cli *c, const json_t *body, json_t **out, struct err *e,
    const char *pattern, ...) NODISCARD;
/* GET of an answer that is text. */
int cli_get_text(
    struct cli *c, const char *path, struct buf *out, struct err *e) NODISCARD;
/* GET of a content that is a record: text without a NUL. */
int cli_get_content(
    struct cli *c, const char *path, struct buf *out, struct err *e) NODISCARD;

/* An option that must be there. ERR_USAGE. */
int cli_required(const struct cli *c, const char *name, const char **out,
    struct err *e) NODISCARD;
/* A whole number from 1 to max as an option; *out stays when absent. */
int cli_number(const struct cli *c, const char *name, long long max,
    long long *out, struct err *e) NODISCARD;
/* A descriptor's number as an option, 0 and more; *out stays when absent. */
int cli_descriptor(const struct cli *c, const char *name, long long *out,
    struct err *e) NODISCARD;
/* o[member] = value; nothing when value is NULL. */
int cli_member(json_t *o, const char *member, const char *value, struct err *e)
    NODISCARD;
/* o[member] = every value given for the option; nothing when none was. */
int cli_members(const struct cli *c, const char *name, json_t *o,
    const char *member, struct err *e) NODISCARD;
/* The JSON object of a file ("-": standard input), for what should not
 * stand on a command line. ERR_INVALID. */
int cli_json_file(const char *path, json_t **out, struct err *e) NODISCARD;
/* Text to --output, or to standard output; with --json as {member: text}. */
int cli_give_text(const struct cli *c, const char *member,
    const struct buf *text, struct err *e) NODISCARD;

/* --json: print j and return 1; else 0 and the command prints its words. */
int cli_print_json(const struct cli *c, const json_t *j);
/* String member or ""; integer member or 0. */
const char *jstr(const json_t *j, const char *name);
long long jint(const json_t *j, const char *name);
/* An array member's i-th element, and how many there are. */
json_t *jat(const json_t *j, const char *name, size_t i);
size_t jcount(const json_t *j, const char *name);
/* The strings of an array member, separated by ", ", into out. */
const char *jlist(const json_t *j, const char *name, char *out, size_t size);
/* Today in France, YYYY-MM-DD: what is dated counts there, wherever this
 * machine says it is. */
void cli_today(char out[11]);
/* A time member as local time for a terminal ("23/11/2026 05:06"). */
const char *jtime(const json_t *j, const char *name, char out[32]);
/* A day YYYY-MM-DD as people write it, "" when there is none. */
const char *jdate(const json_t *j, const char *name, char out[32]);
/* The last day of a term that ends at this instant: a term that ends with the
 * 23rd is over at the midnight after, in France. "" when there is none. */
const char *jlast_day(const json_t *j, const char *name, char out[32]);
/* Bytes as people write them, French: "2,4 Mo". */
const char *human_size(unsigned long long n, char out[32]);

/* A secret without echo from the terminal, or from descriptor fd >= 0 (first
 * line). In locked memory. */
struct secret;
int cli_passphrase(
    int fd, const char *prompt, struct secret *out, struct err *e) NODISCARD;

/* The sentence for a refusal's tag or code, translated; NULL if none. */
const char *cli_sentence(const struct err *e);

#endif
