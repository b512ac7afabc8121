struct ObservedAddresses { init(_ mapping: AddressMapping) {}
 mutating func observe(_ a: IPAddress, mapping: AddressMapping) {}
 mutating func reset(_ v: IPVersion, mapping: AddressMapping) {} }
struct InitialSequence { init(secret: SipKey) {}
 func sequence(for key: FlowKey, now: Instant) -> SequenceNumber { 1000 } }
struct InboundRoute { var guest: Endpoint; var remote: Endpoint }
enum AddressTranslation {
 static func outbound(transport: TransportProtocol, destination: Endpoint, mapping: AddressMapping) -> OutboundRoute? { OutboundRoute(destination: destination) }
 static func inbound(target: IPAddress?, transport: TransportProtocol, peer: Endpoint, local: Endpoint, targetPort: UInt16, mapping: AddressMapping, observed: ObservedAddresses) -> InboundRoute? { nil }
}
