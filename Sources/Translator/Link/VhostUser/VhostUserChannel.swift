// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Descriptors that came with a message and that nobody took yet; closed unless somebody does.
struct CarriedDescriptors: ~Copyable {
    private(set) var count = 0
    private var numbers = InlineArray<8, Int32>(repeating: -1)

    deinit { closeAll() }

    /// Adds one; false, and the descriptor is closed, beyond what a message may carry.
    mutating func append(_ number: Int32) -> Bool {
        guard count < VhostUserHeader.descriptorLimit else {
            _ = close(number)
            return false
        }
        numbers[count] = number
        count += 1
        return true
    }

    /// A descriptor that stays owned here.
    func number(_ index: Int) -> Int32 {
        precondition(index >= 0 && index < count)
        return numbers[index]
    }

    /// Gives the descriptor at `index` to the caller, who closes it.
    mutating func take(_ index: Int) -> Int32 {
        precondition(index >= 0 && index < count)
        let number = numbers[index]
        numbers[index] = -1
        return number
    }

    mutating func removeAll() {
        closeAll()
        count = 0
    }

    private func closeAll() {
        for index in 0..<count where numbers[index] >= 0 { _ = close(numbers[index]) }
    }
}

/// Messages of a vhost-user front-end, put together from what the socket gives.
@safe
struct VhostUserChannel: ~Copyable {
    /// The longest payload that any known message has: 256 bytes of configuration, or 8 regions.
    static let payloadLimit = 288

    enum Arrival: Equatable {
        /// A whole message: read it, then call `removeMessage`.
        case message
        case nothing
        case closed
    }

    private static let capacity = VhostUserHeader.length + payloadLimit

    private let buffer: UnsafeMutableRawPointer
    private var receivedByteCount = 0
    private(set) var header = VhostUserHeader(request: 0, payload: 0)
    var descriptors = CarriedDescriptors()

    init() {
        unsafe buffer = .allocate(byteCount: Self.capacity, alignment: 8)
        unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity)
    }

    deinit { unsafe buffer.deallocate() }

    /// Reads from the socket until there is a whole message.
    mutating func receive(from socket: Int32) throws(VhostUserError) -> Arrival {
        while true {
            var wanted = VhostUserHeader.length
            if receivedByteCount >= wanted {
                guard let parsed = try? VhostUserHeader(parsing: bytes(0..<wanted)), !parsed.isReply else {
                    throw .malformedMessage
                }
                guard parsed.payloadLength <= Self.payloadLimit else { throw .oversizedMessage }
                header = parsed
                wanted += Int(parsed.payloadLength)
                if receivedByteCount == wanted { return .message }
            }
            let result = try read(wanted - receivedByteCount, from: socket)
            if result == 0 { return .closed }
            if result < 0 { return result == -EAGAIN ? .nothing : .closed }
            receivedByteCount += result
        }
    }

    private mutating func read(_ byteCount: Int, from socket: Int32) throws(VhostUserError) -> Int {
        var numbers = InlineArray<8, Int32>(repeating: -1)
        var count: Int32 = 0
        var places = numbers.mutableSpan
        precondition(byteCount <= Self.capacity - receivedByteCount)
        let room = unsafe buffer + receivedByteCount
        let result = unsafe places.withUnsafeMutableBufferPointer { places in
            // SAFETY: the precondition keeps the bytes inside the buffer; there is room for 8 descriptors.
            unsafe shim_receive_with_descriptors(socket, room, byteCount, places.baseAddress, &count)
        }
        guard result != -Int(EMSGSIZE) else { throw .wrongDescriptorCount }
        var isFitting = true
        for index in 0..<Int(count) { isFitting = descriptors.append(numbers[index]) && isFitting }
        guard isFitting else { throw .wrongDescriptorCount }
        return result
    }

    /// The message's payload.
    @_lifetime(borrow self)
    func payload() -> RawSpan {
        let range = VhostUserHeader.length..<VhostUserHeader.length + Int(header.payloadLength)
        precondition(range.upperBound <= Self.capacity)
        // SAFETY: the precondition; the buffer lives as long as this value.
        let span = unsafe RawSpan(_unsafeStart: buffer + range.lowerBound, byteCount: range.count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    @_lifetime(borrow self)
    private func bytes(_ range: Range<Int>) -> RawSpan {
        precondition(range.upperBound <= Self.capacity)
        // SAFETY: the precondition; the buffer lives as long as this value.
        let span = unsafe RawSpan(_unsafeStart: buffer + range.lowerBound, byteCount: range.count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Begins the next message; descriptors that nobody took are closed.
    mutating func removeMessage() {
        receivedByteCount = 0
        descriptors.removeAll()
    }
}

/// The answer to a message.
struct VhostUserReply: ~Copyable {
    private var buffer = InlineArray<300, UInt8>(repeating: 0)
    private(set) var byteCount = 0

    /// Begins the answer to `request` with `write` filling a zeroed payload of `payloadByteCount` bytes.
    mutating func set(
        _ request: UInt32, payload payloadByteCount: Int, write: (inout MutableRawSpan) -> Void
    ) {
        var header = VhostUserHeader(request: request, payload: payloadByteCount)
        header.isReply = true
        byteCount = VhostUserHeader.length + payloadByteCount
        var span = buffer.mutableSpan
        // SAFETY: a `UInt8` has no padding, and every bit pattern is one.
        var bytes = unsafe span.mutableBytes
        header.write(to: &bytes)
        bytes.zero(VhostUserHeader.length..<byteCount)
        var payload = bytes._mutatingExtracting(VhostUserHeader.length..<byteCount)
        write(&payload)
    }

    mutating func set(_ request: UInt32, _ value: UInt64) {
        set(request, payload: 8) { bytes in bytes.storeNative(value, at: 0) }
    }

    mutating func removeAll() { byteCount = 0 }

    /// Sends the answer, if there is one; false when the front-end takes none.
    func send(to socket: Int32) -> Bool {
        guard byteCount > 0 else { return true }
        let wanted = byteCount
        return unsafe buffer.span.withUnsafeBufferPointer { bytes in
            // SAFETY: the buffer is valid for this call, which only reads it.
            unsafe shim_write(socket, bytes.baseAddress, wanted) == Int64(wanted)
        }
    }
}
