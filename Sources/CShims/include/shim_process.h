/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The process itself: descriptors, signals, capabilities, users, background operation. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the process was given and is changed for our own use; restored for a spawned command. */
struct shim_inherited {
	uint64_t descriptor_limit;
	int ignores_broken_pipe;
};

/* Opens /dev/null in place of missing standard streams, undoes the signal handlers of the language runtime, ignores
 * SIGPIPE, and raises the soft limit of open files to the hard one. 0 or -errno. */
int shim_tidy_process(struct shim_inherited *inherited);

/* Closes the descriptors from `first` to `last`; 0 or -errno. */
int shim_close_range(int first, int last);

/* 0 when the descriptor is open, else -errno. */
int shim_is_open(int descriptor);

/* Moves an inherited descriptor above 2 and sets close-on-exec; a standard stream stays open in its place. The new
 * number, or -errno. */
int shim_take(int descriptor);

/* Blocks TERM, QUIT and CHLD and returns a descriptor to read them from, or -errno. */
int shim_signal_descriptor(void);

/* The next pending signal's number, 0 when none, or -errno. */
int shim_next_signal(int descriptor);

/* Reaps one ended child of ours. Returns its PID with `status` as a shell would tell it (128 + n for signal n), 0 when
 * none has ended, or -errno. */
int shim_reap(int *status);

/* open(2) with close-on-exec; the descriptor, or -errno. */
int shim_open(const char *path, int flags, unsigned mode);

/* Opens `path` below the directory `directory`, as above. */
int shim_open_at(int directory, const char *path, int flags);

/* Writes all of `bytes` with one call to the existing file `path`; 0 or -errno. */
int shim_write_file(const char *path, const void *bytes, size_t byte_count);

/* read(2), write(2), retried when interrupted; bytes or -errno. */
int64_t shim_read(int descriptor, void *bytes, size_t byte_count);
int64_t shim_write(int descriptor, const void *bytes, size_t byte_count);

/* Moves `descriptor` over the standard streams 0 to 2; 0 or -errno. */
int shim_replace_standard_streams(int descriptor);

/* Process attributes. 0 or -errno. */
int shim_set_dumpable(int dumpable);
int shim_forbid_privilege_gain(void);

/* Reduces permitted and effective capabilities to those also in `mask` (bit n is capability n); empties inheritable and
 * ambient ones. Of the calling thread only. 0 or -errno. */
int shim_limit_capabilities(uint64_t mask);

/* Empties the bounding set as far as permitted. */
void shim_empty_bounding_set(void);

/* Takes on a user and a group, without supplementary groups, keeping permitted capabilities. 0 or -errno. */
int shim_switch_user(uid_t user, gid_t group);

/* Forks. In the child: 0, and in `notice` the descriptor for shim_notify. In the parent, which waits here: the PID of
 * the daemon as the parent sees it, once that is ready; -ECHILD when it ended before; or -errno. */
int shim_background(int *notice);

/* In the child of shim_background: continues in a process that is the first of a new PID namespace. 0 or -errno. */
int shim_continue_in_pid_namespace(int notice);

/* Tells the waiting parent that the daemon is ready; 0, or -EPIPE when it is gone. */
int shim_notify_ready(int notice);

/* A pidfd of a process, readable once it has ended; or -errno. */
int shim_process_descriptor(pid_t process);

/* 1 when `name` exists in the directory open as `directory`, or may but cannot be looked at; 0 when not. */
int shim_exists_at(int directory, const char *name);

/* An inotify descriptor watching `path` for names that disappear; or -errno. */
int shim_watch_directory(const char *path);

/* A datagram socket connected to the system log at `path`, or -errno. */
int shim_connect_system_log(const char *path);

/* A datagram socket connected to the socket of a service manager, in the spelling of NOTIFY_SOCKET: a path, or a name
 * behind "@"; or -errno. */
int shim_connect_notify_socket(const char *name);

/* 1 when a descriptor has something to read at this moment. */
int shim_is_readable(int descriptor);

/* Reads and forgets what a non-blocking descriptor holds. */
void shim_drain(int descriptor);

/* 1 when there is a process of that PID, as far as can be seen; 0 when not. */
int shim_process_exists(pid_t process);

/* A close-on-exec duplicate above the standard streams; or -errno. */
int shim_duplicate(int descriptor);

/* Waits until one of two descriptors (-1: none) can be read, or the milliseconds are over. */
int shim_wait_readable(int first, int second, int milliseconds);
