#include "daemon/core/declared.h"

#include "base/civil.h"
#include "base/text.h"

int
declared_day_within(struct core *core, int32_t day, int32_t since,
    int32_t today, const char *tag, struct err *e)
{
	int64_t back;

	if (day == today || day == since)
		return 0;
	if (day > today)
		return err_tag(e, ERR_REFUSED, tag, "that day is to come yet");
	if (policy_figure_on(
		core->policy, "declared-days-back", today, &back, NULL) < 0)
		return err_tag(e, ERR_REFUSED, "figure-missing",
		    "the rules have no figure declared-days-back: only today "
		    "can be declared");
	if (day < since - back)
		return err_tag(e, ERR_REFUSED, tag,
		    "that day is over %lld days back", (long long)back);
	return 0;
}

int
declared_day(struct core *core, const char *text, int64_t now_ms,
    const char *tag, int32_t *day, struct err *e)
{
	int32_t today = civil_day(now_ms), d = today;
	int r;

	if (text != NULL && text[0] != '\0' &&
	    ((r = date_parse(text, &d, e)) < 0 ||
		(r = declared_day_within(core, d, today, today, tag, e)) < 0))
		return r;
	*day = d;
	return 0;
}

int
declared_channel(const char *channel, struct err *e)
{
	static const char *const channels[] = { "visite", "telephone",
		"courrier", "courriel", "sms", "rendez-vous", "guichet" };
	size_t i;

	for (i = 0; channel != NULL && i < NELEMS(channels); i++)
		if (strcmp(channel, channels[i]) == 0)
			return 0;
	return err_tag(e, ERR_REFUSED, "channel",
	    "channel is visite, telephone, courrier, courriel, sms, "
	    "rendez-vous or guichet");
}

int64_t
declared_ms(int32_t day, int64_t now_ms)
{
	return day == civil_day(now_ms) ? now_ms : civil_start_ms(day);
}
