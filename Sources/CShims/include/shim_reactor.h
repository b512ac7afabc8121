/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Operations on descriptors performed one system call each, and epoll. */
#pragma once
#include "shim_system.h"
#include <sys/epoll.h>
#include <sys/uio.h>

#define SHIM_OPERATION_READ 0
#define SHIM_OPERATION_WRITE 1
#define SHIM_OPERATION_SEND 2
#define SHIM_OPERATION_RECEIVE 3

/* One operation of a batch. Its pieces are message.msg_iov; the rest of message stays zero. */
struct shim_operation {
	struct msghdr message;
	uint64_t token;
	int64_t byte_count;
	int32_t descriptor;
	int32_t flags;
	int32_t result;
	uint8_t kind;
};

/* Performs operation by one system call that does not block; bytes moved or -errno. Here because four calls, each
 * with a form for one piece, and errno would be a dozen crossings in Swift. */
SHIM_NOLOCKS static inline int32_t shim_perform(struct shim_operation *operation)
{
	struct msghdr *message = &operation->message;
	const struct iovec *piece = message->msg_iov;
	int fd = operation->descriptor, flags = operation->flags | MSG_DONTWAIT, one = message->msg_iovlen == 1;
	int count = (int)message->msg_iovlen;
	ssize_t moved = 0;

	do {
		switch (operation->kind) {
		case SHIM_OPERATION_READ:
			moved = one ? read(fd, piece->iov_base, piece->iov_len) : readv(fd, piece, count);
			break;
		case SHIM_OPERATION_WRITE:
			moved = one ? write(fd, piece->iov_base, piece->iov_len) : writev(fd, piece, count);
			break;
		case SHIM_OPERATION_SEND:
			flags |= MSG_NOSIGNAL;
			moved = one ? send(fd, piece->iov_base, piece->iov_len, flags) : sendmsg(fd, message, flags);
			break;
		case SHIM_OPERATION_RECEIVE:
			moved = one ? recv(fd, piece->iov_base, piece->iov_len, flags) : recvmsg(fd, message, flags);
			break;
		}
	} while (moved < 0 && errno == EINTR);
	return moved < 0 ? -errno : (int32_t)moved;
}

/* A new epoll instance, closed on exec, or -errno. */
SHIM_NOLOCKS static inline int shim_epoll_create(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Adds fd to epoll, or replaces events and token of one that is there already; 0 or -errno. Here because
 * struct epoll_event is packed and holds a union. */
SHIM_NOLOCKS static inline int shim_epoll_watch(int epoll, int fd, uint32_t events, uint64_t token)
{
	struct epoll_event event = { .events = events, .data.u64 = token };

	if (!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		return 0;
	if (errno != EEXIST)
		return -errno;
	return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) ? -errno : 0;
}

/* Takes fd out of epoll; 0 or -errno. */
SHIM_NOLOCKS static inline int shim_epoll_forget(int epoll, int fd)
{
	return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL) ? -errno : 0;
}

/* Waits up to milliseconds (-1: without end); the number of events or -errno. */
SHIM_NOLOCKS static inline int shim_epoll_wait(int epoll, struct epoll_event *events, int capacity, int milliseconds)
{
	int count = epoll_wait(epoll, events, capacity, milliseconds);

	return count < 0 ? -errno : count;
}

SHIM_NOLOCKS static inline uint64_t shim_epoll_token(const struct epoll_event *event) { return event->data.u64; }
SHIM_NOLOCKS static inline uint32_t shim_epoll_events(const struct epoll_event *event) { return event->events; }

/* EPOLL* as plain integers: Swift imports some as a type of their own and some as Int. */
static const uint32_t shim_event_readable = EPOLLIN;
static const uint32_t shim_event_writable = EPOLLOUT;
static const uint32_t shim_event_hung_up = EPOLLHUP | EPOLLRDHUP;
static const uint32_t shim_event_failed = EPOLLERR;
static const uint32_t shim_event_edge = (uint32_t)EPOLLET;
