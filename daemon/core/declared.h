/*
 * Days that people declare: "given on", "happened on". Never in the future,
 * and at most as long ago as the rules' figure declared-days-back says.
 */
#ifndef DAEMON_CORE_DECLARED_H
#define DAEMON_CORE_DECLARED_H

#include "daemon/core/core.h"

/*
 * text: YYYY-MM-DD; "" is today. tag: of the refusal ("consent-date").
 * ERR_INVALID: no date; ERR_REFUSED tag; ERR_REFUSED "figure-missing": the
 * rules do not say how long ago is too long, so nothing but today is taken.
 */
int declared_day(struct core *core, const char *text, int64_t now_ms,
    const char *tag, int32_t *day, struct err *e) NODISCARD;
/*
 * The same for a day that a record says: no later than today, and no older
 * than the figure counted back from since (the first filing of what is now
 * corrected).
 */
int declared_day_within(struct core *core, int32_t day, int32_t since,
    int32_t today, const char *tag, struct err *e) NODISCARD;
/* How somebody said something: visite, telephone, courrier, courriel, sms,
 * rendez-vous, guichet. ERR_REFUSED "channel". */
int declared_channel(const char *channel, struct err *e) NODISCARD;
/* The instant of a declared day: its beginning in Paris; now for today. */
int64_t declared_ms(int32_t day, int64_t now_ms);

#endif
