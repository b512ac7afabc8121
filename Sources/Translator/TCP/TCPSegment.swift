// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A segment from the guest as a connection sees it: the header's facts and how much payload came with it.
struct TCPSegment: BitwiseCopyable {
    var sequence: SequenceNumber
    var acknowledgement: SequenceNumber = 0
    var flags: TCPFlags
    /// The window field as carried, not scaled.
    var window: UInt16 = 65535
    /// Payload in bytes.
    var byteCount = 0
    var options = TCPOptions()

    /// Sequence space that the segment takes: payload, SYN and FIN.
    var sequenceLength: Int {
        byteCount + (flags.contains(.syn) ? 1 : 0) + (flags.contains(.fin) ? 1 : 0)
    }
}

extension TCPSegment {
    init(_ frame: ParsedFrame) {
        self.init(
            sequence: frame.sequenceNumber, acknowledgement: frame.acknowledgment, flags: frame.flags,
            window: frame.window, byteCount: frame.payloadByteCount, options: frame.options)
    }
}
