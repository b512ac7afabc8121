/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "CShims.h"
#include <linux/mount.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>

int shim_unshare(int flags) { return unshare(flags) ? -errno : 0; }

int shim_enter_namespace(int descriptor, int type) { return setns(descriptor, type) ? -errno : 0; }

int shim_is_same_file(int descriptor, const char *path)
{
	struct stat left, right;

	if (fstat(descriptor, &left) || stat(path, &right))
		return -errno;
	return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

int shim_detached_tun_node(void)
{
	int context = (int)syscall(SYS_fsopen, "tmpfs", 1 /* FSOPEN_CLOEXEC */), mount = -1, node = -1, error;

	if (context < 0)
		return -errno;
	if (!syscall(SYS_fsconfig, context, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0))
		mount = (int)syscall(SYS_fsmount, context, 1 /* FSMOUNT_CLOEXEC */, 0);
	if (mount >= 0 && !mknodat(mount, "tun", S_IFCHR, makedev(10, 200)) && !fchmodat(mount, "tun", 0666, 0))
		node = openat(mount, "tun", O_PATH | O_CLOEXEC);
	error = errno;
	/* The node's own reference keeps the file system alive, but a detached mount is dissolved with its last mount
	 * descriptor: the descriptor of the node holds that mount, too. */
	if (mount >= 0)
		close(mount);
	close(context);
	return node < 0 ? -error : node;
}

static void prepare_namespaces(const struct shim_command *command, struct shim_started *report)
{
	int range;

	(void)mount("", "/", NULL, MS_REC | MS_SLAVE, NULL);
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL))
		report->proc_error = errno;
	range = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY | O_CLOEXEC);
	if (range >= 0) {
		(void)!write(range, "0 0", 3);
		close(range);
	}
	if (sethostname(command->hostname, strlen(command->hostname)))
		report->hostname_error = errno;
}

static void run_command(const struct shim_command *command, int report_to, int go)
{
	struct shim_started report = { 0 };
	struct rlimit limit;
	sigset_t none;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prepare_namespaces(command, &report);
	if (write(report_to, &report, sizeof(report)) != sizeof(report))
		_exit(1);
	close(report_to);
	if (shim_read(go, &byte, 1) != 1)
		_exit(1);

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = command->descriptor_limit;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	signal(SIGPIPE, command->ignores_broken_pipe ? SIG_IGN : SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, 0);
	syscall(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
	execvp(command->file, command->arguments);
	dprintf(STDERR_FILENO, "Cannot run %s: %s\n", command->file, strerror(errno));
	_exit(1);
}

int shim_spawn(const struct shim_command *command, struct shim_started *started)
{
	unsigned long flags = CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWNS | SIGCHLD;
	int report[2], go[2], error = 0;
	ssize_t received;
	long process;

	if (pipe2(report, O_CLOEXEC))
		return -errno;
	if (pipe2(go, O_CLOEXEC)) {
		error = errno;
		close(report[0]);
		close(report[1]);
		return -error;
	}
	/* Like fork: no new stack, no shared memory. glibc has no such wrapper for clone. */
	process = syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
	if (!process) {
		close(report[0]);
		close(go[1]);
		run_command(command, report[1], go[0]);
	}
	error = errno;
	close(report[1]);
	close(go[0]);
	if (process < 0) {
		close(report[0]);
		close(go[1]);
		return -error;
	}
	do
		received = read(report[0], started, sizeof(*started));
	while (received < 0 && errno == EINTR);
	close(report[0]);
	if (received != sizeof(*started)) {
		close(go[1]);
		waitpid((pid_t)process, NULL, 0);
		return -ECHILD;
	}
	started->process = (pid_t)process;
	started->go = go[1];
	return 0;
}

struct door {
	int space;
	int channel;
	int drops_capabilities;
};

static int answer(const struct shim_door_request *request)
{
	char node[32];
	int descriptor;

	switch (request->operation) {
	case SHIM_DOOR_SOCKET:
		descriptor = socket(request->domain, request->type, request->protocol);
		break;
	case SHIM_DOOR_TUN:
		snprintf(node, sizeof(node), "/proc/self/fd/%d", request->domain);
		descriptor = open(request->domain < 0 ? "/dev/net/tun" : node, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		break;
	default:
		return -ENOSYS;
	}
	return descriptor < 0 ? -errno : descriptor;
}

/* Makes what is asked for; false when nobody wants the answer. */
static int reply_to(int channel, const struct shim_door_request *request)
{
	struct shim_door_answer answers[SHIM_DOOR_LIMIT];
	int count = 0;

	do {
		answers[count].result = answer(request);
		answers[count].tag = request->tag;
	} while (answers[count++].result >= 0 && count < request->count && count < SHIM_DOOR_LIMIT);
	if (send(channel, answers, (size_t)count * sizeof(*answers), MSG_NOSIGNAL) >= 0)
		return 1;
	while (count--)
		if (answers[count].result >= 0)
			close(answers[count].result);
	return 0;
}

static void *serve(void *argument)
{
	const struct door door = *(const struct door *)argument;
	struct shim_door_request request;
	struct shim_door_answer reply = { 0 };
	ssize_t received;

	if (setns(door.space, CLONE_NEWNET))
		reply.result = -errno;
	else if (door.drops_capabilities)
		reply.result = shim_limit_capabilities(0);
	if (send(door.channel, &reply, sizeof(reply), MSG_NOSIGNAL) < 0)
		reply.result = -EPIPE;
	for (int is_inside = !reply.result; is_inside;) {
		received = recv(door.channel, &request, sizeof(request), 0);
		if (received < 0 && errno == EINTR)
			continue;
		if (received != sizeof(request))
			break;
		if (!reply_to(door.channel, &request))
			break;
	}
	close(door.channel);
	return NULL;
}

int shim_door_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) ? -errno : 0;
}

