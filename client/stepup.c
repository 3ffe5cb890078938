#include "client/stepup.h"

#include <time.h>

#include "base/crypto.h"
#include "client/sign.h"

int
stepup_object(const char *text, char out[ID_TEXT])
{
	struct id id = { 0 };
	uint32_t bits;

	if (id_parse(text, &id, NULL) == 0) {
		id_format(&id, out);
		return 1;
	}
	if (id_ref_parse(text, &bits, NULL) < 0)
		return 0;
	/* An id that begins with these 30 bits has this reference. */
	bits <<= 2;
	id.b[0] = (uint8_t)(bits >> 24);
	id.b[1] = (uint8_t)(bits >> 16);
	id.b[2] = (uint8_t)(bits >> 8);
	id.b[3] = (uint8_t)bits;
	id_ref(&id, out);
	return 1;
}

/* A beginning names one case to the vault only. */
static int
find_object(struct cli *c, const char *text, char out[ID_TEXT], struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if (text == NULL) {
		memcpy(out, "-", 2);
		return 0;
	}
	if (stepup_object(text, out))
		return 0;
	if ((r = cli_get(c, &j, e, "/v1/cases/%", text)) < 0)
		return r;
	if (!stepup_object(jstr(j, "case"), out))
		return err_tag(e, ERR_UNAVAILABLE, "answer", "case");
	return 0;
}

int
stepup_statement(struct cli *c, const char *operation, const char *object,
    int seconds, struct statement *s, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = find_object(c, object, s->object, e)) < 0 ||
	    (r = cli_get(c, &j, e, "/v1/status")) < 0)
		return r;
	if (id_parse(jstr(j, "vault"), &s->vault, NULL) < 0 ||
	    jint(j, "head_size") < 0)
		return err_tag(e, ERR_UNAVAILABLE, "answer", "status");
	if (c->purpose != NULL && strlen(c->purpose) > STATEMENT_NAME_MAX)
		return err_tag(
		    e, ERR_USAGE, "purpose-unknown", "%.64s", c->purpose);
	s->log_size = (uint64_t)jint(j, "head_size");
	snprintf(s->operation, sizeof(s->operation), "%s", operation);
	snprintf(s->purpose, sizeof(s->purpose), "%s",
	    c->purpose != NULL ? c->purpose : "-");
	s->expires_ms = ((int64_t)time(NULL) + seconds) * 1000;
	return crypto_random(s->nonce, sizeof(s->nonce), e);
}

int
stepup_sign(
    struct cli *c, const char *operation, const char *object, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 }, armored = { 0 };
	const char *key = cli_option(c, STEPUP_OPTION);
	struct statement s = { 0 };
	int r;

	if (key == NULL)
		return 0;
	buf_reset(&c->step_up);
	if ((r = stepup_statement(
		 c, operation, object, STEPUP_SECONDS, &s, e)) < 0 ||
	    (r = statement_format(&s, &text, e)) < 0 ||
	    (r = sign_text(key, STEP_UP_NAMESPACE, &text, &armored, e)) < 0)
		return r;
	return statement_pack(&text, &armored, &c->step_up, e);
}
