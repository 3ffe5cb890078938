#include "tests/unit/inspect/misbehave.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/inspect/worker.h"

static void
map(int protection, int flags, int fd)
{
	void *p = mmap(NULL, 4096, protection, flags, fd, 0);

	if (p != MAP_FAILED)
		munmap(p, 4096);
}

static void
eat_memory(void)
{
	volatile uint8_t *p;
	size_t i;

	/* Refused, not endless: then the worker has no answer to give. */
	for (i = 0; i < 64; i++)
		if ((p = malloc(16 << 20)) == NULL)
			_exit(9);
		else
			p[i] = 1;
}

static void
spin(void)
{
	volatile uint64_t n = 0;

	for (;;)
		n++;
}

static void
flood(void)
{
	static const uint8_t zeros[WIRE_ANSWER_MAX + 1];

	(void)!write(0, zeros, sizeof(zeros));
	_exit(0);
}

static void
write_others(void)
{
	int fd;

	/* An answer as the launcher would pass it on. */
	for (fd = 1; fd < 1024; fd++)
		(void)!write(fd, "\0forged", 7);
}

void
worker_misbehave(uint8_t act)
{
	static char *const none[] = { NULL };

	switch (act) {
	case ACT_OPEN:
		(void)!open("/etc/passwd", O_RDONLY);
		break;
	case ACT_SOCKET:
		(void)!socket(AF_UNIX, SOCK_STREAM, 0);
		break;
	case ACT_FORK:
		(void)!fork();
		break;
	case ACT_EXEC:
		(void)!execve("/bin/true", none, none);
		break;
	case ACT_PTRACE:
		(void)!ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		break;
	case ACT_MAP_EXEC:
		map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		break;
	case ACT_MAP_FILE:
		map(PROT_READ, MAP_PRIVATE, 0);
		break;
	case ACT_KILL_PARENT:
		(void)!kill(1, 0);
		break;
	case ACT_REPROTECT:
		(void)!mprotect((void *)((uintptr_t)&none & ~4095UL), 4096,
		    PROT_READ | PROT_EXEC);
		break;
	case ACT_WRITE_FILE:
		(void)!open("/tmp/intruder", O_WRONLY | O_CREAT, 0600);
		break;
	case ACT_MEMFD:
		(void)!memfd_create("intruder", MFD_CLOEXEC);
		break;
	case ACT_SPIN:
		spin();
		break;
	case ACT_EAT_MEMORY:
		eat_memory();
		break;
	case ACT_FLOOD:
		flood();
		break;
	case ACT_WRITE_OTHERS:
		write_others();
		break;
	default:
		abort();
	}
}
