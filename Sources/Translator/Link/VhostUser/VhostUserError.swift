// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Why a front-end is not served any longer: it broke the protocol, or its driver the ring.
enum VhostUserError: Error, Equatable {
    // Messages
    case malformedMessage
    case oversizedMessage
    case unknownRequest
    case wrongDescriptorCount
    case wrongOrder
    case unofferedFeature
    case missingFeature
    // Memory
    case regionLimit
    case overlappingRegion
    case unknownRegion
    case unmappableRegion
    case shortFile
    case vanishedMemory
    case logTooSmall
    // Rings
    case unknownRing
    case ringSize
    case ringAddress
    case ringDescriptor
    case availableIndex
    case descriptorIndex
    case descriptorLoop
    case descriptorAddress
    case descriptorDirection
    case descriptorLength
    case indirectTable

    /// For the one line of the log.
    var reason: StaticString {
        switch self {
        case .malformedMessage: "vhost-user client dropped: a message is malformed"
        case .oversizedMessage: "vhost-user client dropped: a message is too long"
        case .unknownRequest: "vhost-user client dropped: it sent an unknown request"
        case .wrongDescriptorCount: "vhost-user client dropped: descriptors are missing or superfluous"
        case .wrongOrder: "vhost-user client dropped: a message came out of order"
        case .unofferedFeature: "vhost-user client dropped: it chose a feature that was not offered"
        case .missingFeature: "vhost-user client dropped: it does not speak VIRTIO 1"
        case .regionLimit: "vhost-user client dropped: too much memory, or in too many regions"
        case .overlappingRegion: "vhost-user client dropped: memory regions overlap"
        case .unknownRegion: "vhost-user client dropped: it removed memory that it had not added"
        case .unmappableRegion: "vhost-user client dropped: its memory cannot be mapped"
        case .shortFile: "vhost-user client dropped: a memory region is longer than its file"
        case .vanishedMemory: "vhost-user client dropped: its memory vanished"
        case .logTooSmall: "vhost-user client dropped: the dirty log is too small"
        case .unknownRing: "vhost-user client dropped: there is no such ring"
        case .ringSize: "vhost-user client dropped: a ring has an impossible size"
        case .ringAddress: "vhost-user client dropped: a ring lies outside of the memory"
        case .ringDescriptor: "vhost-user client dropped: a ring's event descriptor is unusable"
        case .availableIndex: "vhost-user client dropped: a ring's available index is wrong"
        case .descriptorIndex: "vhost-user client dropped: a descriptor lies outside of its table"
        case .descriptorLoop: "vhost-user client dropped: a descriptor chain is too long or a loop"
        case .descriptorAddress: "vhost-user client dropped: a buffer lies outside of the memory"
        case .descriptorDirection: "vhost-user client dropped: a buffer has the wrong direction"
        case .descriptorLength: "vhost-user client dropped: a buffer has an impossible size"
        case .indirectTable: "vhost-user client dropped: an indirect table is malformed"
        }
    }
}
