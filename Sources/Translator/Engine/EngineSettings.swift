// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What does not change while an engine runs.
struct EngineSettings {
    static let defaultReserveByteCount = 128 << 20

    var guest: GuestNetwork
    var translation: AddressTranslation
    var allowsTCP = true
    var allowsUDP = true
    var allowsICMP = true
    /// Key of the flow tables.
    var secret: SipKey
    /// Key of initial sequence numbers, which the guest sees.
    var sequenceSecret: SipKey
    var tcpCapacity = 131_072
    var udpTimeouts = UDPTimeouts()
    var udpCapacity = 32_768
    var echoCapacity = 4096
    /// Listening sockets of both directions together.
    var listenerCapacity = 655_360
    /// Where in the arena `FragmentReassembly.largestFrame` bytes lie for a frame put together from fragments.
    var reassembledOffset = 0
    /// Bytes of the reserve for all flows together.
    var reserveByteCount = Self.defaultReserveByteCount
    /// The guest's address on the link where the daemon set it; nil: learned.
    var guestMAC: MACAddress?
}
