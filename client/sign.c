#include "client/sign.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sshsig.h"

static void
run_keygen(const char *key, const char *ns, int in, int out)
{
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		execlp("ssh-keygen", "ssh-keygen", "-q", "-Y", "sign", "-n", ns,
		    "-f", key, (char *)NULL);
	_exit(127);
}

static int
wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
sign_text(const char *key, const char *ns, const struct buf *text,
    struct buf *out, struct err *e)
{
	AUTO(fd_closep) int in = -1, sig = -1;
	pid_t pid;
	int status, r;

	if ((r = memfd_of("text", text->p, text->len, &in, e)) < 0 ||
	    (r = memfd_new("signature", &sig, e)) < 0)
		return r;
	if (lseek(in, 0, SEEK_SET) < 0)
		return err_sys(e, ERR_IO, "signature");
	if ((pid = fork()) < 0)
		return err_sys(e, ERR_INTERNAL, "fork");
	if (pid == 0)
		run_keygen(key, ns, in, sig);
	status = wait_for(pid);
	if (status == 127)
		return err_tag(e, ERR_REFUSED, "not-signed", "ssh-keygen ?");
	if (status != 0)
		return err_tag(e, ERR_REFUSED, "not-signed", "%s", key);
	if (lseek(sig, 0, SEEK_SET) < 0)
		return err_sys(e, ERR_IO, "signature");
	return fd_read_to_end(sig, SSHSIG_MAX, out, e);
}
