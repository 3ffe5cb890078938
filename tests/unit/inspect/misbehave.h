/* What a worker that was taken over would try, one act for each number. */
#ifndef TESTS_UNIT_INSPECT_MISBEHAVE_H
#define TESTS_UNIT_INSPECT_MISBEHAVE_H

enum misbehave_act {
	ACT_OPEN,
	ACT_SOCKET,
	ACT_FORK,
	ACT_EXEC,
	ACT_PTRACE,
	ACT_MAP_EXEC,
	ACT_MAP_FILE,
	ACT_KILL_PARENT,
	ACT_REPROTECT,
	ACT_WRITE_FILE,
	ACT_MEMFD,
	ACT_SPIN,
	ACT_EAT_MEMORY,
	ACT_CRASH,
	ACT_FLOOD,	  /* an answer that is too long */
	ACT_WRITE_OTHERS, /* to every descriptor but its own */
	ACT_COUNT
};

#endif
