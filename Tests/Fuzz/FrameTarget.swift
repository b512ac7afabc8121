// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// A frame and everything that may look into it: all layers, TCP options, and the responders' answers.
enum FrameTarget {
    private static let responders = EngineResponders(
        network: EngineFixture.network(mtu: 1500), time: 1)

    static func run(_ input: FuzzInput) {
        var input = input
        let isOffloaded = input.byte() & 1 == 1
        let frame = input.bytes
        let span = frame.span.bytes
        parseMessages(frame)
        var inPlace = ParsedFrame()
        let isAccepted = (try? inPlace.parse(span, isSegmentationOffloaded: isOffloaded)) != nil
        let parsed = try? ParsedFrame(parsing: span, isSegmentationOffloaded: isOffloaded)
        precondition(isAccepted == (parsed != nil))
        guard let parsed else { return }
        precondition(parsed == inPlace)
        precondition(parsed.payload.lowerBound >= 0 && parsed.payload.upperBound <= frame.count)
        let payload = Array(frame[parsed.payload])
        respond(to: payload, parsed)
        parseMessages(payload)
    }

    private static func respond(to payload: [UInt8], _ frame: ParsedFrame) {
        let message = payload.span.bytes
        if frame.kind == .arp, let arp = try? ARPMessage(parsing: message) {
            _ = responders.arp.reply(to: arp)
        }
        _ = reply { responders.dhcp.reply(to: message, into: &$0)?.byteCount }
        guard let source = frame.source.v6, let destination = frame.destination.v6 else { return }
        _ = reply {
            responders.dhcpv6.reply(to: message, source: source, destination: destination, into: &$0)?
                .byteCount
        }
        let neighbour = reply {
            responders.neighbours.reply(
                toICMPv6: message, source: source, destination: destination, hopLimit: frame.hopLimit,
                advertiser: responders.advertiser, into: &$0)?.byteCount
        }
        if let neighbour { precondition((try? ICMPv6Kind(neighbour)) != nil, "a reply of an unknown type") }
    }

    /// A reply's bytes, in room that is just large enough for any.
    private static func reply(_ write: (inout MutableRawSpan) -> Int?) -> [UInt8]? {
        var count: Int?
        let bytes = written(EngineResponders.largestReply) { count = write(&$0) }
        return count.map { Array(bytes[..<$0]) }
    }

    private struct ICMPv6Kind {
        init(_ bytes: [UInt8]) throws {
            guard let type = bytes.first,
                NeighbourDiscoveryResponder.handles(type) || (134...136).contains(type)
            else { throw WireError.malformed }
        }
    }

    private static func parseMessages(_ bytes: [UInt8]) {
        let span = bytes.span.bytes
        expectIdentity(bytes, byteCount: ARPMessage.length, parse: ARPMessage.init(parsing:)) {
            $0.write(to: &$1)
        }
        expectIdentity(bytes, byteCount: ICMPMessage.length, parse: ICMPMessage.init(parsing:)) {
            $0.write(to: &$1)
        }
        expectIdentity(bytes, byteCount: ICMPv6Message.length, parse: ICMPv6Message.init(parsing:)) {
            $0.write(to: &$1)
        }
        expectIdentity(bytes, byteCount: IPv6FragmentHeader.length) {
            try IPv6FragmentHeader(parsing: $0)
        } write: {
            $0.write(to: &$1)
        }
        let options = TCPOptions(parsing: span.extracting(first: TCPOptions.maximumLength))
        let copy = written(options.length) { options.write(to: &$0) }
        let back = TCPOptions(parsing: copy.span.bytes)
        // Blocks that do not fit beside the other options are left out.
        precondition(back == options || back.sackBlockCount < options.sackBlockCount)
        _ = try? EthernetHeader(parsing: span)
        _ = try? IPv4Header(parsing: span)
        _ = try? IPv6Header(parsing: span)
        _ = try? TCPHeader(parsing: span)
        _ = try? UDPHeader(parsing: span)
        _ = try? NeighbourSolicitation(parsing: span)
        _ = try? NeighbourAdvertisement(parsing: span)
        _ = try? RouterSolicitation(parsing: span)
        _ = try? RouterAdvertisement(parsing: span)
        _ = try? PrefixInformation(parsing: span)
        _ = try? MTUOption(parsing: span)
        _ = try? RecursiveResolversOption(parsing: span)
        _ = try? VirtioNetHeader(parsing: span)
        _ = try? DHCPMessage(parsing: span)
        _ = try? DHCPv6Message(parsing: span)
        guard let nextHeader = bytes.first else { return }
        if let chain = try? IPv6ExtensionChain(
            parsing: span, from: 1, to: bytes.count, nextHeader: nextHeader)
        {
            precondition(chain.offset >= 1 && chain.offset <= bytes.count)
        }
    }
}
