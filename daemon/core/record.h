/*
 * Records: JSON with the fields that the policy declares for a kind. Read
 * strictly: what is not declared is refused, duplicates are refused, nothing
 * is repaired. Errors name the field's path, never its content.
 */
#ifndef DAEMON_CORE_RECORD_H
#define DAEMON_CORE_RECORD_H

#include <jansson.h>

#include "base/err.h"
#include "policy/policy.h"

#define RECORD_MAX (UINT64_C(1) << 20) /* bytes */
#define RECORD_DEPTH_MAX 32
#define RECORD_STRING_MAX 255 /* bytes, where the policy says nothing */
#define RECORD_TEXT_MAX 65536
#define RECORD_LIST_MAX 1000
#define RECORD_AMOUNT_MAX 1e12 /* euros */

/*
 * RFC 8259 text of an object or array. ERR_TOO_LARGE; ERR_REFUSED tags
 * "record-json", "record-duplicate", "record-depth".
 */
int record_parse(const void *p, size_t n, json_t **out, struct err *e)
    NODISCARD;
/*
 * Does the object have the kind's form? draft: what is required may be
 * missing. ERR_REFUSED tags "record-field"; "record-incomplete": something
 * required is missing.
 */
int record_check(const struct policy_kind *k, const json_t *record, int draft,
    struct err *e) NODISCARD;

#endif
