// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What varies from one TCP segment of ours to the next.
struct SegmentFields: BitwiseCopyable {
    var sequence: SequenceNumber
    var acknowledgement: SequenceNumber
    var flags: TCPFlags
    var window: UInt16
    var options = TCPOptions()
    var payloadByteCount = 0
    /// Payload bytes of each segment when the frame holds several; 0: it is one segment.
    var segmentByteCount: UInt16 = 0
}
