/*
 * The API: routes over the core. api knows HTTP and JSON forms; core knows
 * the domain. A route is a row; its operation is asked of the policy by the
 * core function it calls, which also writes the leaf of success; the
 * dispatcher writes the leaf of every refusal.
 */
#ifndef DAEMON_API_API_H
#define DAEMON_API_API_H

#include <jansson.h>

#include "base/httpd.h"
#include "daemon/core/core.h"

#define API_DOOR_STAFF 0
#define API_DOOR_PARTNER 1
#define API_PARAMS_MAX 3

struct api_call {
	struct core *core;
	struct caller caller;
	const struct http_request *rq;
	const char *param[API_PARAMS_MAX]; /* {…} of the pattern, in order */
	json_t *body;			   /* parsed object; NULL when none */
	int dry_run;			   /* ?dry-run */
	/* out */
	json_t *answer;		  /* becomes the JSON body; taken */
	struct http_response *rs; /* for other bodies: text, streams */
	int status;		  /* 200 unless set: 201, 202 */
	struct id object;	  /* what it was about, for a refusal's leaf */
};

struct route {
	const char *method;
	const char *pattern;   /* "/v1/cases/{case}/documents" */
	int door;	       /* API_DOOR_STAFF or _PARTNER */
	enum leaf_class klass; /* of the leaf when it is refused */
	int (*run)(struct api_call *c, struct err *e);
	/* Members that the body may have, "!name" when it must; NULL ends;
	 * NULL pointer: no body. Others are refused. */
	const char *const *members;
};

/* One table a module, ended by a row without a method. */
extern const struct route routes_status[], routes_case[], routes_document[],
    routes_search[], routes_consent[], routes_extract[], routes_partner[],
    routes_erasure[], routes_audit[], routes_publish[], routes_notice[],
    routes_submission[], routes_intake[], routes_subject[], routes_rights[],
    routes_glass[], routes_explain[], routes_breach[], routes_policy[],
    routes_retention[];
extern const struct route routes_clock[], routes_visit[], routes_visit_draft[];

extern const struct route routes_clock[];
extern const struct route routes_report[];
extern const struct route routes_life[];

struct api;
/* Serve core on these listeners (their descriptors are taken). */
int api_open(struct core *core, const struct http_listener *l, size_t n,
    struct api **out, struct err *e) NODISCARD;
/* Let what runs end, at most timeout_ms, then close. NULL is accepted. */
void api_close(struct api *a, int timeout_ms);

/* Only these members ("!name": it must be there), as of a route. */
int api_members(const char *const *members, json_t *body, struct err *e)
    NODISCARD;
/* What a body of its own, or a part of a visit's, says. */
struct filing;
struct consent_giving;
struct refusing;
int api_filing(const struct api_call *c, struct filing *f, struct err *e)
    NODISCARD;
int api_giving(const struct api_call *c, struct consent_giving *g,
    struct err *e) NODISCARD;
int api_refusing(const struct api_call *c, struct refusing *r, struct err *e)
    NODISCARD;

/* Members of a body, checked: ERR_INVALID names the member. NULL default
 * makes a string required. */
int api_string(const struct api_call *c, const char *name, size_t max,
    const char **out, struct err *e) NODISCARD; /* required */
int api_string_or(const struct api_call *c, const char *name, size_t max,
    const char *absent, const char **out, struct err *e) NODISCARD;

#endif
