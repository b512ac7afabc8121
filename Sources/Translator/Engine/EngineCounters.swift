// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What the engine counted since start; every number only grows.
struct EngineCounters: Equatable, BitwiseCopyable {
    var turns: UInt64 = 0
    var framesFromGuest: UInt64 = 0
    /// Frames that no parser believed.
    var malformedFrames: UInt64 = 0
    /// Frames from or to loopback addresses.
    var loopbackFrames: UInt64 = 0
    /// Frames of protocols or to destinations that are not translated.
    var ignoredFrames: UInt64 = 0
    var fragmentsDropped: UInt64 = 0
    var tcpFlowsOpened: UInt64 = 0
    var tcpFlowsEnded: UInt64 = 0
    /// Connections refused because a table, the descriptors or the reserve were exhausted.
    var tcpFlowsRefused: UInt64 = 0
    /// Resets of connections that broke off.
    var tcpResetsToGuest: UInt64 = 0
    /// Resets because nobody listens where the guest wanted to connect.
    var tcpRefusalsToGuest: UInt64 = 0
    /// Resets for segments of connections that are not known.
    var tcpStraySegments: UInt64 = 0
    var tcpRetransmissions: UInt64 = 0
    /// Payload bytes that had to be copied into a reserve.
    var reservedBytes: UInt64 = 0
    /// Payload bytes accepted and given back because the reserve was full.
    var retractedBytes: UInt64 = 0
    var udpFlowsOpened: UInt64 = 0
    var udpDatagramsDropped: UInt64 = 0
    /// Payload bytes of connections that bypass the link.
    var splicedBytes: UInt64 = 0
    /// Grows while the guest's side, or a bypass, has something to say.
    var progress: UInt64 { framesFromGuest &+ splicedBytes }
    /// Descriptors could not be had.
    var descriptorShortages: UInt64 = 0
    var echoFlowsOpened: UInt64 = 0
}
