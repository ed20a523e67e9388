import Wire

extension WireArena {
    /// The answer to a request for containers.
    func containers(
        _ requestID: String?, _ result: Result<[ContainerSummary], EngineError>
    ) -> WireAgentBody {
        .containers(
            make { response in
                response.request_id = copy(requestID)
                switch result {
                case .success(let containers):
                    response.n_containers = containers.count
                    response.containers = makeList(count: containers.count) { containers[$0].fill(&$1, self) }
                case .failure(let error):
                    response.code = copy(error.rejection.code.rawValue)
                    response.message = copy(error.sentence)
                }
            })
    }
}

extension ContainerSummary {
    fileprivate func fill(_ container: inout WireContainer, _ arena: WireArena) {
        wireSet(&container.has_id, &container.id, arena.copyBytes(id))
        wireSet(&container.has_name, &container.name, arena.copyBytes(name))
        wireSet(&container.has_image, &container.image, arena.copyBytes(image))
        wireSet(&container.has_state, &container.state, arena.copyBytes(state))
        wireSet(&container.has_status, &container.status, arena.copyBytes(status))
        wireSet(&container.has_health, &container.health, health.map { arena.copyBytes($0) })
        let created = createdAt.flatMap { (0...9_000_000_000).contains($0) ? UInt64($0) * 1_000_000_000 : nil }
        wireSet(&container.has_created_at_unix_ns, &container.created_at_unix_ns, created)
        wireSet(&container.has_cpu_percent, &container.cpu_percent, cpuPercent)
        wireSet(&container.has_memory_bytes, &container.memory_bytes, memoryBytes)
        wireSet(&container.has_memory_limit_bytes, &container.memory_limit_bytes, memoryLimitBytes)
        container.n_ports = ports.count
        container.ports = arena.copyBytes(ports)
    }
}
