// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CMallocGuard
import Glibc
import Testing

@testable import Translator

@Suite("Operations performed in batches")
struct OperationBatchTests {
    @Test("reads of a file give its packets one by one, then EAGAIN", arguments: ReactorKind.available)
    func reads(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.packetPipe()
        for index in 0..<5 { pair.feed("packet \(index)") }
        let memory = TestBytes(8 * 4096)
        var batch = OperationBatch(operationCapacity: 8, vectorCapacity: 8)
        for index in 0..<8 {
            _ = batch.post(.read, descriptor: pair.near, flags: 0, token: UInt64(index))
            _ = batch.addVector(memory.vector(index * 4096..<(index + 1) * 4096))
        }

        reactor.perform(&batch)
        let results = batch.results

        #expect(results == [8, 8, 8, 8, 8, -EAGAIN, -EAGAIN, -EAGAIN])
        #expect((0..<5).map { memory.text($0 * 4096..<$0 * 4096 + 8) } == (0..<5).map { "packet \($0)" })
    }

    @Test("several pieces are read and written as one", arguments: ReactorKind.available)
    func pieces(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pairs = (0..<6).map { _ in DescriptorPair.pipe() }
        let memory = TestBytes(4096)
        memory.fill("scattered")
        var batch = OperationBatch(operationCapacity: 12, vectorCapacity: 36)
        for pair in pairs {
            _ = batch.post(.write, descriptor: pair.far, flags: 0, token: 0)
            for range in [0..<4, 4..<7, 7..<9] { _ = batch.addVector(memory.vector(range)) }
        }
        for (index, pair) in pairs.enumerated() {
            _ = batch.post(.read, descriptor: pair.near, flags: 0, token: 0)
            let start = 100 + index * 100
            for offset in [0, 5, 10] {
                _ = batch.addVector(memory.vector(start + offset..<start + offset + 4))
            }
        }

        reactor.perform(&batch)
        let results = batch.results

        #expect(results == Array(repeating: 9, count: 12))
        for index in 0..<6 {
            #expect(memory.text(100 + index * 100..<115 + index * 100) == "scat\0tere\0d\0\0\0\0")
        }
    }

    @Test(
        "a send that finds too little room moves what fits, then says EAGAIN",
        arguments: ReactorKind.available
    )
    func partialSend(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.stream()
        let memory = TestBytes(1 << 20)
        var batch = OperationBatch(operationCapacity: 8, vectorCapacity: 16)
        for _ in 0..<8 {
            _ = batch.post(.send, descriptor: pair.near, flags: 0, token: 1)
            _ = batch.addVector(memory.vector(0..<1 << 19))
            _ = batch.addVector(memory.vector(1 << 19..<1 << 20))
        }

        reactor.perform(&batch)
        let results = batch.results
        let moved = results.filter { $0 > 0 }.reduce(0, +)
        let arrived = pair.drainFar()

        #expect(results[0] > 0 && results[0] < 1 << 20)
        #expect(results.last == -EAGAIN)
        #expect(arrived == Int(moved))
    }

    @Test(
        "receives on many sockets say bytes, end or EAGAIN, each in its place",
        arguments: ReactorKind.available)
    func receives(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pairs = (0..<9).map { _ in DescriptorPair.stream() }
        let memory = TestBytes(9 * 64)
        for index in stride(from: 0, to: 9, by: 3) { pairs[index].feed("from \(index)") }
        for index in stride(from: 1, to: 9, by: 3) { pairs[index].closeFar() }
        var batch = OperationBatch(operationCapacity: 9, vectorCapacity: 18)
        for (index, pair) in pairs.enumerated() {
            _ = batch.post(.receive, descriptor: pair.near, flags: 0, token: UInt64(100 + index))
            _ = batch.addVector(memory.vector(index * 64..<index * 64 + 3))
            if index % 2 == 0 { _ = batch.addVector(memory.vector(index * 64 + 3..<index * 64 + 64)) }
        }

        reactor.perform(&batch)
        let results = batch.results
        let tokens = (0..<9).map { batch.token($0) }

        #expect(results == [6, 0, -EAGAIN, 3, 0, -EAGAIN, 6, 0, -EAGAIN])
        #expect(tokens == (0..<9).map { UInt64(100 + $0) })
        #expect(memory.text(0..<6) == "from 0")
    }

    @Test(
        "a peek leaves the bytes, and an address of zero discards them from a TCP socket",
        arguments: ReactorKind.available)
    func peekAndDiscard(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.tcp()
        let memory = TestBytes(4 * 64)
        pair.feed("0123456789")
        var batch = OperationBatch(operationCapacity: 4, vectorCapacity: 8)
        for index in 0..<4 {
            let discards = index % 2 == 1
            let flags = discards ? MSG_TRUNC : MSG_PEEK
            _ = batch.post(.receive, descriptor: pair.near, flags: Int32(flags), token: 0)
            let vector = memory.vector(index * 64..<index * 64 + 64)
            _ = batch.addVector(discards ? IOVector(address: 0, byteCount: 4) : vector)
        }

        reactor.perform(&batch)
        let results = batch.results

        #expect(results == [10, 4, 6, 4])
        #expect(memory.text(128..<134) == "456789")
    }

