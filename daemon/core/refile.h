/*
 * A document filed anew under another case: its contents opened under a leaf
 * that is durable, sealed again under fresh keys with fresh ids, its manifest
 * rewritten. Nothing that seals the first opens the second.
 */
#ifndef DAEMON_CORE_REFILE_H
#define DAEMON_CORE_REFILE_H

#include "daemon/core/filing.h"

struct refiled {
	struct filed w; /* core, caller, kind, kase and d: by the caller */
	struct filing form;
	struct stage *stages[FILING_UPLOADS_MAX];
	struct fresh_key keys[FILING_UPLOADS_MAX];
};

/*
 * From version 1 of from, whose manifest this is. Then filing_stages and
 * filing_place. ERR_INTEGRITY when a content is not what the manifest says.
 */
int refile_prepare(struct refiled *x, const struct id *from,
    const json_t *manifest, uint64_t leaf, struct err *e) NODISCARD;
/* Once the change is made: what holds the store's segments goes. */
void refile_release(struct refiled *x);
void refile_done(struct refiled *x);

#endif
