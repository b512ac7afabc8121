// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// One bit for each page of the guest that we wrote to, for a hypervisor that copies the guest elsewhere meanwhile
/// (vhost-user protocol, "Migration").
struct DirtyLog: BitwiseCopyable {
    static let pageByteCount: UInt64 = 4096

    /// Where in the arena the log lies; nil: there is none.
    private(set) var area: Slice?
    /// Told after pages were marked; -1: nobody.
    var descriptor: Int32 = -1
    private var hasMarked = false

    mutating func begin(_ area: Slice) { self.area = area }
    mutating func end() { area = nil }

    /// Marks the pages of a range of guest physical addresses.
    mutating func mark(_ address: UInt64, _ byteCount: Int, _ memory: borrowing GuestMemory)
        throws(VhostUserError)
    {
        guard let area, byteCount > 0 else { return }
        let first = address / Self.pageByteCount
        let (end, overflow) = address.addingReportingOverflow(UInt64(byteCount) - 1)
        guard !overflow else { throw .logTooSmall }
        for page in first...end / Self.pageByteCount {
            guard page / 8 < UInt64(area.byteCount) else { throw .logTooSmall }
            memory.set(1 << UInt8(page % 8), area.offset + Int(page / 8))
        }
        hasMarked = true
    }

    /// Tells the hypervisor, if there is something to tell.
    mutating func notify() {
        guard hasMarked else { return }
        hasMarked = false
        if descriptor >= 0 { _ = shim_signal_event(descriptor) }
    }
}
