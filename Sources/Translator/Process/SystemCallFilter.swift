// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The system calls that the program may make once it is ready; any other kills it.
///
/// Nothing here opens a file, changes the address space, creates a process or sends a signal.
enum SystemCallFilter {
    /// Where a call is needed.
    struct Users: OptionSet {
        let rawValue: UInt8

        static let passt = Users(rawValue: 1)
        static let vhostUser = Users(rawValue: 2)
        static let pasta = Users(rawValue: 4)
        static let ring = Users(rawValue: 8)
        static let epoll = Users(rawValue: 16)

        static let all: Users = [.passt, .vhostUser, .pasta]
    }

    /// One row for each call. A row that names a reactor serves every mode under that reactor.
    private static let table: [(Int, Users)] = [
        // Waiting
        (Int(__NR_epoll_pwait), .epoll), (Int(__NR_epoll_pwait2), .epoll), (Int(__NR_epoll_ctl), .epoll),
        (Int(__NR_io_uring_enter), .ring), (Int(__NR_ppoll), .all),
        // Payload
        (Int(__NR_read), .all), (Int(__NR_readv), .all), (Int(__NR_write), .all), (Int(__NR_writev), .all),
        (Int(__NR_recvfrom), .all), (Int(__NR_recvmsg), .all), (Int(__NR_recvmmsg), .all),
        (Int(__NR_sendto), .all),
        (Int(__NR_sendmsg), .all), (Int(__NR_sendmmsg), .all),
        (Int(__NR_splice), .pasta), (Int(__NR_pipe2), .pasta),
        // Sockets
        (Int(__NR_socket), .all), (Int(__NR_bind), .all), (Int(__NR_connect), .all), (Int(__NR_listen), .all),
        (Int(__NR_accept4), .all), (Int(__NR_shutdown), .all), (Int(__NR_getsockopt), .all),
        (Int(__NR_setsockopt), .all), (Int(__NR_getsockname), .all), (Int(__NR_getpeername), .all),
        (Int(__NR_close), .all), (Int(__NR_fcntl), .all), (Int(__NR_ioctl), .all),
        // Log and capture files
        (Int(__NR_pread64), .all), (Int(__NR_pwrite64), .all), (Int(__NR_lseek), .all),
        (Int(__NR_ftruncate), .all),
        (Int(__NR_fsync), .all), (Int(__NR_fdatasync), .all),
        // Port scanner and namespace watch
        (Int(__NR_faccessat), .pasta),
        // Spawned command
        (Int(__NR_waitid), .pasta),
        // Guest memory
        (Int(__NR_mmap), .vhostUser), (Int(__NR_fstat), .vhostUser), (Int(__NR_munmap), .all),
        // What the C library and the language runtime may call
        (Int(__NR_clock_gettime), .all), (Int(__NR_futex), .all), (Int(__NR_getrandom), .all),
        (Int(__NR_gettid), .all), (Int(__NR_madvise), .all), (Int(__NR_restart_syscall), .all),
        (Int(__NR_rt_sigprocmask), .all), (Int(__NR_rt_sigreturn), .all), (Int(__NR_sched_yield), .all),
        (Int(__NR_exit), .all), (Int(__NR_exit_group), .all),
    ]

    /// What the C library makes of `epoll_wait` and `poll` where the architecture has them.
    #if arch(x86_64)
        private static let older: [(Int, Users)] = [(Int(__NR_epoll_wait), .epoll), (Int(__NR_poll), .all)]
    #else
        private static let older: [(Int, Users)] = []
    #endif

    /// Calls that no change of the table may let in.
    static let neverAllowed: Set<Int32> = [
        Int32(__NR_openat), Int32(__NR_clone), Int32(__NR_clone3), Int32(__NR_execve), Int32(__NR_execveat),
        Int32(__NR_mprotect), Int32(__NR_ptrace), Int32(__NR_setns), Int32(__NR_unshare), Int32(__NR_mount),
        Int32(__NR_kill), Int32(__NR_io_uring_setup), Int32(__NR_io_uring_register), Int32(__NR_bpf),
    ]

    /// The calls for one way of running.
    static func calls(_ mode: Configuration.Mode, usesRing: Bool) -> [Int32] {
        var users: Users = usesRing ? .ring : .epoll
        switch mode {
        case .passt: users.insert(.passt)
        case .vhostUser: users.insert(.vhostUser)
        case .pasta: users.insert(.pasta)
        }
        return (table + older).filter { !$0.1.isDisjoint(with: users) }.map { Int32($0.0) }
    }

    /// Applies the filter to all threads of the process.
    static func load(_ mode: Configuration.Mode, usesRing: Bool) throws(SetupError) {
        let calls = calls(mode, usesRing: usesRing)
        shim_settle_allocator(spareByteCount)
        try checked(shim_forbid_privilege_gain(), "forbid the gain of privileges")
        let result = unsafe calls.withUnsafeBufferPointer { buffer in
            // SAFETY: the buffer is valid for this call, which only reads it.
            unsafe shim_seccomp_load(buffer.baseAddress, buffer.count)
        }
        try checked(result, "load the system call filter", hint: "The kernel needs CONFIG_SECCOMP_FILTER.")
    }

    /// Heap for the small strings of rare events, such as the end.
    private static let spareByteCount: Int32 = 1 << 20
}
