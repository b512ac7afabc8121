// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// An open file descriptor with one owner, closed when the owner goes.
struct Descriptor: ~Copyable {
    let number: Int32

    /// - Parameter number: open and owned by nobody else.
    init(owning number: Int32) { self.number = number }

    /// Gives the descriptor away: whoever takes the number closes it.
    consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }

    deinit { _ = close(number) }
}
