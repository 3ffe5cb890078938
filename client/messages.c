#include "client/messages.h"

#include "client/cli.h"

static const struct {
	const char *tag, *sentence;
} messages[] = {
	{ "no-vault", N_("le coffre ne répond pas") },
	{ "cut", N_("la connexion a été coupée") },
};

const char *
message_for(const char *tag)
{
	size_t i;

	for (i = 0; i < NELEMS(messages); i++)
		if (strcmp(messages[i].tag, tag) == 0)
			return messages[i].sentence;
	return NULL;
}

const char *
message_tag(const char *tag)
{
	size_t i;

	for (i = 0; i < NELEMS(messages); i++)
		if (strcmp(messages[i].tag, tag) == 0)
			return messages[i].tag;
	return NULL;
}
