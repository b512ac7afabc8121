/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "CShims.h"
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

int shim_tidy_process(struct shim_inherited *inherited)
{
	struct sigaction action;
	struct rlimit limit;
	int descriptor;

	do
		descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (descriptor >= 0 && descriptor <= 2 && !fcntl(descriptor, F_SETFD, 0));
	if (descriptor < 0)
		return -errno;
	close(descriptor);

	/* The Swift runtime's backtraces print registers and memory, that is, users' packets. */
	for (int number = 1; number < NSIG; number++)
		if (!sigaction(number, NULL, &action) && action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL)
			signal(number, SIG_DFL);
	inherited->ignores_broken_pipe = signal(SIGPIPE, SIG_IGN) == SIG_IGN;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	inherited->descriptor_limit = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}

int shim_close_range(int first, int last)
{
	return syscall(SYS_close_range, first, last, 0) ? -errno : 0;
}

int shim_is_open(int descriptor)
{
	return fcntl(descriptor, F_GETFD) < 0 ? -errno : 0;
}

int shim_take(int descriptor)
{
	int duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);

	if (duplicate < 0)
		return -errno;
	if (descriptor > 2)
		close(descriptor);
	return duplicate;
}

int shim_signal_descriptor(void)
{
	sigset_t set;
	int descriptor;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	/* An ignored SIGCHLD, inherited from a careless caller, would lose the command's status. */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return descriptor < 0 ? -errno : descriptor;
}

int shim_next_signal(int descriptor)
{
	struct signalfd_siginfo signal;
	ssize_t received;

	do
		received = read(descriptor, &signal, sizeof(signal));
	while (received < 0 && errno == EINTR);
	if (received < 0)
		return errno == EAGAIN ? 0 : -errno;
	return received == sizeof(signal) ? (int)signal.ssi_signo : 0;
}

int shim_reap(int *status)
{
	siginfo_t child = { 0 };

	if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG))
		return errno == ECHILD ? 0 : -errno;
	*status = child.si_code == CLD_EXITED ? child.si_status : 128 + child.si_status;
	return child.si_pid;
}

int shim_open(const char *path, int flags, unsigned mode)
{
	int descriptor = open(path, flags | O_CLOEXEC, mode);

	return descriptor < 0 ? -errno : descriptor;
}

int shim_open_at(int directory, const char *path, int flags)
{
	int descriptor = openat(directory, path, flags | O_CLOEXEC);

	return descriptor < 0 ? -errno : descriptor;
}

int shim_write_file(const char *path, const void *bytes, size_t byte_count)
{
	int descriptor = open(path, O_WRONLY | O_CLOEXEC), result;

	if (descriptor < 0)
		return -errno;
	result = write(descriptor, bytes, byte_count) < 0 ? -errno : 0;
	close(descriptor);
	return result;
}

int64_t shim_read(int descriptor, void *bytes, size_t byte_count)
{
	ssize_t received;

	do
		received = read(descriptor, bytes, byte_count);
	while (received < 0 && errno == EINTR);
	return received < 0 ? -errno : received;
}

int64_t shim_write(int descriptor, const void *bytes, size_t byte_count)
{
	ssize_t sent;

	do
		sent = write(descriptor, bytes, byte_count);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

int shim_replace_standard_streams(int descriptor)
{
	for (int stream = 0; stream <= 2; stream++)
		if (dup2(descriptor, stream) < 0)
			return -errno;
	return 0;
}

int shim_set_dumpable(int dumpable) { return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0) ? -errno : 0; }

int shim_forbid_privilege_gain(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0; }

static int read_capabilities(struct __user_cap_data_struct words[2])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &header, words) ? -errno : 0;
}

int shim_limit_capabilities(uint64_t mask)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct words[2];
	int result = read_capabilities(words);

	if (result)
		return result;
	for (int index = 0; index < 2; index++) {
		words[index].permitted &= (uint32_t)(mask >> (32 * index));
		words[index].effective = words[index].permitted;
		words[index].inheritable = 0;
	}
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, words) ? -errno : 0;
}

