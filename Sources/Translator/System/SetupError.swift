// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Why the program cannot start: one sentence for the user, saying what was tried, on what, and what to do.
struct SetupError: Error, Equatable {
    var message: String
    /// The error number of the call that was refused; 0 when none was.
    var code: Int32 = 0

    init(_ message: String) { self.message = message }

    /// "Cannot STEP: REASON. HINT"
    init(cannot step: String, code: Int32, hint: String = "") {
        // SAFETY: strerror returns a terminated string that lives until the next call; it is copied here.
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        message = "Cannot \(step): \(reason)" + (hint.isEmpty ? "" : ". \(hint)")
        self.code = code
    }
}
