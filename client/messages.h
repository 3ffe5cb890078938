/*
 * What a refusal means, in a sentence for people. Keyed by the stable tags
 * and code names that the API gives.
 */
#ifndef CLIENT_MESSAGES_H
#define CLIENT_MESSAGES_H

/* The sentence's msgid (French), or NULL. */
const char *message_for(const char *tag);
/* Nothing of the vault's own words needs to follow the sentence. */
int message_is_whole(const char *tag);
/* The same tag as a string constant of ours, or NULL when unknown. */
const char *message_tag(const char *tag);

/* The same in the reader's language; the tag itself when there is none. */
const char *message_words(const char *tag);

#endif
