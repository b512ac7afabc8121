// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// No link at all: flows go from socket to socket, and nothing has room for a frame.
struct AbsentLink: ~Copyable {
    static var arenaByteCount: Int { 0 }
}

extension AbsentLink: FrameLink {
    var capabilities: LinkCapabilities { .plain }
    var queueFrameCount: Int { 0 }
    var isFull: Bool { true }

    mutating func harvest(into batch: inout FrameBatch, arena: inout Arena) -> HarvestOutcome { .drained }

    mutating func reserve(payloadByteCount: Int, arena: inout Arena) -> FrameSlot? { nil }

    mutating func release(_ slot: FrameSlot) {}

    mutating func seal(
        _ slot: FrameSlot, headerByteCount: Int, payloadByteCount: Int, offload: VirtioNetHeader,
        arena: inout Arena
    ) {}

    mutating func flush(arena: inout Arena) {}
}
