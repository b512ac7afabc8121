// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The 64-bit name of whatever an operation or a watched descriptor belongs to, as the kernel hands it back.
///
///     63    56 55    48 47         32 31                    0
///     [ kind ] [ side ] [ generation] [        index        ]
///
/// A token whose generation differs from its record's belongs to an earlier life of that record: ignore it.
struct FlowToken: Hashable, BitwiseCopyable {
    /// What `index` counts. Raw values follow each other, so that a `switch` is one jump.
    enum Kind: UInt8, BitwiseCopyable, CaseIterable {
        /// Nobody waits for it; also every value that is no kind.
        case ignored
        case link
        case tcpTap
        case tcpSplice
        case tcpListener
        case udpFlow
        case udpSplice
        case udpListener
        case echo
        case signal
        /// The namespace that is served may have gone.
        case namespaceWatch
        /// The thread or process that opens sockets inside the namespace.
        case namespaceDoor
        case networkMonitor
        case portScanner
        case control
        case timer
        /// Whoever started us wants us to leave.
        case exitRequest
    }

    var rawValue: UInt64

    @inline(__always)
    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// - Parameter side: which end of the flow; its meaning is the kind's own.
    @inline(__always)
    init(kind: Kind, side: UInt8 = 0, generation: UInt16 = 0, index: UInt32 = 0) {
        rawValue =
            UInt64(kind.rawValue) &<< 56 | UInt64(side) &<< 48 | UInt64(generation) &<< 32 | UInt64(index)
    }

    @inline(__always)
    var kind: Kind { Kind(rawValue: UInt8(truncatingIfNeeded: rawValue &>> 56)) ?? .ignored }
    @inline(__always)
    var side: UInt8 { UInt8(truncatingIfNeeded: rawValue &>> 48) }
    @inline(__always)
    var generation: UInt16 { UInt16(truncatingIfNeeded: rawValue &>> 32) }
    @inline(__always)
    var index: Int { Int(truncatingIfNeeded: rawValue & 0xffff_ffff) }
}
