/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Calls on sockets that take an address, and what the kernel says about a TCP connection. */
#pragma once
#include "shim_datagram.h"

/* A non-blocking socket, closed on exec, or -errno. Here because the type constants import as an enumeration. */
int shim_socket_stream(int family);
int shim_socket_datagram(int family);
/* An unprivileged ICMP or ICMPv6 echo socket. */
int shim_socket_echo(int family);

/* These take a transparent union or write one, which does not import; 0 or -errno. family is the socket's. */
int shim_socket_bind(int fd, const struct shim_endpoint *endpoint, int family);
int shim_socket_connect(int fd, const struct shim_endpoint *endpoint, int family);
int shim_socket_name(int fd, struct shim_endpoint *endpoint);
int shim_socket_peer(int fd, struct shim_endpoint *endpoint);
/* Forgets where a datagram socket is connected to. */
int shim_socket_disconnect(int fd);
int shim_socket_listen(int fd, int backlog);
int shim_socket_shutdown_writing(int fd);
/* The next connection, non-blocking and closed on exec, with both its ends, or -errno. */
int shim_socket_accept(int fd, struct shim_endpoint *peer, struct shim_endpoint *local);

int shim_socket_set(int fd, int level, int option, int value);
/* Reads an option of type int; 0 or -errno. */
int shim_socket_get(int fd, int level, int option, int *value);
/* Close sends a reset and keeps nothing. */
int shim_socket_abort_on_close(int fd);
/* Binds to an interface by name; an empty one unbinds. */
int shim_socket_bind_interface(int fd, const char *name);
/* Bytes in the send queue that the peer has not acknowledged, sent or not; or -errno. */
int shim_socket_unacknowledged(int fd);
/* Bytes, or the size of the next datagram, that can be read; or -errno. */
int shim_socket_readable(int fd);

struct shim_tcp_status {
	uint64_t bytes_acknowledged;
	uint64_t delivery_rate;
	uint32_t peer_window;
	uint32_t unacknowledged_segments;
	uint32_t unsent_bytes;
	uint32_t round_trip;
	uint32_t minimum_round_trip;
	uint32_t segment_byte_count;
	uint32_t send_buffer;
	uint32_t queued_byte_count;
	uint8_t state;
	uint8_t has_peer_window;
	uint8_t is_rate_limited_by_us;
};

/* TCP_INFO and SO_MEMINFO; 0 or -errno. Here because struct tcp_info of the kernel and of libc exclude each other. */
int shim_tcp_status(int fd, struct shim_tcp_status *status);