void shim_empty_bounding_set(void)
{
	for (int capability = 0; capability < 64; capability++)
		if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1)
			(void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

int shim_switch_user(uid_t user, gid_t group)
{
	if (setgroups(0, NULL) && errno != EPERM)
		return -errno;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		return -errno;
	if (setresgid(group, group, group) || setresuid(user, user, user))
		return -errno;
	/* Effective capabilities went with the user; permitted ones were kept. */
	return shim_limit_capabilities(~UINT64_C(0));
}

/* What the daemon tells its waiting parent: its PID, if that is not the PID of the first child; 0 for "ready". */
int shim_background(int *notice)
{
	int ends[2], message;
	pid_t daemon;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	daemon = fork();
	if (daemon < 0) {
		message = -errno;
		close(ends[0]);
		close(ends[1]);
		return message;
	}
	if (!daemon) {
		close(ends[0]);
		*notice = ends[1];
		return 0;
	}
	close(ends[1]);
	while (shim_read(ends[0], &message, sizeof(message)) == sizeof(message)) {
		if (!message)
			return daemon;
		daemon = message;
	}
	return -ECHILD;
}

int shim_continue_in_pid_namespace(int notice)
{
	int process;

	if (unshare(CLONE_NEWPID))
		return -errno;
	process = fork();
	if (process < 0)
		return -errno;
	if (!process)
		return 0;
	_exit(shim_write(notice, &process, sizeof(process)) != sizeof(process));
}

int shim_notify_ready(int notice)
{
	int ready = 0;
	int64_t sent = shim_write(notice, &ready, sizeof(ready));

	return sent == sizeof(ready) ? 0 : sent < 0 ? (int)sent : -EPIPE;
}

int shim_process_descriptor(pid_t process)
{
	int descriptor = (int)syscall(SYS_pidfd_open, process, 0);

	return descriptor < 0 ? -errno : descriptor;
}

int shim_exists_at(int directory, const char *name)
{
	return !faccessat(directory, name, F_OK, 0) || (errno != ENOENT && errno != ENOTDIR && errno != ESRCH);
}

int shim_watch_directory(const char *path)
{
	int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), error;

	if (descriptor < 0)
		return -errno;
	if (inotify_add_watch(descriptor, path, IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF) < 0) {
		error = errno;
		close(descriptor);
		return -error;
	}
	return descriptor;
}

int shim_connect_system_log(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

	if (descriptor < 0)
		return -errno;
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (connect(descriptor, (struct sockaddr *)&address, sizeof(address))) {
		error = errno;
		close(descriptor);
		return -error;
	}
	return descriptor;
}

int shim_connect_notify_socket(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(name);
	int descriptor, error;

	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, name, length);
	if (address.sun_path[0] == '@')
		address.sun_path[0] = 0;
	descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return -errno;
	if (connect(descriptor, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + length)) {
		error = errno;
		close(descriptor);
		return -error;
	}
	return descriptor;
}

int shim_is_readable(int descriptor)
{
	struct pollfd event = { .fd = descriptor, .events = POLLIN };

	return poll(&event, 1, 0) > 0;
}

void shim_drain(int descriptor)
{
	char bytes[4096];

	while (shim_read(descriptor, bytes, sizeof(bytes)) > 0)
		;
}

int shim_process_exists(pid_t process) { return !kill(process, 0) || errno != ESRCH; }

int shim_duplicate(int descriptor)
{
	int duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);

	return duplicate < 0 ? -errno : duplicate;
}

int shim_wait_readable(int first, int second, int milliseconds)
{
	struct pollfd events[2] = { { .fd = first, .events = POLLIN }, { .fd = second, .events = POLLIN } };

	return poll(events, 2, milliseconds);
}
