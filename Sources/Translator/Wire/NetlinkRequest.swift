// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// One netlink request while it is put together, in native byte order; used at set-up only.
struct NetlinkRequest: Equatable {
    private(set) var bytes: [UInt8]

    /// - Parameter flags: beside "request", which every one carries.
    init(type: UInt16, flags: UInt16 = NetlinkHeader.wantsAcknowledgement) {
        bytes = []
        append(UInt32(NetlinkHeader.length))
        append(type)
        append(flags | NetlinkHeader.isRequest)
        append(UInt32(0))
        append(UInt32(0))
    }

    mutating func append<Value: FixedWidthInteger>(_ value: Value) {
        Self.forEachNativeByte(of: value) { bytes.append($0) }
    }

    mutating func append(contentsOf span: RawSpan) {
        for offset in 0..<span.byteCount { bytes.append(span.native(at: offset, as: UInt8.self)) }
    }

    mutating func attribute(_ type: UInt16, _ value: UInt32) {
        nest(type) { $0.append(value) }
    }

    mutating func attribute(_ type: UInt16, _ value: UInt8) {
        nest(type) { $0.append(value) }
    }

    mutating func attribute(_ type: UInt16, _ address: IPAddress) {
        nest(type) { request in
            if let v4 = address.v4 {
                request.append(v4.bits.bigEndian)
            } else {
                request.append(address.bits.high.bigEndian)
                request.append(address.bits.low.bigEndian)
            }
        }
    }

    mutating func attribute(_ type: UInt16, _ address: MACAddress) {
        nest(type) { request in
            for index in 0..<MACAddress.length {
                request.append(UInt8(truncatingIfNeeded: address.bits >> UInt64(40 - 8 * index)))
            }
        }
    }

    /// Text with its terminating NUL.
    mutating func attribute(_ type: UInt16, _ text: String) {
        nest(type) { request in
            for byte in text.utf8 { request.append(byte) }
            request.append(UInt8(0))
        }
    }

    /// An attribute copied as it is.
    mutating func attribute(_ type: UInt16, copying value: RawSpan) {
        let start = open(type)
        append(contentsOf: value)
        close(start)
    }

    /// An attribute whose value `body` appends.
    mutating func nest(_ type: UInt16, _ body: (inout NetlinkRequest) -> Void) {
        let start = open(type)
        body(&self)
        close(start)
    }

    /// The request with its length and `sequence` filled in.
    func sealed(sequence: UInt32) -> [UInt8] {
        var sealed = bytes
        Self.store(UInt32(bytes.count), in: &sealed, at: 0)
        Self.store(sequence, in: &sealed, at: 8)
        return sealed
    }

    /// The bytes that follow the header.
    var payload: ArraySlice<UInt8> { bytes[NetlinkHeader.length...] }

    private mutating func open(_ type: UInt16) -> Int {
        pad()
        let start = bytes.count
        append(UInt16(0))
        append(type)
        return start
    }

    private mutating func close(_ start: Int) {
        Self.store(UInt16(bytes.count - start), in: &bytes, at: start)
        pad()
    }

    private mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    private static func store<Value: FixedWidthInteger>(
        _ value: Value, in bytes: inout [UInt8], at offset: Int
    ) {
        var index = offset
        forEachNativeByte(of: value) { byte in
            bytes[index] = byte
            index += 1
        }
    }

    /// Calls `body` with each byte of `value` in the order in which this machine stores them.
    private static func forEachNativeByte<Value: FixedWidthInteger>(of value: Value, _ body: (UInt8) -> Void)
    {
        var rest = value.littleEndian
        for _ in 0..<MemoryLayout<Value>.size {
            body(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }
}
