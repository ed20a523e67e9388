// swift-tools-version: 6.2
import PackageDescription

// Layers, lowest first. A target may import only what it lists here; the build refuses anything else
// (Scripts/test passes --explicit-target-dependency-import-check error).

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

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .executable(name: "sluice-agent", targets: ["sluice-agent"]),
        .executable(name: "sluice-load", targets: ["sluice-load"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // System libraries
        .systemLibrary(name: "CLibevent", pkgConfig: "libevent", providers: [.apt(["libevent-dev"])]),
        .systemLibrary(
            name: "CLibeventOpenssl", pkgConfig: "libevent_openssl", providers: [.apt(["libevent-dev"])]),
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        // Not "libssl": linked statically, it needs libcrypto behind it.
        .systemLibrary(name: "CLibssl", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibprotobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
        .systemLibrary(name: "CLibyaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CLibcurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

        // C: bytes
        .target(
            name: "CReactor", dependencies: ["CLibevent", "CLibeventOpenssl", "CLibssl", "CLibcrypto"],
            cSettings: strictC),
        .target(name: "CWire", dependencies: ["CLibprotobufC"], exclude: ["sluice.proto"], cSettings: strictC),

        .target(name: "CProcess", cSettings: strictC),
        .target(name: "CLoad", cSettings: strictC),
        .target(name: "CWebhook", dependencies: ["CLibcurl"], cSettings: strictC),

        // Swift: decisions
        module("Model"),
        module("JSON"),
        module("Payloads", ["Model", "JSON"]),
        module("Options", ["CLibyaml"]),
        module("Reactor", ["CReactor"]),
        module("Wire", ["CWire"]),
        module("WebTokens", ["Model", "JSON", "Reactor"]),
        module("Fanout", ["CReactor", "Reactor"]),
        module("Broker", ["Model"]),
        module("Service", ["Model"]),
        module("Processing", ["Model", "JSON", "Payloads"]),
        module("Webhooks", ["Model", "JSON", "CWebhook", "Reactor", log]),
        module("Diagnostics", [log]),
        module("Storage", ["Model", grdb, sqlite, log]),
        module("AgentLink", ["Model", "Reactor", "Wire", log]),
        module("Pipeline", ["Model", "Processing", "Reactor", "Storage", "Wire", log]),
        module(
            "Hub",
            [
                "Model", "JSON", "Payloads", "Processing", "Pipeline", "Reactor", "Wire", "Broker", "Service",
                "Storage", "AgentLink", "Fanout", "WebTokens", log,
            ]),
        module("HTTPAPI", ["Model", "JSON", "Payloads", "Service", "CReactor", "Reactor", log]),
        module("AgentCore", ["Model", "JSON", "CProcess", "Diagnostics", "Reactor", "Wire", "Options", log]),
        module("LoadCore", ["CLoad", "JSON", "Model", "Options", "Reactor", "Wire"]),
        module(
            "Gateway",
            [
                "Model", "JSON", "Options", "Diagnostics", "Reactor", "Broker", "Service", "Storage", "AgentLink",
                "Fanout", "Hub", "HTTPAPI", "Webhooks", "WebTokens", log,
            ]),

        .executableTarget(name: "sluice", dependencies: ["Gateway"], swiftSettings: strict),
        .executableTarget(name: "sluice-agent", dependencies: ["AgentCore", "Options"], swiftSettings: strict),
        .executableTarget(name: "sluice-load", dependencies: ["LoadCore"], swiftSettings: strict),

        tests("ModelTests", ["Model"]),
        tests("JSONTests", ["JSON"]),
        tests("PayloadsTests", ["Payloads", "Model", "JSON"]),
        tests("OptionsTests", ["Options"]),
        tests("WireTests", ["Wire"]),
        tests("ReactorTests", ["Reactor"]),
        tests("WebTokensTests", ["WebTokens", "Model", "TestSupport"]),
        tests("FanoutTests", ["Fanout", "Reactor", "CReactor"]),
        tests("BrokerTests", ["Broker", "Model", "TestSupport"]),
        tests("ProcessingTests", ["Processing", "Model", "JSON"], exclude: ["Recorded"]),
        tests("WebhooksTests", ["Webhooks", "Model", "JSON", "Reactor", "TestSupport", log]),
        tests("StorageTests", ["Storage", "Model", "storage-crash-helper", grdb, log]),
        // What the tests above kill in the middle of a write.
        .executableTarget(
            name: "storage-crash-helper", dependencies: ["Storage", "Model", log], path: "Tests/StorageCrashHelper",
            swiftSettings: strict),
        tests("HTTPAPITests", ["HTTPAPI", "Service", "Model", "JSON", "Payloads", "CReactor", "Reactor", log]),
        // What several of the tests below use: among others an agent that does what a test tells it.
        .target(
            name: "TestSupport", dependencies: ["Reactor", "Wire"], path: "Tests/TestSupport", swiftSettings: strict),
        tests("PipelineTests", ["Pipeline", "Model", "Processing", "Reactor", "Storage", "TestSupport", "Wire", log]),
        tests("AgentLinkTests", ["AgentLink", "Model", "Reactor", "TestSupport", "Wire", log]),
        tests(
            "HubTests",
            ["Hub", "Broker", "Fanout", "JSON", "Model", "Reactor", "Service", "Storage", "TestSupport", "Wire", log]),
        tests(
            "GatewayTests",
            [
                "Gateway", "HTTPAPI", "JSON", "Model", "Options", "Reactor", "Storage", "TestSupport", "Webhooks",
                "WebTokens", "Wire", log,
            ]),
        tests("LoadTests", ["LoadCore", "CLoad", "JSON", "Options", "Wire"]),
        tests(
            "AgentCoreTests",
            ["AgentCore", "Diagnostics", "JSON", "Model", "Reactor", "TestSupport", "Wire", "Options", log]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu11
)
