/* The rules in force, for forms and titles: fetched once, and when they change.
 */
#include "base/text.h"
#include "client/ruleset.h"
#include "client/web/engine.h"

static void
drop(struct web_rules *r)
{
	if (r != NULL && --r->refs == 0) {
		policy_freep(&r->policy);
		free(r);
	}
}

void
web_rules_put(struct web *w, struct web_rules **rp)
{
	pthread_mutex_lock(&w->lock);
	drop(*rp);
	pthread_mutex_unlock(&w->lock);
	*rp = NULL;
}

/* What the vault calls the rules that it decides by. */
static int
name_of(struct web_call *c, char out[72], struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = cli_get(&c->cli, &j, e, "/v1/status")) < 0)
		return r;
	snprintf(out, 72, "%s", jstr(json_object_get(j, "policy"), "sha256"));
	return 0;
}

static int
fetch(struct web_call *c, const char *name, struct err *e)
{
	struct web_rules *got = calloc(1, sizeof(*got));
	int r;

	if (got == NULL)
		return err_set(e, ERR_NOMEM, "rules");
	if ((r = ruleset_fetch(&c->cli, &got->policy, e)) < 0) {
		free(got);
		return r;
	}
	snprintf(got->sha256, sizeof(got->sha256), "%s", name);
	got->refs = 2; /* the console's, and this call's */
	pthread_mutex_lock(&c->web->lock);
	drop(c->web->rules);
	c->web->rules = got;
	pthread_mutex_unlock(&c->web->lock);
	c->rules = got;
	return 0;
}

int
web_rules(struct web_call *c, const struct policy **out, struct err *e)
{
	char name[72];
	int r;

	if (c->rules == NULL) {
		if ((r = name_of(c, name, e)) < 0)
			return r;
		pthread_mutex_lock(&c->web->lock);
		if (c->web->rules != NULL &&
		    strcmp(c->web->rules->sha256, name) == 0) {
			c->rules = c->web->rules;
			c->rules->refs++;
		}
		pthread_mutex_unlock(&c->web->lock);
		if (c->rules == NULL && (r = fetch(c, name, e)) < 0)
			return r;
	}
	*out = c->rules->policy;
	return 0;
}

int
web_figure(struct web_call *c, const char *name, long long *out, struct err *e)
{
	const struct policy *p;
	char today[11];
	int64_t value;
	int32_t day;
	int r;

	cli_today(today);
	if ((r = date_parse(today, &day, e)) < 0 ||
	    (r = web_rules(c, &p, e)) < 0 ||
	    (r = policy_figure_on(p, name, day, &value, e)) < 0)
		return r;
	*out = (long long)value;
	return 0;
}
