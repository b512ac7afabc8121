// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// A link whose frames, both ways, are also written to a capture file (classic pcap 2.4, Ethernet) or told to the log.
///
/// Frames are captured as they cross the link: one that holds many segments is one record, and its checksum may be
/// left to the far side. A file that cannot be written any more loses records, and nothing else.
struct CapturingLink<Inner: FrameLink & ~Copyable>: ~Copyable {
    private var inner: Inner
    /// -1: nothing is captured.
    private let file: Int32
    private let trace: FrameTrace?
    private let isWatched: Bool

    /// - Parameters:
    ///   - file: open for writing and empty, or -1.
    ///   - trace: nil: nothing is logged.
    init(_ inner: consuming Inner, file: Int32, trace: FrameTrace?) {
        self.inner = inner
        self.file = file
        self.trace = trace
        isWatched = file >= 0 || trace != nil
        guard file >= 0 else { return }
        let bytes = [UInt8](capacity: CaptureFileHeader.length) { header in
            CaptureFileHeader().write(to: &header)
            return CaptureFileHeader.length
        }
        unsafe bytes.withUnsafeBytes { header in
            // SAFETY: the buffer is valid for this call, which only reads it.
            _ = unsafe shim_write(file, header.baseAddress, header.count)
        }
    }

    private func record(_ way: StaticString, _ frame: Slice, _ arena: borrowing Arena) {
        trace?.tell(way, arena.bytes(frame))
        guard file >= 0 else { return }
        let vector = arena.vector(frame)
        _ = shim_capture_frame(file, vector.address, vector.byteCount)
    }
}

extension CapturingLink: FrameLink where Inner: ~Copyable {
    var capabilities: LinkCapabilities { inner.capabilities }
    var queueFrameCount: Int { inner.queueFrameCount }
    var isFull: Bool { inner.isFull }
    var counters: LinkCounters { inner.counters }

    mutating func watch() throws(SetupError) { try inner.watch() }

    mutating func eventArrived(_ token: FlowToken, _ event: Readiness, arena: inout Arena) -> LinkEvents {
        inner.eventArrived(token, event, arena: &arena)
    }

    mutating func harvest(into batch: inout FrameBatch, arena: inout Arena) -> HarvestOutcome {
        let outcome = inner.harvest(into: &batch, arena: &arena)
        if isWatched { for index in 0..<batch.count { record("from guest", batch[index].bytes, arena) } }
        return outcome
    }

    mutating func reserve(payloadByteCount: Int, arena: inout Arena) -> FrameSlot? {
        inner.reserve(payloadByteCount: payloadByteCount, arena: &arena)
    }

    mutating func reserve(headerByteCount: Int, payloadByteCount: Int, arena: inout Arena) -> FrameSlot? {
        inner.reserve(headerByteCount: headerByteCount, payloadByteCount: payloadByteCount, arena: &arena)
    }

    mutating func release(_ slot: FrameSlot) { inner.release(slot) }

    mutating func seal(
        _ slot: FrameSlot, headerByteCount: Int, payloadByteCount: Int, offload: VirtioNetHeader,
        arena: inout Arena
    ) {
        if isWatched {
            let frame = Slice(
                offset: slot.payload.offset - headerByteCount, byteCount: headerByteCount + payloadByteCount)
            record("to guest", frame, arena)
        }
        inner.seal(
            slot, headerByteCount: headerByteCount, payloadByteCount: payloadByteCount, offload: offload,
            arena: &arena)
    }

    mutating func flush(arena: inout Arena) { inner.flush(arena: &arena) }
}
