import Model
import Testing

@Suite("Stream types")
struct StreamTypeTests {
    @Test("every type has a row", arguments: StreamType.allCases)
    func everyTypeHasARow(type: StreamType) {
        #expect(type.info.type == type)
        #expect(!type.info.description.isEmpty)
    }

    @Test("what is made from another stream starts and stops with its listeners and is made in the gateway")
    func derived() {
        let derived = StreamType.allCases.filter { $0.info.derivedFrom != nil }
        #expect(derived == [.processedMetrics, .alertEvents, .processedLogs])
        for type in derived {
            #expect(type.info.autoStart && type.info.autoStop && type.info.processOnServer && type.info.buffered)
        }
    }

    @Test("clients may not subscribe to what only the gateway reads")
    func clientStreams() {
        let serverOnly = StreamType.allCases.filter { !$0.isClientStream }
        #expect(serverOnly == [.healthCheck, .systemEvents, .logAggregation, .gatewayEvents])
    }

    @Test("tasks start by themselves, and each is a stream of its own")
    func tasks() {
        for type in StreamType.allCases where type.info.category == .task {
            #expect(!type.info.autoStart && !type.info.autoStop)
            #expect(type.info.resourceBased && type.info.multiInstance && type.info.buffered)
        }
    }

    @Test("only streams without a resource may be of every agent")
    func everyAgent() {
        #expect(
            StreamType.allCases.filter(\.info.allowsEveryAgent)
                == [.metrics, .processedMetrics, .alertEvents, .processedLogs])
    }
}
