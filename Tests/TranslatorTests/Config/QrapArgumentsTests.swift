// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("QEMU's command line as qrap changes it")
struct QrapArgumentsTests {
    private let plainNetdev = ["-netdev", "socket,fd=5,id=hostnet0"]

    private func edited(_ text: String) -> [String] {
        QrapArguments(editing: text.split(separator: " ").map(String.init), descriptor: 5).arguments
    }

    @Test("without another device only the network back end is added")
    func noDevice() {
        #expect(edited("-m 512 -nographic") == ["-m", "512", "-nographic"] + plainNetdev)
        #expect(edited("") == plainNetdev)
    }

    @Test(
        "other network devices go",
        arguments: [
            "-net nic,model=virtio", "-net user", "-netdev user,id=n", "-device virtio-net-pci,netdev=n",
            "-device virtio-net-ccw,netdev=n", "-device e1000,netdev=n", "-device e1000e,netdev=n",
            "-device rtl8139,netdev=n", #"-device {"driver":"e1000","netdev":"n"}"#,
            #"-device {"id":"net0","driver":"virtio-net-pci"}"#,
        ])
    func replaced(option: String) {
        #expect(edited("-m 512 \(option) -S") == ["-m", "512", "-S"] + plainNetdev)
    }

    @Test(
        "the card goes where the machine has a free place",
        arguments: [
            ("-device virtio-blk-pci,bus=pci.1", "virtio-net-pci,bus=pci.3,addr=0x0"),
            ("-machine q35 -device a,bus=pci.3,addr=0x0", "virtio-net-pci,bus=pci.4,addr=0x0"),
            (
                "-M pc-q35-6.2,accel=kvm -device a,bus=pci.3 -device b,bus=pci.4",
                "virtio-net-pci,bus=pci.5,addr=0x0"
            ),
            ("-machine accel=kvm,type=pc-i440fx-6.2 -device a", "virtio-net-pci,bus=pci.0,addr=0x2"),
            (
                "-machine pc-i440fx-6.2 -device a,bus=pci.0,addr=0x2.0x1 -device b,bus=pci.0,addr=0x3",
                "virtio-net-pci,bus=pci.0,addr=0x4"
            ),
            ("-machine s390-ccw-virtio-6.2 -device a,devno=fe.0.0001", "virtio-net-ccw,devno=fe.0.2"),
        ])
    func place(arguments: String, card: String) {
        let words = arguments.split(separator: " ").map(String.init)

        #expect(
            edited(arguments) == words + ["-device", card + ",netdev=hostnet0,x-txburst=4096"] + plainNetdev)
    }

    @Test("the free slot's number is hexadecimal")
    func hexadecimal() {
        let devices = (2..<26).map { "-device a,bus=pci.0,addr=0x\(String($0, radix: 16))" }
        let result = edited("-machine pc-i440fx-6.2 " + devices.joined(separator: " "))

        #expect(result.contains("virtio-net-pci,bus=pci.0,addr=0x1a,netdev=hostnet0,x-txburst=4096"))
    }

    @Test("JSON is answered with JSON")
    func json() {
        let device = #"{"driver":"virtio-blk-pci","bus":"pci.3","addr":"0x0"}"#
        let card =
            #"{"driver":"virtio-net-pci","bus":"pci.4","addr":"0x0","netdev":"hostnet0","x-txburst":4096}"#

        #expect(
            edited("-device \(device)")
                == [
                    "-device", device, "-device", card, "-netdev",
                    #"{"type":"socket","fd":"5","id":"hostnet0"}"#,
                ])
    }
}
