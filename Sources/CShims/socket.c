/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim_socket.h"
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <sys/ioctl.h>

static int value_or_error(int result)
{
	return result < 0 ? -errno : result;
}

static int socket_open(int family, int type, int protocol)
{
	return value_or_error(socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

int shim_socket_stream(int family)
{
	return socket_open(family, SOCK_STREAM, IPPROTO_TCP);
}

int shim_socket_datagram(int family)
{
	return socket_open(family, SOCK_DGRAM, IPPROTO_UDP);
}

int shim_socket_echo(int family)
{
	return socket_open(family, SOCK_DGRAM, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

int shim_socket_bind(int fd, const struct shim_endpoint *endpoint, int family)
{
	union shim_address address;
	socklen_t length = shim_address_write(&address, endpoint, family);

	return value_or_error(bind(fd, &address.any, length));
}

int shim_socket_connect(int fd, const struct shim_endpoint *endpoint, int family)
{
	union shim_address address;
	socklen_t length = shim_address_write(&address, endpoint, family);

	return value_or_error(connect(fd, &address.any, length));
}

int shim_socket_disconnect(int fd)
{
	struct sockaddr address = { .sa_family = AF_UNSPEC };

	return value_or_error(connect(fd, &address, sizeof(address)));
}

int shim_socket_name(int fd, struct shim_endpoint *endpoint)
{
	union shim_address address = { .any.sa_family = AF_UNSPEC };
	socklen_t length = sizeof(address);

	if (getsockname(fd, &address.any, &length))
		return -errno;
	shim_address_read(&address, endpoint);
	return 0;
}

int shim_socket_peer(int fd, struct shim_endpoint *endpoint)
{
	union shim_address address = { .any.sa_family = AF_UNSPEC };
	socklen_t length = sizeof(address);

	if (getpeername(fd, &address.any, &length))
		return -errno;
	shim_address_read(&address, endpoint);
	return 0;
}

int shim_socket_listen(int fd, int backlog)
{
	return value_or_error(listen(fd, backlog));
}

int shim_socket_shutdown_writing(int fd)
{
	return value_or_error(shutdown(fd, SHUT_WR));
}

int shim_socket_accept(int fd, struct shim_endpoint *peer, struct shim_endpoint *local)
{
	union shim_address address = { .any.sa_family = AF_UNSPEC };
	socklen_t length = sizeof(address);
	int accepted, result;

	do
		accepted = accept4(fd, &address.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (accepted < 0 && errno == EINTR);
	if (accepted < 0)
		return -errno;
	shim_address_read(&address, peer);
	result = shim_socket_name(accepted, local);
	if (!result)
		return accepted;
	close(accepted);
	return result;
}

int shim_socket_set(int fd, int level, int option, int value)
{
	return value_or_error(setsockopt(fd, level, option, &value, sizeof(value)));
}

int shim_socket_get(int fd, int level, int option, int *value)
{
	socklen_t length = sizeof(*value);

	return value_or_error(getsockopt(fd, level, option, value, &length));
}

int shim_socket_abort_on_close(int fd)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	return value_or_error(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
}

int shim_socket_bind_interface(int fd, const char *name)
{
	return value_or_error(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)));
}

int shim_socket_unacknowledged(int fd)
{
	int byte_count;

	return ioctl(fd, SIOCOUTQ, &byte_count) ? -errno : byte_count;
}

int shim_socket_readable(int fd)
{
	int byte_count;

	return ioctl(fd, SIOCINQ, &byte_count) ? -errno : byte_count;
}

int shim_tcp_status(int fd, struct shim_tcp_status *status)
{
	struct tcp_info info = { 0 };
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	socklen_t length = sizeof(info), memory_length = sizeof(memory);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) ||
	    getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &memory_length))
		return -errno;
	status->state = info.tcpi_state;
	status->peer_window = info.tcpi_snd_wnd;
	status->has_peer_window = length >= offsetof(struct tcp_info, tcpi_snd_wnd) + sizeof(info.tcpi_snd_wnd);
	status->unacknowledged_segments = info.tcpi_unacked;
	status->unsent_bytes = info.tcpi_notsent_bytes;
	status->bytes_acknowledged = info.tcpi_bytes_acked;
	status->round_trip = info.tcpi_rtt;
	status->minimum_round_trip = info.tcpi_min_rtt;
	status->delivery_rate = info.tcpi_delivery_rate;
	status->is_rate_limited_by_us = info.tcpi_delivery_rate_app_limited;
	status->segment_byte_count = info.tcpi_snd_mss;
	status->send_buffer = memory[SK_MEMINFO_SNDBUF];
	status->queued_byte_count = memory[SK_MEMINFO_WMEM_QUEUED];
	return 0;
}
