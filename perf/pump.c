/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Usage: pump SOCKET INTERFACE
 * A guest without a hypervisor: creates a tap and carries its frames to and from the stream socket of a passt, so that
 * the kernel's own stack is the guest. One thread for each way; frames that wait are sent in one piece. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BUFFER_SIZE (4u << 20)
#define FRAME_MAX 65535u
#define BATCH 64

static int tap, link_socket;

static void send_all(const uint8_t *bytes, size_t count)
{
	while (count > 0) {
		ssize_t sent = send(link_socket, bytes, count, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			_exit(0);
		bytes += sent;
		count -= (size_t)sent;
	}
}

static void *from_tap(void *unused)
{
	static uint8_t buffer[BATCH * (FRAME_MAX + 4)];
	struct pollfd readable = { .fd = tap, .events = POLLIN };

	(void)unused;
	for (;;) {
		size_t used = 0;

		for (int i = 0; i < BATCH; i++) {
			ssize_t length = read(tap, buffer + used + 4, FRAME_MAX);
			uint32_t prefix;

			if (length <= 0)
				break;
			prefix = htonl((uint32_t)length);
			memcpy(buffer + used, &prefix, 4);
			used += 4 + (size_t)length;
		}
		if (used)
			send_all(buffer, used);
		else
			poll(&readable, 1, -1);
	}
	return NULL;
}

static void to_tap(void)
{
	static uint8_t buffer[BUFFER_SIZE];
	size_t start = 0, end = 0;

	for (;;) {
		ssize_t got = recv(link_socket, buffer + end, BUFFER_SIZE - end, 0);
		uint32_t length;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			_exit(0);
		end += (size_t)got;
		while (end - start >= 4) {
			memcpy(&length, buffer + start, 4);
			length = ntohl(length);
			if (length > FRAME_MAX)
				errx(1, "a frame of %u bytes", length);
			if (end - start < 4 + length)
				break;
			while (write(tap, buffer + start + 4, length) < 0 && errno == EAGAIN) {
				struct pollfd writable = { .fd = tap, .events = POLLOUT };

				poll(&writable, 1, -1);
			}
			start += 4 + length;
		}
		if (start == end) {
			start = end = 0;
		} else if (BUFFER_SIZE - end < 1u << 20) {
			memmove(buffer, buffer + start, end - start);
			end -= start;
			start = 0;
		}
	}
}

int main(int argc, char **argv)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int size = 64 << 20;
	pthread_t thread;

	if (argc != 3)
		errx(1, "usage: pump SOCKET INTERFACE");
	strncpy(request.ifr_name, argv[2], IFNAMSIZ - 1);
	strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
	tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &request))
		err(1, "cannot create %s", argv[2]);
	link_socket = socket(AF_UNIX, SOCK_STREAM, 0);
	setsockopt(link_socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(link_socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (connect(link_socket, (struct sockaddr *)&address, sizeof(address)))
		err(1, "cannot connect to %s", argv[1]);
	if (pthread_create(&thread, NULL, from_tap, NULL))
		errx(1, "cannot create a thread");
	to_tap();
}
