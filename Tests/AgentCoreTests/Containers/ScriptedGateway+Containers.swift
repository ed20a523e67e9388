import Reactor
import Synchronization
import Wire

@testable import AgentCore

// Orders for containers, and what agents said about them.

extension ScriptedGateway {
    struct ContainerLine: Equatable {
        var seq: UInt64
        var text: String
        var isError: Bool
        var time: Double?
        var isTruncated: Bool
    }

    struct ContainerList {
        var requestID: String?
        var names: [String]
        var cpu: [Double?]
        var memory: [UInt64?]
        var code: String?
    }

    func runDocker(
        _ id: String, _ operation: String, image: String? = nil, container: String? = nil, args: [String] = [],
        env: [String: String] = [:], timeout: UInt32? = nil
    ) async throws {
        let variables = env.sorted { $0.key < $1.key }
        try await send { arena in
            .taskRequest(
                arena.make { request in
                    request.task_id = arena.copy(id)
                    wireSet(&request.has_timeout_ms, &request.timeout_ms, timeout)
                    request.task = .dockerOperation(
                        arena.make {
                            $0.operation = arena.copy(operation)
                            $0.image = arena.copy(image)
                            $0.container = arena.copy(container)
                            $0.n_args = args.count
                            $0.args = arena.copy(args)
                            $0.n_env = variables.count
                            $0.env = arena.makeList(count: variables.count) { index, label in
                                label.name = arena.copy(variables[index].key)
                                label.value = arena.copy(variables[index].value)
                            }
                        })
                })
        }
    }

    func askForContainers(_ id: String) async throws {
        try await send { arena in .containersRequest(arena.make { $0.request_id = arena.copy(id) }) }
    }

    func record(_ batch: WireContainerLogBatch) {
        let lines = WireList(batch.n_lines, batch.lines).map { line in
            ContainerLine(
                seq: line.pointee.seq, text: String(wire: line.pointee.line),
                isError: line.pointee.stream == SLUICE__V1__OUTPUT_LINE__STREAM__STDERR,
                time: wireValue(line.pointee.has_container_timestamp, line.pointee.container_timestamp),
                isTruncated: wireFlag(line.pointee.has_truncated, line.pointee.truncated))
        }
        shared.withLock { $0.containerLines += lines }
    }

    func record(_ response: WireContainersResponse) {
        let containers = WireList(response.n_containers, response.containers).map(\.pointee)
        let list = ContainerList(
            requestID: wireString(response.request_id), names: containers.map { String(wire: $0.name) },
            cpu: containers.map { wireValue($0.has_cpu_percent, $0.cpu_percent) },
            memory: containers.map { wireValue($0.has_memory_bytes, $0.memory_bytes) },
            code: wireString(response.code))
        shared.withLock { $0.containers.append(list) }
    }
}