    @Test("a broken connection is an error of its operation only", arguments: ReactorKind.available)
    func errors(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let (good, bad) = (DescriptorPair.stream(), DescriptorPair.stream())
        bad.closeFar()
        let memory = TestBytes(64)
        var batch = OperationBatch(operationCapacity: 6, vectorCapacity: 6)
        for index in 0..<6 {
            _ = batch.post(.send, descriptor: index % 2 == 0 ? good.near : bad.near, flags: 0, token: 0)
            _ = batch.addVector(memory.vector(0..<10))
        }

        reactor.perform(&batch)
        let results = batch.results

        #expect(results == [10, -EPIPE, 10, -EPIPE, 10, -EPIPE])
    }

    @Test(
        "batches of every size give the same results", arguments: ReactorKind.available,
        [1, 2, 3, 4, 5, 255, 256, 257, 600])
    func sizes(kind: ReactorKind, count: Int) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.packets()
        let memory = TestBytes(4096)
        var batch = OperationBatch(operationCapacity: count * 2, vectorCapacity: count * 2)
        for index in 0..<count {
            _ = batch.post(.send, descriptor: pair.far, flags: 0, token: 0)
            _ = batch.addVector(memory.vector(0..<index % 100 + 1))
            _ = batch.post(.receive, descriptor: pair.near, flags: 0, token: 0)
            _ = batch.addVector(memory.vector(2048..<4096))
        }
        let operationsBefore = reactor.operationCount
        let expected = (0..<count * 2).map { index -> Int32 in Int32(index / 2 % 100 + 1) }

        reactor.perform(&batch)
        let results = batch.results
        let operations = reactor.operationCount - operationsBefore

        #expect(results == expected)
        #expect(operations == UInt64(count * 2))
    }

    @Test(
        "events that come while a batch is performed are kept for the next wait",
        arguments: ReactorKind.available)
    func eventsDuringBatch(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pairs = (0..<10).map { _ in DescriptorPair.stream() }
        for (index, pair) in pairs.enumerated() {
            _ = reactor.watch(pair.near, token: UInt64(index), for: .readable)
        }
        let isQuietBefore = reactor.isQuiet()
        let memory = TestBytes(64)
        var batch = OperationBatch(operationCapacity: 10, vectorCapacity: 10)
        for pair in pairs {
            _ = batch.post(.send, descriptor: pair.far, flags: 0, token: 0)
            _ = batch.addVector(memory.vector(0..<1))
        }

        reactor.perform(&batch)
        let tokens = reactor.events().map(\.token)

        #expect(isQuietBefore)
        #expect(Set(tokens) == Set(0..<10))
    }

    @Test("a full batch refuses operations and pieces, and takes them again when emptied")
    func capacity() {
        let memory = TestBytes(64)
        var batch = OperationBatch(operationCapacity: 2, vectorCapacity: 3)
        let posted = (0..<3).map { _ in batch.post(.send, descriptor: 0, flags: 0, token: 0) }
        let added = (0..<4).map { _ in batch.addVector(memory.vector(0..<5)) }
        let (count, byteCount) = (batch.count, batch.byteCount(1))

        batch.removeAll()
        let postedAgain = batch.post(.write, descriptor: 4, flags: 0, token: 6)
        let addedAgain = batch.addVector(memory.vector(0..<7))
        let (kind, descriptor, token, bytesAgain) = (
            batch.kind(0), batch.descriptor(0), batch.token(0), batch.byteCount(0)
        )

        #expect(posted == [true, true, false] && added == [true, true, true, false])
        #expect(count == 2 && byteCount == 15)
        #expect(postedAgain && addedAgain)
        #expect(kind == .write && descriptor == 4 && token == 6 && bytesAgain == 7)
    }

    @Test("posting and performing allocate nothing", arguments: ReactorKind.available)
    func allocations(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.packets()
        let memory = TestBytes(4096)
        var batch = OperationBatch(operationCapacity: 64, vectorCapacity: 128)

        let before = malloc_guard_count()
        for _ in 0..<20 {
            for _ in 0..<32 {
                _ = batch.post(.send, descriptor: pair.far, flags: 0, token: 0)
                _ = batch.addVector(memory.vector(0..<100))
                _ = batch.post(.receive, descriptor: pair.near, flags: 0, token: 0)
                _ = batch.addVector(memory.vector(2048..<2100))
                _ = batch.addVector(memory.vector(2100..<4096))
            }
            reactor.perform(&batch)
            batch.removeAll()
        }
        let mallocs = malloc_guard_count() - before

        #expect(mallocs == 0)
    }
}
