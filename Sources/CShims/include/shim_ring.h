/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * io_uring through liburing: what is inline or a macro there, and loops that would cross into C for each entry. */
#pragma once
#include "shim_reactor.h"
#include <liburing.h>

/* One completion, copied out of the ring. */
struct shim_completion {
	uint64_t token;
	int32_t result;
	uint32_t flags;
};

/* A token whose completions nobody reads. */
static const uint64_t shim_ring_unread = UINT64_MAX;
static const uint32_t shim_ring_more = IORING_CQE_F_MORE;

/* Whether the kernel knows the operation; call it before shim_ring_enable. */
int shim_ring_supports(struct io_uring *ring, const uint8_t *operations, int count);

/* Restricts a ring that was made disabled to count operations, to no register call and to no flag on an entry, and
 * enables it for the calling thread; 0 or -errno. Here because liburing 2.3 exports neither call. */
int shim_ring_enable(struct io_uring *ring, const uint8_t *operations, int count);

/* Adds a multishot, edge-triggered poll; -EBUSY when the submission queue is full. */
SHIM_NOLOCKS static inline int shim_ring_watch(struct io_uring *ring, int fd, uint32_t events, uint64_t token)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(ring);

	if (!entry)
		return -EBUSY;
	io_uring_prep_poll_multishot(entry, fd, events);
	io_uring_sqe_set_data64(entry, token);
	return 0;
}

/* Ends the poll with that token; -EBUSY when the submission queue is full. */
SHIM_NOLOCKS static inline int shim_ring_forget(struct io_uring *ring, uint64_t token)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(ring);

	if (!entry)
		return -EBUSY;
	io_uring_prep_poll_remove(entry, token);
	io_uring_sqe_set_data64(entry, shim_ring_unread);
	return 0;
}

/* Adds operation so that it either completes at once or says EAGAIN, on files by RWF_NOWAIT, which those that do not
 * know it refuse with EOPNOTSUPP; -EBUSY when the submission queue is full. */
SHIM_NOLOCKS static inline int shim_ring_operate(struct io_uring *ring, const struct shim_operation *operation,
						 uint64_t token)
{
	const struct msghdr *message = &operation->message;
	const struct iovec *piece = message->msg_iov;
	int fd = operation->descriptor, one = message->msg_iovlen == 1;
	int flags = operation->flags | MSG_DONTWAIT;
	struct io_uring_sqe *entry = io_uring_get_sqe(ring);

	if (!entry)
		return -EBUSY;
	switch (operation->kind) {
	case SHIM_OPERATION_READ:
		if (one)
			io_uring_prep_read(entry, fd, piece->iov_base, (unsigned)piece->iov_len, (uint64_t)-1);
		else
			io_uring_prep_readv(entry, fd, piece, (unsigned)message->msg_iovlen, (uint64_t)-1);
		entry->rw_flags = RWF_NOWAIT;
		break;
	case SHIM_OPERATION_WRITE:
		if (one)
			io_uring_prep_write(entry, fd, piece->iov_base, (unsigned)piece->iov_len, (uint64_t)-1);
		else
			io_uring_prep_writev(entry, fd, piece, (unsigned)message->msg_iovlen, (uint64_t)-1);
		entry->rw_flags = RWF_NOWAIT;
		break;
	case SHIM_OPERATION_SEND:
		if (one)
			io_uring_prep_send(entry, fd, piece->iov_base, piece->iov_len, flags | MSG_NOSIGNAL);
		else
			io_uring_prep_sendmsg(entry, fd, message, (unsigned)(flags | MSG_NOSIGNAL));
		break;
	case SHIM_OPERATION_RECEIVE:
		if (one)
			io_uring_prep_recv(entry, fd, piece->iov_base, piece->iov_len, flags);
		else
			io_uring_prep_recvmsg(entry, fd, (struct msghdr *)message, (unsigned)flags);
		break;
	}
	io_uring_sqe_set_data64(entry, token);
	return 0;
}

/* Asks the kernel to end the operation with that token, should it have gone asynchronous. */
SHIM_NOLOCKS static inline int shim_ring_cancel(struct io_uring *ring, uint64_t token)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(ring);

	if (!entry)
		return -EBUSY;
	io_uring_prep_cancel64(entry, token, 0);
	io_uring_sqe_set_data64(entry, shim_ring_unread);
	return 0;
}

/* Moves up to capacity completions out of the ring; how many there were. */
SHIM_NOLOCKS static inline int shim_ring_take(struct io_uring *ring, struct shim_completion *to, int capacity)
{
	struct io_uring_cqe *completion;
	unsigned head;
	int count = 0;

	io_uring_for_each_cqe(ring, head, completion) {
		if (count == capacity)
			break;
		to[count].token = completion->user_data;
		to[count].result = completion->res;
		to[count].flags = completion->flags;
		count++;
	}
	io_uring_cq_advance(ring, (unsigned)count);
	return count;
}

/* Whether entries wait to be submitted, or the kernel holds work or completions back until it is entered. */
SHIM_NOLOCKS static inline int shim_ring_needs_entering(const struct io_uring *ring)
{
	return io_uring_sq_ready(ring) ||
	       (IO_URING_READ_ONCE(*ring->sq.kflags) & (IORING_SQ_CQ_OVERFLOW | IORING_SQ_TASKRUN));
}

/* Submits, then waits for one completion up to nanoseconds (negative: without end); 0 or -errno. */
SHIM_NOLOCKS static inline int shim_ring_submit_and_wait(struct io_uring *ring, int64_t nanoseconds)
{
	struct __kernel_timespec timeout = { nanoseconds / 1000000000, nanoseconds % 1000000000 };
	struct io_uring_cqe *completion;
	int result = io_uring_submit_and_wait_timeout(ring, &completion, 1, nanoseconds < 0 ? NULL : &timeout, NULL);

	return result < 0 ? result : 0;
}
