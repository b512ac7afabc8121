// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The extension headers between an IPv6 header and what it carries (RFC 8200, section 4; RFC 7045), walked
/// once.
///
/// Authentication and destination options are skipped unread. The walk ends at a transport protocol, at ESP,
/// at "no next header", at an unknown number, or at a fragment header that says it carries part of a packet.
struct IPv6ExtensionChain: Equatable, BitwiseCopyable {
    /// More than any sender has a use for; bounds the work that one hostile packet can cause.
    static let maximumHeaderCount = 8

    /// What stands at `offset`.
    var protocolNumber: UInt8
    /// Where the first byte behind the chain lies, from the start of the bytes that were walked.
    var offset: Int
    /// The fragment header that ended the walk; `offset` is then the first byte of the fragment's part.
    var fragment: IPv6FragmentHeader?

    /// Walks from `start`, where a header of the kind `nextHeader` begins, but not beyond `end`.
    ///
    /// - Throws: `.truncated` when a header leaves the packet; `.malformed` when there are too many.
    @inline(__always)
    init(parsing bytes: RawSpan, from start: Int, to end: Int, nextHeader: UInt8) throws(WireError) {
        protocolNumber = nextHeader
        offset = start
        guard nextHeader != ProtocolNumber.tcp, nextHeader != ProtocolNumber.udp else { return }
        try walk(bytes, to: end)
    }

    @inline(never)
    private mutating func walk(_ bytes: RawSpan, to end: Int) throws(WireError) {
        for _ in 0...Self.maximumHeaderCount {
            switch protocolNumber {
            case ProtocolNumber.hopByHopOptions, ProtocolNumber.routing, ProtocolNumber.destinationOptions,
                ProtocolNumber.mobility, ProtocolNumber.hostIdentity, ProtocolNumber.shim6,
                ProtocolNumber.experiment1, ProtocolNumber.experiment2:
                try skip(bytes, to: end, unit: 8, least: 1)
            case ProtocolNumber.authenticationHeader:
                try skip(bytes, to: end, unit: 4, least: 2)  // RFC 4302, section 2.2
            case ProtocolNumber.fragment:
                guard offset <= end &- IPv6FragmentHeader.length else { throw .truncated }
                let header = try IPv6FragmentHeader(parsing: bytes, at: offset)
                protocolNumber = header.nextHeader
                offset &+= IPv6FragmentHeader.length
                // A packet whose only fragment is itself is whole (RFC 6946).
                if header.isFragment {
                    fragment = header
                    return
                }
            default:
                return
            }
        }
        throw .malformed
    }

    /// Steps over one header whose second byte counts units beyond the `least`.
    private mutating func skip(_ bytes: RawSpan, to end: Int, unit: Int, least: Int) throws(WireError) {
        guard offset <= end &- 8 else { throw .truncated }
        let field = try HeaderView<2>(bytes, at: offset)
        let byteCount = (Int(field.uint8(at: 1)) &+ least) &* unit
        guard byteCount <= end &- offset else { throw .truncated }
        protocolNumber = field.uint8(at: 0)
        offset &+= byteCount
    }
}

/// The IPv6 fragment header (RFC 8200, section 4.5): 8 bytes.
struct IPv6FragmentHeader: Equatable, BitwiseCopyable {
    static let length = 8

    var nextHeader: UInt8
    /// Place of this part in the fragmentable part, in bytes; a multiple of 8.
    var fragmentOffset: UInt16
    var hasMoreFragments: Bool
    var identification: UInt32

    var isFragment: Bool { hasMoreFragments || fragmentOffset != 0 }

    init(nextHeader: UInt8, fragmentOffset: UInt16, hasMoreFragments: Bool, identification: UInt32) {
        self.nextHeader = nextHeader
        self.fragmentOffset = fragmentOffset
        self.hasMoreFragments = hasMoreFragments
        self.identification = identification
    }

    /// - Throws: `.truncated` when fewer than 8 bytes follow `offset`.
    init(parsing bytes: RawSpan, at offset: Int = 0) throws(WireError) {
        let field = try HeaderView<8>(bytes, at: offset)
        nextHeader = field.uint8(at: 0)
        let place = field.uint16(at: 2)
        fragmentOffset = place & 0xfff8
        hasMoreFragments = place & 1 == 1
        identification = field.uint32(at: 4)
    }

    /// Writes 8 bytes; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeBigEndian(nextHeader, at: offset)
        bytes.storeBigEndian(UInt8(0), at: offset &+ 1)
        bytes.storeBigEndian(fragmentOffset & 0xfff8 | (hasMoreFragments ? 1 : 0), at: offset &+ 2)
        bytes.storeBigEndian(identification, at: offset &+ 4)
    }
}
