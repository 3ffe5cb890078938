/*
 * The protocol of agent.sock, shared by the agent and its client stub. Told
 * in prose in DESIGN.md of this folder; the numbers are here only.
 *
 *   request:  u8 op, then the fields of that operation
 *   answer:   u32 err_code, str text, then, for code 0, the fields
 */
#ifndef KEYS_PROTO_H
#define KEYS_PROTO_H

#include "base/err.h"

enum agent_op {
	AGENT_OP_STATUS = 1,
	AGENT_OP_PUBLIC,
	AGENT_OP_FLOOR, /* u64 first unused */
	AGENT_OP_DRAW,
	AGENT_OP_GET,	 /* u64 leaf, u32 n, n times u64 */
	AGENT_OP_DETAIL, /* u32 month */
	AGENT_OP_SEARCH,
	AGENT_OP_HEAD,	      /* u64 size, root, u32 n, n hashes */
	AGENT_OP_COMMIT,      /* tree, u8 parents, [parent], u32, u64 hour */
	AGENT_OP_EXTRACT,     /* id, u64 leaf, hash, hash, u64 time */
	AGENT_OP_CERTIFICATE, /* u64 leaf, blob text */
	AGENT_OP_ROTATE,      /* u64 leaf, u64 size, root, u64 n, u32 months;
				 memfd: n u64, then months u32 */
	AGENT_OP_EVENT,	      /* u32 timeout in ms */
	AGENT_OP_EVENT_DONE,  /* u64 number */
	AGENT_OP_INTAKE,
	AGENT_OP_ENVELOPE, /* u64 leaf, key id, ephemeral key */
};

#define PROTO_TEXT_MAX ERR_TEXT_MAX
#define PROTO_WAIT_MAX_MS (24 * 3600 * 1000) /* of AGENT_OP_EVENT */
#define PROTO_ROTATE_MAX (1u << 24)	     /* numbers in one rotate */
#define PROTO_MONTHS_MAX 1200		     /* months in one rotate */
#define PROTO_CERTIFICATE_MAX 32768	     /* bytes of an erasure's text */

#endif
