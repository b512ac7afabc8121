// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// Datagrams and echo requests between a guest and scripted sockets, in an order that the seed decides.
struct DatagramSimulation: ~Copyable {
    private static let guestPorts: ClosedRange<UInt16> = 40_000...40_005
    private static let remotePorts: ClosedRange<UInt16> = 1000...1002

    private let version: IPVersion
    private var random: SplitMix
    private var engine: TestEngine
    private var problem: String?
    /// What the guest sent and what the peers answered, by flow, and not seen on the other side.
    private var toHost: [UInt32: [[UInt8]]] = [:]
    private var toGuest: [UInt32: [[UInt8]]] = [:]
    private var expectedErrorCount = 0
    private var number: UInt8 = 0

    init(seed: UInt64, memory: EngineTestMemory) {
        random = SplitMix(seed: seed)
        version = seed % 2 == 0 ? .v4 : .v6
        var fixture = EngineFixture()
        fixture.capabilities = Bool.random(using: &random) ? .plain : .offloading
        fixture.slotCount = [1, 2, 17, 64].randomElement(using: &random)!
        fixture.mtu = 65520
        engine = fixture.engine(memory)
    }

    /// Runs to the end; nil: nothing was wrong.
    mutating func run() -> String? {
        for _ in 0..<60 {
            step()
            settle()
            if let problem { return problem }
        }
        let waiting = toHost.values.joined().count + toGuest.values.joined().count
        if waiting > 0 { return "\(waiting) datagrams never arrived" }
        if expectedErrorCount > 0 { return "\(expectedErrorCount) errors were not told" }
        take(engine.pass(.seconds(200)))
        if let leftovers = engine.leftovers { return "left over: \(leftovers)" }
        let openCount = engine.host.datagramSockets.filter(\.isOpen).count
        return openCount > 0 ? "\(openCount) sockets are open" : problem
    }

    private mutating func step() {
        switch random.next() % 8 {
        case 0...3: guestSends(Int(random.next() % 5) + 1)
        case 4, 5: peerSends(Int(random.next() % 40) + 1)
        case 6: errorArrives()
        default: take(engine.pass(.milliseconds(Int64(random.next() % 40_000))))
        }
    }

    private mutating func guestSends(_ count: Int) {
        let guestPort = UInt16.random(in: Self.guestPorts, using: &random)
        let remotePort = UInt16.random(in: Self.remotePorts, using: &random)
        let (guest, remote) = PacketFixture.ends(version, guestPort, remotePort)
        var frames: [LoopFrame] = []
        for _ in 0..<count {
            let payload = payload()
            toHost[Self.key(guestPort, remotePort), default: []].append(payload)
            let frame = GuestFrame.udp(payload, from: guest, to: remote)
            let isCut = version == .v4 && Bool.random(using: &random)
            frames += isCut ? GuestFrame.fragments(of: frame, partByteCount: 1480).reversed() : [frame]
        }
        take(engine.exchange(frames))
    }

    private mutating func payload() -> [UInt8] {
        number &+= 1
        return [UInt8](repeating: number, count: [0, 1, 512, 1472, 9000].randomElement(using: &random)!)
    }

    private mutating func peerSends(_ count: Int) {
        guard let socket = openSocket(), let key = flowKey(socket) else { return }
        let payloads = (0..<count).map { _ in payload() }
        toGuest[key, default: []] += payloads
        engine.host.peerSends(payloads.map { ScriptedDatagramSocket.Datagram(bytes: $0) }, toSocket: socket)
    }

    private mutating func errorArrives() {
        guard let socket = openSocket(), let route = engine.host[datagram: socket].route else { return }
        let isV4 = version == .v4
        engine.host[datagram: socket].errors.append(
            DatagramError(
                origin: isV4 ? .icmp : .icmpv6, code: 111,
                type: isV4 ? ICMPType.unreachable : ICMPv6Type.unreachable,
                icmpCode: 3, mtu: 0, offender: route.destination.address, destination: route.destination,
                byteCount: 0))
        engine.host.post(engine.host[datagram: socket].token, isFailed: true)
        expectedErrorCount += 1
    }

    private mutating func openSocket() -> Int? {
        let open = engine.host.datagramSockets.indices.filter { engine.host.datagramSockets[$0].isOpen }
        return open.randomElement(using: &random)
    }

    /// Lets everything that is on its way arrive.
    private mutating func settle() {
        for _ in 0..<50 {
            take(engine.exchange())
            if toGuest.values.allSatisfy(\.isEmpty), expectedErrorCount == 0 { break }
        }
        for socket in engine.host.datagramSockets.indices { checkSent(socket) }
    }

    private mutating func checkSent(_ socket: Int) {
        guard let key = flowKey(socket) else { return }
        let sent = engine.host[datagram: socket].sent
        engine.host[datagram: socket].sent = []
        let expected = toHost[key, default: []].prefix(sent.count)
        if Array(expected) != sent { problem = "the host got other datagrams than the guest sent" }
        toHost[key]?.removeFirst(expected.count)
    }

    private mutating func take(_ frames: [CheckedFrame]) {
        for checked in frames {
            guard checked.frame.kind == .udp else {
                expectedErrorCount -= 1
                continue
            }
            let key = Self.key(checked.frame.destinationPort, checked.frame.sourcePort)
            guard toGuest[key]?.first == Array(checked.payload) else {
                problem = "the guest got another datagram than the peer sent"
                return
            }
            toGuest[key]?.removeFirst()
        }
    }

    private func flowKey(_ socket: Int) -> UInt32? {
        guard let route = engine.host[datagram: socket].route else { return nil }
        return Self.key(route.sourcePort, route.destination.port)
    }

    private static func key(_ guestPort: UInt16, _ remotePort: UInt16) -> UInt32 {
        UInt32(guestPort) << 16 | UInt32(remotePort)
    }
}
