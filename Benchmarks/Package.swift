// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nobody who builds Sluice builds or fetches what measures it. `Sources/Sluice` is a link
// to the sources next door: the modules are compiled again, here, where `package` access reaches them.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
let strictC: [CSetting] = [
    .define("_GNU_SOURCE"),
    .enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error), .disableWarning("unused-parameter"),
]

/// A module of Sluice.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Sluice/\(name)", swiftSettings: strict)
}
func systemLibrary(_ name: String, pkgConfig: String, package: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/Sluice/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}
func cModule(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Sluice/\(name)", exclude: exclude,
        cSettings: strictC)
}

let package = Package(
    name: "benchmarks",
    products: [.executable(name: "stable", targets: ["stable"])],
    dependencies: [
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: [])
    ],
    targets: [
        systemLibrary("CLibevent", pkgConfig: "libevent", package: "libevent-dev"),
        systemLibrary("CLibeventOpenssl", pkgConfig: "libevent_openssl", package: "libevent-dev"),
        systemLibrary("CLibcrypto", pkgConfig: "libcrypto", package: "libssl-dev"),
        systemLibrary("CLibssl", pkgConfig: "openssl", package: "libssl-dev"),
        systemLibrary("CLibprotobufC", pkgConfig: "libprotobuf-c", package: "libprotobuf-c-dev"),
        cModule("CReactor", ["CLibevent", "CLibeventOpenssl", "CLibssl", "CLibcrypto"]),
        cModule("CWire", ["CLibprotobufC"], exclude: ["sluice.proto"]),
        module("Model"),
        module("JSON"),
        module("Payloads", ["Model", "JSON"]),
        module("Wire", ["CWire"]),
        module("Reactor", ["CReactor"]),
        module("Fanout", ["CReactor", "Reactor"]),
        module("Broker", ["Model"]),
        module("Processing", ["Model", "JSON", "Payloads"]),
        // Links to those files of Hub that render events: the rest of it would bring the database with it.
        .target(
            name: "Hub", dependencies: ["Model", "JSON", "Wire", "Broker", "Fanout"],
            swiftSettings: strict + [.unsafeFlags(["-enable-testing"])]),

        .target(name: "CMeter", cSettings: strictC),
        .target(
            name: "CAudience", dependencies: ["CReactor"],
            cSettings: strictC + [.headerSearchPath("../Sluice/CReactor")]),
        .target(
            name: "Workloads", dependencies: ["Broker", "CAudience", "Hub", "JSON", "Model", "Wire"],
            swiftSettings: strict),
        .executableTarget(name: "stable", dependencies: ["CMeter", "Workloads"], swiftSettings: strict),
        .executableTarget(
            name: "log-processing", dependencies: ["Processing", "Model", "JSON"], path: "Benchmarks/LogProcessing",
            swiftSettings: strict),
        .executableTarget(
            name: "deployment-lines", dependencies: ["Processing"], path: "Benchmarks/DeploymentLines",
            swiftSettings: strict),
        .executableTarget(
            name: "SluiceBenchmarks",
            dependencies: ["CMeter", "Workloads", .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/SluiceBenchmarks", swiftSettings: strict,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu11
)
