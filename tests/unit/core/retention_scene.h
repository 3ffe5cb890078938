/*
 * A scene for sweeps: a household that nobody ever met, with one document,
 * whose six months can be let pass; those who plan, approve, answer for the
 * archives and run.
 */
#ifndef TESTS_UNIT_CORE_RETENTION_SCENE_H
#define TESTS_UNIT_CORE_RETENTION_SCENE_H

#include "tests/unit/core/core_fixture.h"

struct retention_scene {
	struct core_fixture *f;
	char kase[ID_TEXT], doc[ID_TEXT], sweep[ID_TEXT];
	struct caller director, camille, noa, jurist;
	char *page;
};

/* cmocka: *state is the scene, NULL when the test is to be skipped. */
int retention_setup(void **state);
int retention_teardown(void **state);
/* The clock that the scene's core reads. */
extern int64_t retention_now;
int64_t retention_clock(void);

/* The core again, as after a stop: with the clock that it is now. */
void retention_reopen(struct retention_scene *s);
/* So many days pass, believed. */
void retention_days(struct retention_scene *s, int days);
/* Seven months: what was never met is due. */
void retention_due_time(struct retention_scene *s);
/* A fiche-transfert of the scene's case; the document's id. */
void retention_file(
    struct retention_scene *s, const char *text, char out[ID_TEXT]);
int retention_get(struct retention_scene *s, const char *doc);

/* as_of "": today; share -1: none is confirmed. */
int retention_analysis(struct retention_scene *s, const struct caller *who,
    const char *as_of, int dry, int64_t share, json_t **answer);
/* By the lead: sweep and page. share as above. */
void retention_plan(struct retention_scene *s, int64_t share);
/* The signature of this person, handed in by the director. */
int retention_approve(struct retention_scene *s, enum person who);
int retention_visa_by(struct retention_scene *s, const struct caller *who);
int retention_run(struct retention_scene *s, json_t **answer);
/* Due, planned, approved by two, with the archives' visa: ready to run. */
void retention_ready(struct retention_scene *s);
/* The tag of the last refusal. */
const char *retention_tag(const struct retention_scene *s);

#define RETENTION_SCENE(s)                                                     \
	struct retention_scene *s = *state;                                    \
	if (s == NULL)                                                         \
	skip()

#endif
