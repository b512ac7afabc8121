/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "CShims.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define DESCRIPTOR_LIMIT 8

void *shim_map_arena_with_window(size_t byte_count, size_t window_byte_count, size_t alignment, int hugepages)
{
	size_t whole = byte_count + window_byte_count;
	char *start = mmap(NULL, whole + alignment, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t skip;

	if (start == MAP_FAILED)
		return NULL;
	skip = (alignment - (uintptr_t)start % alignment) % alignment;
	if (skip)
		munmap(start, skip);
	if (alignment - skip)
		munmap(start + skip + whole, alignment - skip);
	start += skip;
	if (byte_count && mprotect(start, byte_count, PROT_READ | PROT_WRITE)) {
		munmap(start, whole);
		return NULL;
	}
	if (hugepages)
		madvise(start, byte_count, MADV_HUGEPAGE);
	return start;
}

static int map(void *place, size_t byte_count, int protection, int flags, int descriptor, uint64_t offset)
{
	void *result = mmap(place, byte_count, protection, flags | MAP_FIXED | MAP_NORESERVE, descriptor, (off_t)offset);

	return result == MAP_FAILED ? -errno : 0;
}

int shim_map_shared(void *place, size_t byte_count, int descriptor, uint64_t offset)
{
	return map(place, byte_count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, offset);
}

int shim_unmap_shared(void *place, size_t byte_count)
{
	return map(place, byte_count, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static struct {
	char *start;
	size_t byte_count;
	volatile sig_atomic_t is_faulted;
} guarded;

static void bus_error_arrived(int number, siginfo_t *information, void *registers)
{
	char *address = information->si_addr;
	int code = errno;

	(void)registers;
	if (address >= guarded.start && address < guarded.start + guarded.byte_count) {
		char *page = guarded.start + (address - guarded.start) / 4096 * 4096;
		int result = map(guarded.start, guarded.byte_count, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		/* A machine that never overcommits refuses so much; one page it has, of files with small pages. */
		if (result)
			result = map(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (!result) {
			guarded.is_faulted = 1;
			errno = code;
			return;
		}
	}
	signal(number, SIG_DFL);
	raise(number);
}

int shim_guard_window(void *start, size_t byte_count)
{
	struct sigaction action = { .sa_sigaction = bus_error_arrived, .sa_flags = SA_SIGINFO };

	guarded.start = start;
	guarded.byte_count = byte_count;
	guarded.is_faulted = 0;
	return sigaction(SIGBUS, &action, NULL) ? -errno : 0;
}

int shim_take_window_fault(void)
{
	int is_faulted = guarded.is_faulted;

	guarded.is_faulted = 0;
	return is_faulted;
}

int64_t shim_file_size(int descriptor)
{
	struct stat status;

	/* The C library would ask by an empty path, for which the filter has no rule. */
	if (syscall(__NR_fstat, descriptor, &status))
		return -errno;
	return S_ISREG(status.st_mode) ? (int64_t)status.st_size : -EINVAL;
}

int shim_set_nonblocking(int descriptor)
{
	int flags = fcntl(descriptor, F_GETFL);

	if (flags < 0)
		return -errno;
	return fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) ? -errno : 0;
}

int shim_signal_event(int descriptor)
{
	uint64_t one = 1;
	ssize_t result;

	do
		result = write(descriptor, &one, sizeof(one));
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : 0;
}

ssize_t shim_receive_with_descriptors(int socket, void *bytes, size_t byte_count, int *descriptors, int *count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(DESCRIPTOR_LIMIT * sizeof(int))];
	struct iovec piece = { .iov_base = bytes, .iov_len = byte_count };
	struct msghdr message = {
		.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t result;

	*count = 0;
	do
		result = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		return -errno;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
		size_t carried;

		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		carried = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t index = 0; index < carried && *count < DESCRIPTOR_LIMIT; index++) {
			memcpy(&descriptors[*count], CMSG_DATA(header) + index * sizeof(int), sizeof(int));
			*count += 1;
		}
	}
	if (!(message.msg_flags & MSG_CTRUNC))
		return result;
	while (*count > 0)
		close(descriptors[--*count]);
	return -EMSGSIZE;
}
