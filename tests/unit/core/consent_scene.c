#include "tests/unit/core/consent_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sshsig.h"
#include "base/text.h"
#include "daemon/core/consent_row.h"
#include "daemon/core/erasure.h"

/* The vault's clock, which the tests set. */
int64_t scene_clock_ms;

static int64_t
the_clock(void)
{
	return scene_clock_ms;
}

void
scene_set_clock(const char *at)
{
	assert_int_equal(time_parse(at, &scene_clock_ms, NULL), 0);
}

void
scene_live_until(struct scene *s, const char *at)
{
	int64_t until;

	assert_int_equal(time_parse(at, &until, NULL), 0);
	core_fixture_live(s->f, &scene_clock_ms, until);
}

void
scene_file(
    struct scene *s, const char *kase, const char *kind, char out[ID_TEXT])
{
	json_t *answer = NULL;

	if (core_fixture_file(s->f, CAMILLE, kase, kind, core_fixture_png,
		core_fixture_png_len,
		strcmp(kind, "piece") == 0 ? "" : "handwritten-scan", NULL,
		&answer) < 0)
		fail_msg("%s: %s", kind, s->f->e.text);
	snprintf(out, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
}

void
scene_person_at(struct scene *s, size_t i, char out[ID_TEXT])
{
	json_t *answer = NULL;

	if (case_show(s->f->core, &s->camille, s->kase, &s->f->object, &answer,
		&s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(out, ID_TEXT, "%s",
	    json_string_value(json_object_get(
		json_array_get(json_object_get(answer, "persons"), i),
		"person")));
	json_decref(answer);
}

void
scene_add_person(struct scene *s, const char *role, const char *name)
{
	struct case_person p = { .role = role, .name = name };
	json_t *answer = NULL;

	if (person_add(s->f->core, &s->camille, s->kase, &p, &s->f->object,
		&answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
}

int
scene_setup(void **state)
{
	struct core_fixture *f = calloc(1, sizeof(*f));

	*state = NULL;
	assert_non_null(f);
	if (!core_fixture_init(f)) {
		free(f);
		return 0;
	}
	*state = f;
	return 0;
}

/* A couple and their child, on this instant. */
void
scene_init(struct scene *s, struct core_fixture *f, const char *at)
{
	scene_set_clock(at);
	if (core_open(&f->agent.settings, the_clock, &f->core, &f->e) < 0)
		fail_msg("core: %s", f->e.text);
	s->f = f;
	s->camille = core_fixture_caller(f, CAMILLE);
	core_fixture_case(f, CAMILLE, "Durand", s->kase);
	scene_add_person(s, "co-titulaire", "Exemple");
	scene_add_person(s, "mineur", "Enfant");
	scene_person_at(s, 0, s->first);
	scene_person_at(s, 1, s->second);
	scene_file(s, s->kase, "consentement", s->evidence);
}

void
scene_restart(struct scene *s, const char *at)
{
	core_freep(&s->f->core);
	scene_set_clock(at);
	if (core_open(&s->f->agent.settings, the_clock, &s->f->core, &s->f->e) <
	    0)
		fail_msg("core: %s", s->f->e.text);
	s->camille = core_fixture_caller(s->f, CAMILLE);
}

struct consent_giving
scene_sheet(struct scene *s)
{
	return (struct consent_giving){
		.kase = s->kase,
		.purposes = { "diagnostic", "partage:caf",
		    "partage:banque-de-france" },
		.npurposes = 3,
		.method = "handwritten",
		.evidence = s->evidence,
		.given_on = "",
		.language = "fr",
		.interpreter = "",
		.witness = "",
		.place = "domicile",
	};
}

int
scene_give(struct scene *s, const struct consent_giving *g, json_t **answer)
{
	*answer = NULL;
	return consent_give(
	    s->f->core, &s->camille, g, &s->f->object, answer, &s->f->e);
}

void
scene_must_give(struct scene *s, const struct consent_giving *g, size_t n)
{
	json_t *answer = NULL;

	if (scene_give(s, g, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	assert_int_equal(
	    json_array_size(json_object_get(answer, "consents")), n);
	json_decref(answer);
}

void
scene_refused(struct scene *s, const struct consent_giving *g,
    enum err_code code, const char *tag)
{
	json_t *answer = NULL;
	int r = scene_give(s, g, &answer);

	json_decref(answer);
	if (r != -(int)code || strcmp(err_name(&s->f->e), tag) != 0)
		fail_msg("%d %s, not %s: %s", r, err_name(&s->f->e), tag,
		    s->f->e.text);
}

/* What the list says of a purpose on a day; "" : now. The caller's. */
json_t *
scene_in_force(struct scene *s, const char *purpose, const char *at)
{
	json_t *answer = NULL, *p, *found = NULL;
	size_t i;

	if (consent_list_at(s->f->core, &s->camille, s->kase, at, &s->f->object,
		&answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_array_foreach(json_object_get(answer, "in_force"), i, p)
	{
		if (strcmp(json_string_value(json_object_get(p, "purpose")),
			purpose) == 0)
			found = json_incref(p);
	}
	json_decref(answer);
	assert_non_null(found);
	return found;
}

void
scene_stands(struct scene *s, const char *purpose, const char *at, int on,
    const char *reason)
{
	json_t *p = scene_in_force(s, purpose, at);

	if (json_is_true(json_object_get(p, "in_force")) != on ||
	    strcmp(json_string_value(json_object_get(p, "reason")), reason) !=
		0)
		fail_msg("%s at %s: %s", purpose, at,
		    json_string_value(json_object_get(p, "reason")));
	json_decref(p);
}

size_t
scene_records(struct scene *s)
{
	json_t *answer = NULL;
	size_t n;

	if (consent_list(s->f->core, &s->camille, s->kase, &s->f->object,
		&answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	n = json_array_size(json_object_get(answer, "consents"));
	json_decref(answer);
	return n;
}

void
scene_living(
    struct scene *s, const char *person, const char *purpose, char out[ID_TEXT])
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct consent_row row;
	struct id kase, id;

	assert_int_equal(id_parse(s->kase, &kase, NULL), 0);
	assert_int_equal(id_parse(person, &id, NULL), 0);
	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(
	    consent_row_living(&tx, &kase, &id, purpose, &row, NULL), 1);
	id_format(&row.id, out);
}

void
scene_withdraw_of(struct scene *s, const char *person, const char *purpose)
{
	char text[ID_TEXT];
	json_t *answer = NULL;

	scene_living(s, person, purpose, text);
	if (consent_withdraw(s->f->core, &s->camille, text, "visite", "",
		&s->f->object, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
}

static void
approve(struct scene *s, struct caller *as, enum person who,
    const char *erasure, const char *plan)
{
	AUTO(buf_done) struct buf sig = { 0 };
	json_t *answer = NULL;
	uint8_t seed[32];

	core_fixture_seed(who, seed);
	assert_int_equal(sshsig_sign(seed, ERASURE_NAMESPACE, plan,
			     strlen(plan), &sig, NULL),
	    0);
	if (erasure_approve(s->f->core, as, erasure, buf_str(&sig),
		&s->f->object, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
}

void
scene_erase(struct scene *s)
{
	struct caller noa = core_fixture_caller(s->f, NOA);
	struct caller director = core_fixture_caller(s->f, DIRECTOR);
	struct erasure_asking a = { .kase = s->kase,
		.reason = "demande de la personne",
		.basis = "RGPD art. 17(1)(b)" };
	json_t *answer = NULL, *done = NULL;
	const char *erasure, *plan;

	if (erasure_plan(
		s->f->core, &noa, &a, &s->f->object, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	erasure = json_string_value(json_object_get(answer, "erasure"));
	plan = json_string_value(json_object_get(answer, "plan"));
	approve(s, &director, DIRECTOR, erasure, plan);
	approve(s, &director, JURIST, erasure, plan);
	if (erasure_run(s->f->core, &director, erasure, &s->f->object, &done,
		&s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(done);
	json_decref(answer);
}
