/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * UNIX stream sockets that others connect to. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* A non-blocking UNIX stream socket, closed on exec, that listens at `path` and keeps nobody waiting; or -errno.
 * Here because struct sockaddr_un holds an array. */
int shim_unix_listen(const char *path);

/* Whether somebody listens at `path`, found out by connecting: 0, or -errno of the attempt. */
int shim_unix_probe(const char *path);

/* Removes `path` if it is a socket; 0 or -errno. */
int shim_unix_remove(const char *path);

/* The next connection, non-blocking and closed on exec; or -errno. */
int shim_unix_accept(int fd);

/* PID of the process at the other end, 0 when it has none in our PID namespace; or -errno. */
int shim_unix_peer(int fd);

/* 1 when `fd` is a connected stream socket, 0 when it is not, or -errno when it is not even open. */
int shim_is_connected_stream(int fd);

/* Moves `fd` above the standard streams, non-blocking and closed on exec; /dev/null takes the place of a standard
 * stream. The new number, or -errno. */
int shim_adopt(int fd);

/* 1 when the other end of a connection will send no more. */
int shim_is_hung_up(int fd);

/* A blocking connection to `path`, kept by programs that are executed; or -errno. */
int shim_unix_connect(const char *path);

/* Sends without a signal when nobody reads; bytes or -errno. */
int64_t shim_send(int fd, const void *bytes, size_t byte_count);

/* 1 when there is something to read, which stays; 0 when the other end is done, or -errno (EAGAIN: not yet). */
int shim_is_answered(int fd);
