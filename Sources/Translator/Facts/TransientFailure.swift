// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Failures of a send, a receive or a write that pass by themselves, by error number (asm-generic/errno.h).
enum TransientFailure {
    /// `EAGAIN`: full or empty; an event tells when that ends.
    static func isFull(_ code: Int32) -> Bool { code == 11 }
    /// `EAGAIN`, or the kernel is short of memory (`ENOMEM`, `ENOBUFS`).
    static func isOne(_ code: Int32) -> Bool { code == 11 || code == 12 || code == 105 }
}

/// Failures to make a descriptor that end when others are closed, by error number (asm-generic/errno.h).
enum DescriptorShortage {
    /// `ENFILE`, `EMFILE`.
    static func isOne(_ code: Int32) -> Bool { code == 23 || code == 24 }
}
