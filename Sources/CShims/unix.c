/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "CShims.h"
#include <poll.h>
#include <sys/stat.h>
#include <sys/un.h>

static int open_at(const char *path, struct sockaddr_un *address)
{
	size_t length = strlen(path);
	int fd;

	if (length >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd < 0 ? -errno : fd;
}

int shim_unix_listen(const char *path)
{
	struct sockaddr_un address;
	int fd = open_at(path, &address), error;

	if (fd < 0)
		return fd;
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, 0))
		return fd;
	error = errno;
	close(fd);
	return -error;
}

int shim_unix_probe(const char *path)
{
	struct sockaddr_un address;
	int fd = open_at(path, &address), result;

	if (fd < 0)
		return fd;
	result = connect(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	close(fd);
	return result;
}

int shim_unix_remove(const char *path)
{
	struct stat status;

	if (lstat(path, &status))
		return -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	return unlink(path) ? -errno : 0;
}

int shim_unix_accept(int fd)
{
	int accepted;

	do
		accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (accepted < 0 && errno == EINTR);
	return accepted < 0 ? -errno : accepted;
}

int shim_unix_peer(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) ? -errno : peer.pid;
}

int shim_is_connected_stream(int fd)
{
	int type;
	socklen_t length = sizeof(type);
	struct sockaddr_storage peer;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length))
		return errno == ENOTSOCK ? 0 : -errno;
	length = sizeof(peer);
	return type == SOCK_STREAM && !getpeername(fd, (struct sockaddr *)&peer, &length);
}

int shim_adopt(int fd)
{
	int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 3), null;

	if (duplicate < 0 || fcntl(duplicate, F_SETFL, fcntl(duplicate, F_GETFL) | O_NONBLOCK))
		return -errno;
	close(fd);
	if (fd > 2)
		return duplicate;
	null = open("/dev/null", O_RDWR); /* the lowest that is free, which may be a higher one */
	if (null < 0 || (null != fd && dup2(null, fd) < 0))
		return -errno;
	if (null != fd)
		close(null);
	return duplicate;
}

int shim_is_hung_up(int fd)
{
	struct pollfd place = { .fd = fd, .events = POLLRDHUP };

	return poll(&place, 1, 0) == 1;
}

int shim_unix_connect(const char *path)
{
	struct sockaddr_un address;
	int fd = open_at(path, &address), error;

	if (fd < 0)
		return fd;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)) && !fcntl(fd, F_SETFL, 0) &&
	    !fcntl(fd, F_SETFD, 0))
		return fd;
	error = errno;
	close(fd);
	return -error;
}

int64_t shim_send(int fd, const void *bytes, size_t byte_count)
{
	ssize_t sent = send(fd, bytes, byte_count, MSG_NOSIGNAL);

	return sent < 0 ? -errno : sent;
}

int shim_is_answered(int fd)
{
	char byte;
	ssize_t received = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return received < 0 ? -errno : (int)received;
}