int shim_door_start(int space, const int ends[2], int drops_capabilities, uint64_t *thread)
{
	struct door door = { .space = space, .channel = ends[1], .drops_capabilities = drops_capabilities };
	struct shim_door_answer entered[SHIM_DOOR_LIMIT];
	pthread_attr_t attributes;
	pthread_t handle;
	int result;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 128 * 1024);
	result = pthread_create(&handle, &attributes, serve, &door);
	pthread_attr_destroy(&attributes);
	if (result)
		return -result;
	/* The thread has read `door` once it says how entering went. */
	result = shim_door_receive(ends[0], entered, 0);
	if (result == 1 && !entered->result) {
		*thread = (uint64_t)handle;
		return 0;
	}
	pthread_join(handle, NULL);
	return result == 1 ? entered->result : -ECONNRESET;
}

void shim_door_join(uint64_t thread) { pthread_join((pthread_t)thread, NULL); }

int shim_door_send(int channel, const struct shim_door_request *request, int nonblocking)
{
	ssize_t sent;

	do
		sent = send(channel, request, sizeof(*request), MSG_NOSIGNAL | (nonblocking ? MSG_DONTWAIT : 0));
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : (int)sent;
}

int shim_door_receive(int channel, struct shim_door_answer *answers, int nonblocking)
{
	ssize_t received;

	do
		received = recv(channel, answers, SHIM_DOOR_LIMIT * sizeof(*answers), nonblocking ? MSG_DONTWAIT : 0);
	while (received < 0 && errno == EINTR);
	return received < 0 ? -errno : (int)((size_t)received / sizeof(*answers));
}

int64_t shim_file_system(const char *path)
{
	struct statfs properties;

	return statfs(path, &properties) ? -errno : (int64_t)properties.f_type;
}

int shim_mount_unbindable_root(void)
{
	return mount("", "/", NULL, MS_UNBINDABLE | MS_REC, NULL) ? -errno : 0;
}

int shim_mount_empty(const char *directory)
{
	unsigned long flags = MS_NODEV | MS_NOEXEC | MS_NOSUID | MS_RDONLY;

	if (mount("", directory, "tmpfs", flags, "nr_inodes=2,nr_blocks=0") || chdir(directory))
		return -errno;
	return 0;
}

int shim_pivot_here(void)
{
	/* Old root stacked over the new one at the same place, then detached: no directory for it is needed. */
	if (syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH | UMOUNT_NOFOLLOW) || chdir("/"))
		return -errno;
	return 0;
}

int shim_move_root_here(void)
{
	if (mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		return -errno;
	return 0;
}
