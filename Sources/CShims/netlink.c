/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "CShims.h"
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

/* Kernel 6.2; headers of older distributions lack them. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

int shim_netlink_socket(void)
{
	int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return descriptor < 0 ? -errno : descriptor;
}

int shim_netlink_prepare(int descriptor)
{
	int one = 1, room = 1 << 20;

	/* Strict checking is what makes the kernel honour the filters of a dump (Linux 4.20). */
	if (setsockopt(descriptor, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one)))
		return -errno;
	/* The others only improve messages and speed. */
	(void)setsockopt(descriptor, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	(void)setsockopt(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	(void)setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return 0;
}

int shim_netlink_send(int descriptor, const void *bytes, size_t byte_count)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t sent;

	do
		sent = sendto(descriptor, bytes, byte_count, 0, (struct sockaddr *)&kernel, sizeof(kernel));
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

int shim_netlink_receive(int descriptor, void *bytes, size_t byte_count)
{
	struct sockaddr_nl sender = { 0 };
	struct iovec piece = { .iov_base = bytes, .iov_len = byte_count };
	struct msghdr message = {
		.msg_name = &sender, .msg_namelen = sizeof(sender), .msg_iov = &piece, .msg_iovlen = 1,
	};
	ssize_t received;

	do {
		message.msg_namelen = sizeof(sender);
		received = recvmsg(descriptor, &message, 0);
	} while ((received < 0 && errno == EINTR) || (received >= 0 && sender.nl_pid != 0));
	if (received < 0)
		return -errno;
	return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : (int)received;
}

int shim_tap_attach(int descriptor, char *name, int vnet_header)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int header_length = 12;

	if (vnet_header)
		request.ifr_flags |= IFF_VNET_HDR;
	memcpy(request.ifr_name, name, IFNAMSIZ);
	if (ioctl(descriptor, TUNSETIFF, &request))
		return -errno;
	memcpy(name, request.ifr_name, IFNAMSIZ);
	if (vnet_header && ioctl(descriptor, TUNSETVNETHDRSZ, &header_length))
		return -errno;
	return 0;
}

int shim_tap_accept_offloads(int descriptor, int udp)
{
	unsigned long offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

	if (udp)
		offloads |= TUN_F_USO4 | TUN_F_USO6;
	return ioctl(descriptor, TUNSETOFFLOAD, offloads) ? -errno : 0;
}
