import Wire

/// What every simulated agent says of itself.
extension WireArena {
    func hello(
        id: String, token: String?, streamTypes: [String], taskKinds: [String] = [], bootID: UInt64
    ) -> UnsafeMutablePointer<WireHello> {
        make {
            wireSet(&$0.has_protocol_version, &$0.protocol_version, 1)
            $0.agent_id = copy(id)
            $0.token = copy(token)
            $0.hostname = copy("sluice-load")
            $0.agent_version = copy("sluice-load")
            $0.n_stream_types = streamTypes.count
            $0.stream_types = copy(streamTypes)
            $0.n_task_kinds = taskKinds.count
            $0.task_kinds = copy(taskKinds)
            wireSet(&$0.has_boot_id, &$0.boot_id, bootID)
        }
    }

    func streamStates(generation: UInt64, running: [UInt32]) -> UnsafeMutablePointer<WireStreamStates> {
        make {
            wireSet(&$0.has_applied_generation, &$0.applied_generation, generation)
            $0.n_running_refs = running.count
            $0.running_refs = copyScalars(running)
        }
    }
}
