/*
 * A household whose extracts are tested: the core fixture with certificates
 * of recipients among its rules, a case with a record, and who acts.
 * Containers are opened with stock openssl.
 */
#ifndef TESTS_UNIT_CORE_EXTRACT_SCENE_H
#define TESTS_UNIT_CORE_EXTRACT_SCENE_H

#include "daemon/core/consent.h"
#include "daemon/core/disclosure.h"
#include "tests/unit/core/core_fixture.h"

/* cmocka: as core_fixture_setup, with certificates for caf (RSA), ccapex
 * (EC), siao (EC), and a partner of the siao. */
int extract_setup(void **state);

struct scene {
	struct core_fixture *f;
	char kase[ID_TEXT], evidence[ID_TEXT], record[ID_TEXT];
	struct caller camille, noa, director, caf, ccapex, siao;
};

/* A case of one adult, amont, with a diagnosis and a signed consent form. */
void scene_init(struct scene *s, struct core_fixture *f);
void scene_file(struct scene *s, const char *kind, const void *p, size_t n,
    const char *level, char out[ID_TEXT]);
/* A new version of the diagnosis. */
int scene_rectify(struct scene *s, uint64_t *leaf);
/* Every adult, or person alone. */
int scene_give(struct scene *s, const char *purpose, const char *person,
    char consent[ID_TEXT]);
int scene_withdraw(struct scene *s, const char *consent, json_t **answer);
void scene_person(struct scene *s, const char *role, const char *name,
    int confidential, char person[ID_TEXT]);
int scene_preview(struct scene *s, const char *to, json_t **answer);
int scene_release(struct scene *s, const char *to, const char *purpose,
    const char *channel, json_t **answer);
/* The same; only the extract's id. */
int scene_extract(struct scene *s, const char *to, const char *purpose,
    char extract[ID_TEXT]);
int scene_pull(struct scene *s, const struct caller *who, const char *extract,
    struct buf *out);

/* Run a program with these words in the vault's folder; its exit status. */
int scene_run(struct core_fixture *f, const char *const *argv);
/* The payload as stock openssl opens and verifies it, with name's key. */
json_t *scene_open_stock(
    struct scene *s, const struct buf *container, const char *name);
/* Is this path among the withheld, for this reason? The line, or NULL. */
const json_t *scene_withheld(
    const json_t *preview, const char *path, const char *why);

extern const char scene_record[];
extern const size_t scene_record_len;

#endif
