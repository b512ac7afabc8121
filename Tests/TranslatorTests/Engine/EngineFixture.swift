// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

typealias TestEngine = Engine<LoopLink, ScriptedSockets>

/// Memory for engines of one test after the other; freed with the last reference.
final class EngineTestMemory {
    static let byteCount =
        LoopLink.arenaByteCount(slotCount: EngineFixture.largestSlotCount) + 2 * 65536
        + EngineFixture.largestReserveByteCount
    private let main: UnsafeMutableRawPointer
    private let fragments: UnsafeMutableRawPointer
    private let scratch: UnsafeMutableRawPointer

    init() {
        main = .allocate(byteCount: Self.byteCount, alignment: 4096)
        fragments = .allocate(byteCount: FragmentReassembly.memoryByteCount, alignment: 4096)
        scratch = .allocate(byteCount: EngineResponders.largestReply, alignment: 4096)
    }

    deinit {
        main.deallocate()
        fragments.deallocate()
        scratch.deallocate()
    }

    var arena: Arena { Arena(start: main, byteCount: Self.byteCount) }
    var fragmentArena: Arena { Arena(start: fragments, byteCount: FragmentReassembly.memoryByteCount) }
    var scratchArena: Arena { Arena(start: scratch, byteCount: EngineResponders.largestReply) }
}

/// What an engine of a test is made of.
struct EngineFixture {
    static let largestSlotCount = 64
    static let largestReserveByteCount = 4 << 20

    static let ourMAC = MACAddress.defaultOurs
    static let guestMAC = MACAddress(bits: 0x0200_0000_0001)
    static let gateway4 = IPv4Address(0xc000_0201)
    static let guest4 = IPv4Address(0xc000_0202)
    static let peer4 = IPv4Address(0xc633_6409)
    static let gateway6 = IPv6Address(high: 0xfe80 << 48, low: 1)
    static let guest6 = IPv6Address(high: 0x2001_0db8_0000_0000, low: 2)
    static let peer6 = IPv6Address(high: 0x2001_0db8_0000_0001, low: 9)

    var capabilities = LinkCapabilities.plain
    var slotCount = 64
    var queueFrameCount = 1000
    var mtu: UInt16 = 1500
    var tcpCapacity = 64
    var udpCapacity = 64
    var echoCapacity = 64
    var reserveByteCount = 1 << 20
    /// Listening sockets, by number: TCP to the guest's port 8000 + number, or UDP to 9000 + number.
    var tcpListenerCount = 1
    var udpListenerCount = 0

    static func guest(_ version: IPVersion) -> IPAddress {
        version == .v4 ? IPAddress(guest4) : IPAddress(guest6)
    }
    static func peer(_ version: IPVersion) -> IPAddress {
        version == .v4 ? IPAddress(peer4) : IPAddress(peer6)
    }
    static func gateway(_ version: IPVersion) -> IPAddress {
        version == .v4 ? IPAddress(gateway4) : IPAddress(gateway6)
    }

    static func network(mtu: UInt16) -> GuestNetwork {
        var network = GuestNetwork()
        network.mtu = mtu
        network.ipv4 = GuestNetwork.IPv4(
            address: guest4, prefixLength: 24, gateway: gateway4, ours: gateway4)
        network.ipv6 = GuestNetwork.IPv6(address: guest6, gateway: gateway6, ours: gateway6)
        return network
    }

    func engine(_ memory: EngineTestMemory) -> TestEngine {
        var network = Self.network(mtu: mtu)
        network.services.routerAdvertisements = false
        var mapping = AddressMapping()
        for version in IPVersion.allCases {
            mapping[version].isEnabled = true
            mapping[version].assigned = Self.guest(version)
            mapping[version].ours = Self.gateway(version)
        }
        var settings = EngineSettings(
            guest: network, translation: AddressTranslation(mapping: mapping),
            secret: SipKey(low: 1, high: 2), sequenceSecret: SipKey(low: 3, high: 4))
        settings.tcpCapacity = tcpCapacity
        settings.udpCapacity = udpCapacity
        settings.echoCapacity = echoCapacity
        settings.reserveByteCount = reserveByteCount
        settings.reassembledOffset = LoopLink.arenaByteCount(slotCount: slotCount)
        settings.guestMAC = Self.guestMAC
        let host = ScriptedSockets(memory: memory.arena)
        var engine = Engine(
            settings: settings, arena: memory.arena, scratch: memory.scratchArena,
            link: LoopLink(capabilities, slotCount: slotCount, queueFrameCount: queueFrameCount),
            host: host, services: EngineResponders(network: network, time: 1),
            reassembly: FragmentReassembly(memory: memory.fragmentArena),
            reserveOffset: settings.reassembledOffset + 2 * 65536)
        for number in 0..<tcpListenerCount {
            let port = UInt16(8000 + number)
            _ = engine.addListener(
                Listener(socket: Int32(number), transport: .tcp, port: port, targetPort: port))
        }
        for number in 0..<udpListenerCount { addDatagramListener(number, to: &engine) }
        return engine
    }

    private func addDatagramListener(_ number: Int, to engine: inout TestEngine) {
        let port = UInt16(9000 + number)
        let socket = engine.host.addDatagramSocket(FlowToken(kind: .ignored))
        let place = engine.host.datagramSockets.count - 1
        engine.host[datagram: place].local = Endpoint(address: .unspecified(.v4), port: port)
        _ = engine.addListener(Listener(socket: socket, transport: .udp, port: port, targetPort: port))
    }
}

extension LinkCapabilities {
    /// A link that completes checksums and cuts what is longer than the MTU.
    static let offloading = LinkCapabilities(
        largestFrame: 65535, completesChecksums: true, segmentsTCP: true, segmentsUDP: false)
}

extension Engine where Link == LoopLink, Host == ScriptedSockets {
    /// What is left over of flows that ended; nil when everything is back.
    var leftovers: String? {
        var list: [String] = []
        func note(_ name: String, _ count: Int) { if count != 0 { list.append("\(count) \(name)") } }
        note("TCP flows", flows.count)
        note("TCP keys", table.count)
        note("TCP deadlines", wheel.count)
        note("UDP flows", udpFlows.count)
        note("UDP keys", udpTable.count)
        note("UDP deadlines", udpWheel.count)
        note("echo flows", echoFlows.count)
        note("echo keys", echoTable.count)
        note("echo deadlines", echoWheel.count)
        note("reserve windows", reserve.openWindowCount)
        note(
            "reserve blocks",
            settings.reserveByteCount / ReserveBuffer.blockByteCount - reserve.freeBlockCount)
        note("committed bytes", committed)
        note("link slots", link.takenSlotCount)
        note("touched flows", touched.count)
        note("ready flows", ready.count)
        note("ended flows", ended.count)
        for (index, stream) in host.streams.enumerated() where stream.token != nil && stream.end == .open {
            list.append("open socket \(index)")
        }
        return list.isEmpty ? nil : list.joined(separator: ", ")
    }
}
