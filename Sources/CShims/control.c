/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "CShims.h"
#include <sys/un.h>

int64_t shim_unix_peer_user(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) ? -errno : (int64_t)peer.uid;
}

ssize_t shim_send_part(int fd, const void *bytes, size_t byte_count)
{
	ssize_t sent;

	do
		sent = send(fd, bytes, byte_count, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

ssize_t shim_receive_part(int fd, void *bytes, size_t byte_count)
{
	ssize_t received;

	do
		received = recv(fd, bytes, byte_count, MSG_DONTWAIT);
	while (received < 0 && errno == EINTR);
	return received < 0 ? -errno : received;
}

int shim_control_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	int fd, error;

	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, length);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	error = errno;
	close(fd);
	return -error;
}

ssize_t shim_send_all(int fd, const void *bytes, size_t byte_count)
{
	size_t done = 0;

	while (done < byte_count) {
		ssize_t sent = send(fd, (const char *)bytes + done, byte_count - done, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return -errno;
		if (sent > 0)
			done += (size_t)sent;
	}
	return 0;
}

ssize_t shim_receive_all(int fd, void *bytes, size_t byte_count)
{
	size_t done = 0;

	while (done < byte_count) {
		ssize_t received = recv(fd, (char *)bytes + done, byte_count - done, 0);

		if (received < 0 && errno != EINTR)
			return -errno;
		if (received == 0)
			break;
		if (received > 0)
			done += (size_t)received;
	}
	return (ssize_t)done;
}
