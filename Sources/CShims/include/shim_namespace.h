/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Namespaces: entering them, the spawned command between clone and exec, and the thread that lives in the network
 * namespace. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* unshare(2) and setns(2); 0 or -errno. Here because errno has to be read at once. */
int shim_unshare(int flags);
int shim_enter_namespace(int descriptor, int type);

/* 1 when `path` names the file that `descriptor` is open on, 0 when not, or -errno. Compares namespaces. */
int shim_is_same_file(int descriptor, const char *path);

/* A tun device node of our own in a mount that is attached nowhere, mode 0666, as an O_PATH descriptor; needs root in
 * the initial user namespace. Its number, or -errno. */
int shim_detached_tun_node(void);

/* A command to be started in new IPC, mount, network, PID and UTS namespaces. */
struct shim_command {
	/* Looked up in PATH unless it contains a slash. */
	const char *file;
	char *const *arguments;
	const char *hostname;
	/* What the caller gave us and we changed for ourselves. */
	uint64_t descriptor_limit;
	int ignores_broken_pipe;
};

/* How a command was started. Its errors do not prevent the command from running. */
struct shim_started {
	pid_t process;
	/* Write one byte here to run the command; closed without, it exits. */
	int go;
	int proc_error;
	int hostname_error;
};

/* Clones the child that will run `command` and waits until it has prepared its namespaces; 0 or -errno.
 *
 * Until it runs the command, the child dies with its parent. A failing exec is told on its standard error, status 1. */
int shim_spawn(const struct shim_command *command, struct shim_started *started);

/* Operations of the namespace thread. */
enum shim_door_operation { SHIM_DOOR_SOCKET = 1, SHIM_DOOR_TUN = 2 };

/* Most descriptors of one request. */
#define SHIM_DOOR_LIMIT 32

/* What the namespace thread is asked, and answers: datagrams of a SOCK_SEQPACKET pair. A datagram back holds an answer
 * for each descriptor that was made, and one more for what prevented the next. */
struct shim_door_request {
	uint32_t operation;
	uint32_t tag;
	/* SHIM_DOOR_SOCKET: arguments of socket(2). SHIM_DOOR_TUN: domain is an O_PATH descriptor of the node, or -1 for
	 * /dev/net/tun. */
	int32_t domain;
	int32_t type;
	int32_t protocol;
	/* How many, 1 to SHIM_DOOR_LIMIT. */
	int32_t count;
};
struct shim_door_answer {
	/* A descriptor, or -errno. */
	int32_t result;
	uint32_t tag;
};

/* Starts a thread that enters the network namespace open as `space` and answers on ends[1] what is asked on ends[0],
 * until that is closed; then it closes ends[1] and ends. With `drops_capabilities`, it gives up all it has once inside.
 * Returns 0 with the thread's handle once it is inside, or -errno. ends[1] is the thread's if it could be created. */
int shim_door_start(int space, const int ends[2], int drops_capabilities, uint64_t *thread);

/* Waits for the end of a thread whose channel was closed. */
void shim_door_join(uint64_t thread);

/* A connected pair of close-on-exec SOCK_SEQPACKET sockets; 0 or -errno. */
int shim_door_pair(int ends[2]);

/* One message, whole; the number of bytes, 0 when the other end is gone, or -errno. EAGAIN without blocking when
 * `nonblocking` is not 0. */
int shim_door_send(int channel, const struct shim_door_request *request, int nonblocking);
/* The number of answers instead; `answers` has room for SHIM_DOOR_LIMIT. */
int shim_door_receive(int channel, struct shim_door_answer *answers, int nonblocking);

/* Magic number of the file system that holds `path`, or -errno. */
int64_t shim_file_system(const char *path);

/* Empty file system in place of the root: steps of behaviour section 9.8; each 0 or -errno. */
int shim_mount_unbindable_root(void);
int shim_mount_empty(const char *directory);
int shim_pivot_here(void);
int shim_move_root_here(void);
