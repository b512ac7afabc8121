// swift-tools-version: 6.2
// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import PackageDescription

// One macro set for every C import: Glibc and CShims must see the same system headers.
let base: [SwiftSetting] = [
    .unsafeFlags(["-Xcc", "-D_GNU_SOURCE"]),
    .strictMemorySafety(),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]
// `make fuzz`: libFuzzer's and AddressSanitizer's instrumentation. Usual builds know nothing of it.
let sanitizers = Context.environment["PASST_FUZZ"] == "1" ? ["-sanitize=fuzzer,address"] : []
let hot = base + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]
let tests: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-D_GNU_SOURCE"]), .treatAllWarnings(as: .error)]

let package = Package(
    name: "passt",
    targets: [
        .target(
            name: "CShims",
            cSettings: [
                .define("_GNU_SOURCE"), .unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"]),
            ],
            linkerSettings: [.linkedLibrary("uring"), .linkedLibrary("seccomp"), .linkedLibrary("m")]),
        .target(
            name: "Translator", dependencies: ["CShims"],
            swiftSettings: hot + (sanitizers.isEmpty ? [] : [.unsafeFlags(sanitizers)])),
        .executableTarget(name: "passt", dependencies: ["Translator"], swiftSettings: hot),
        .target(name: "CMallocGuard", path: "Tests/CMallocGuard"),
        .testTarget(
            name: "TranslatorTests", dependencies: ["Translator", "CMallocGuard"], swiftSettings: tests),
    ]
)
if !sanitizers.isEmpty {
    package.targets += [
        .target(name: "CFuzz", path: "Tests/Fuzz/CFuzz"),
        .executableTarget(
            name: "fuzz", dependencies: ["Translator", "CFuzz"], path: "Tests/Fuzz",
            exclude: ["CFuzz", "run", "seeds"],
            swiftSettings: tests + [.unsafeFlags(sanitizers)],
            linkerSettings: [.unsafeFlags(sanitizers + ["-use-ld=lld"])]),
    ]
}
