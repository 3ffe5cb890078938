/*
 * Acts of the log (base/leaf.h) as people read them.
 */
#ifndef CLIENT_ACTS_H
#define CLIENT_ACTS_H

/* In the reader's language; the class itself when it is not one of ours. */
const char *act_for(const char *klass);

#endif
