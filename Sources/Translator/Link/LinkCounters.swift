// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What a link counted since start.
struct LinkCounters: Equatable, BitwiseCopyable {
    var framesFromGuest: UInt64 = 0
    var bytesFromGuest: UInt64 = 0
    var framesToGuest: UInt64 = 0
    var bytesToGuest: UInt64 = 0
    /// Frames that the far side refused.
    var framesRefused: UInt64 = 0
}
