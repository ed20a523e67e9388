import AgentLink
import Broker
import Logging
import Model
import Reactor
import Service
import Storage
import Wire

/// The life of a task, from the request to the stored end.
extension Hub {
    // MARK: - Beginning

    /// Makes a task and sends it to its agent, which may be away: then it goes when the agent is back.
    func createTask(
        _ operation: TaskOperation, command: String, on agent: AgentID, timeout: Milliseconds,
        deployment: DeploymentPlan? = nil,
        parts: SystemParts = SystemParts()
    ) async throws -> TaskRecord {
        guard tasks.count < settings.maxTasks else { throw ServiceError.overloaded(retryAfterSeconds: 5) }
        var record = TaskRecord(
            id: TaskID("task_" + RandomText.make(bits: 96)), agent: agent, operation: operation, command: command,
            status: .created, timeout: timeout, createdAt: now.wall)
        record.deploymentID = deployment?.id.text
        if let id = deployment?.id { try await reserve(id) }
        defer { if let id = deployment?.id { reservedDeployments.remove(id) } }
        let planned = deployment.map {
            DeploymentRecord(
                id: $0.id, name: $0.name, agent: agent, task: record.id, createdAt: record.createdAt)
        }
        do {
            try await store.write([.save(record)] + (planned.map { [.save($0)] } ?? []))
        } catch {
            throw ServiceError.storeUnavailable(reason: "\(error)")
        }
        let running = planned.map { Deployment($0) }
        if let running { deployments[running.id] = running }
        let task = RunningTask(record, deployment: running)
        task.systemParts = parts
        tasks[record.id] = task
        counters.tasksCreated += 1
        change { $0.taskStarted(record.id, stream: task.key, and: task.otherKey, $1, into: &$2) }
        send(task)
        return task.record
    }

    private func send(_ task: RunningTask) {
        guard let agent = agents[task.agent], let hello = agent.hello, agent.isConnected else {
            task.agentAwaySince = task.agentAwaySince ?? now.monotonic
            return
        }
        task.agentAwaySince = nil
        task.sentToBoot = hello.bootID
        if task.record.operation == .systemRefresh {
            agent.requestSystemInfo(task.systemParts, answering: task.id)
        } else {
            agent.sendTask(task.record)
        }
        if task.record.status == .created {
            task.record.status = .sent
            task.record.updatedAt = now.wall
            save(task)
        }
        if task.record.cancelRequested { agent.cancel(task.id) }
    }

    func noteStart(of task: RunningTask, startedAt: UInt64?, _ now: Now) {
        guard task.record.status == .created || task.record.status == .sent else { return }
        task.record.status = .inProgress
        task.record.startedAt =
            startedAt.map { WallTime(millisecondsSince1970: Int64(clamping: $0 / 1_000_000)) } ?? now.wall
        task.record.updatedAt = now.wall
        task.deployment?.noteStart(at: now.wall)
        save(task)
    }

    // MARK: - Ending

    /// The agent's final response.
    func finish(
        _ task: RunningTask, _ response: WireTaskResponse, _ batch: inout OutputBatch, _ now: Now
    ) {
        let exitCode = wireValue(response.has_exit_code, response.exit_code)
        var status: TaskStatus = response.status == .completed && exitCode ?? 0 == 0 ? .completed : .failed
        if wireFlag(response.has_timed_out, response.timed_out) { status = .timeout }
        if wireFlag(response.has_cancelled, response.cancelled) { status = .cancelled }
        let finishedAt = wireValue(response.has_finished_at_unix_ns, response.finished_at_unix_ns)
        finish(
            task, status, exitCode: exitCode, reason: wireString(response.reason),
            at: finishedAt.map { WallTime(millisecondsSince1970: Int64(clamping: $0 / 1_000_000)) } ?? now.wall,
            &batch, now)
    }

    func fail(_ task: RunningTask, reason: String) { conclude(task, .failed, reason: reason) }

    /// The gateway's own verdict: its agent will not say more.
    func conclude(_ task: RunningTask, _ status: TaskStatus, reason: String?) {
        guard task.pendingFinal == nil else { return }
        var batch = OutputBatch()
        finish(task, status, exitCode: nil, reason: reason, at: now.wall, &batch, now)
        store(batch, of: task)
    }

    private func finish(
        _ task: RunningTask, _ status: TaskStatus, exitCode: Int32?, reason: String?, at time: WallTime,
        _ batch: inout OutputBatch, _ now: Now
    ) {
        var record = task.record
        record.status = status
        record.exitCode = exitCode
        record.reason = reason
        record.finishedAt = time
        record.updatedAt = now.wall
        record.finalSeq = task.received + 1
        task.record = record
        task.pendingFinal = record
        let end = OutputEnd(
            seq: task.received + 1, status: status, exitCode: exitCode, reason: reason, time: time,
            // By this gateway's clock: those of the hosts are different ones.
            duration: task.deployment.map { max(0, $0.record.duration(at: now.wall)) })
        batch.appendFinal(end)
        announce(end, of: task)
        if let deployment = task.deployment { reportEnd(end, of: deployment, now) }
        log.info(
            "task ended",
            metadata: [
                "task": "\(task.id)", "agent": "\(task.agent)", "status": "\(status.rawValue)",
                "exit_code": "\(exitCode.map(String.init) ?? "")", "reason": "\(reason ?? "")",
            ])
        change { $0.taskEnded(task.id, $1, into: &$2) }
    }

    /// Live listeners get the final marker and their `stream_end`; those who still read the file find it there.
    private func announce(_ end: OutputEnd, of task: RunningTask) {
        for view in task.outputTopics.compactMap({ views[$0] }) {
            scratch.event.removeAll()
            TaskEvent.writeFinal(end, of: task.id, agent: task.agent, prefix: view.prefix, to: scratch.event)
            publish(view, number: end.seq)
            tellEnd(TaskEnd(seq: end.seq, exitCode: end.exitCode), to: view.topic)
        }
    }

    /// The last event has been published.
    func tellEnd(_ end: TaskEnd, to topic: TopicID) {
        for (id, port) in listeners(to: topic) { port.endTask(topic.number, end, for: id) }
    }

    /// The connections that read a view which its agent numbers, and where they are.
    func listeners(to topic: TopicID) -> [(ConnectionID, ClientPort)] {
        listeners[topic, default: []].compactMap { id in connections[id].map { (id, ports[$0.port]) } }
    }

    // MARK: - Storing

    /// Appends to the task's file; the agent is told when it is there.
    func store(_ batch: OutputBatch, of task: RunningTask) {
        guard !batch.isEmpty else { return }
        let id = task.id
        store.output.append(batch, to: id) { [self] result in
            // Refused for good or closed, since there was room: the agent keeps the lines, unacknowledged, and the
            // listeners have had them already.
            guard case .success(let storedThrough) = result else { return }
            loop.execute { self.assumeIsolated { $0.stored(storedThrough, of: id) } }
        }
    }

    private func stored(_ seq: UInt64, of id: TaskID) {
        guard let task = tasks[id], seq > task.stored else { return }
        task.stored = seq
        let isFinal = task.pendingFinal?.finalSeq.map { seq >= $0 } ?? false
        guard isFinal, let record = task.pendingFinal else {
            agents[task.agent]?.acknowledge(id, upTo: seq, isFinal: false)
            return
        }
        saveEnd(of: task, record)
    }

    /// The record has to be safe before the agent may forget the end.
    private func saveEnd(of task: RunningTask, _ record: TaskRecord) {
        task.isEndUnsaved = false
        let writes: [StoreWrite] = [.save(record)] + (task.deployment.map { [.save($0.current)] } ?? [])
        Task { [store] in
            do {
                try await store.write(writes)
                self.forget(task)
            } catch {
                self.log.error("a task's end is not stored", metadata: ["task": "\(task.id)", "error": "\(error)"])
                task.isEndUnsaved = true
            }
        }
    }

    /// Once a second: what the store did not take.
    func saveEndsAgain() {
        for task in tasks.values where task.isEndUnsaved {
            if let record = task.pendingFinal { saveEnd(of: task, record) }
        }
    }

    private func forget(_ task: RunningTask) {
        guard let end = task.pendingFinal?.finalSeq else { return }
        agents[task.agent]?.acknowledge(task.id, upTo: end, isFinal: true)
        tasks[task.id] = nil
    }

    private func save(_ task: RunningTask) { store.enqueue(.save(task.record)) }

    // MARK: - Agents come and go

    /// What the gateway has of the tasks that a connecting agent holds, or held.
    func reconcileTasks(of agent: AgentID, _ hello: AgentHello) -> [TaskID: AgentTaskState] {
        var known: [TaskID: AgentTaskState] = [:]
        for task in tasks.values.filter({ $0.agent == agent }) {
            task.agentAwaySince = nil
            if hello.tasks[task.id] != nil {
                known[task.id] = AgentTaskState(
                    lastSeq: task.stored, isFinal: task.pendingFinal?.finalSeq.map { task.stored >= $0 } ?? false)
            } else if hasLost(task, hello) {
                conclude(task, task.record.cancelRequested ? .cancelled : .failed, reason: "agent_restarted")
            }
        }
        return known
    }

    /// Whether an agent that does not hold the task has had it: what it has begun is never begun again. Nobody
    /// remembers which agent process got what an earlier life of this gateway has sent.
    private func hasLost(_ task: RunningTask, _ hello: AgentHello) -> Bool {
        switch task.record.status {
        case .created: false
        case .sent: task.sentToBoot != hello.bootID
        default: true
        }
    }

    /// After the Welcome: tasks that the agent has not got yet, and cancellations that it has not heard of.
    func resumeTasks(of agent: Agent, _ hello: AgentHello) {
        for task in tasks.values where task.agent == agent.id && task.pendingFinal == nil {
            if hello.tasks[task.id] == nil {
                send(task)
            } else {
                task.sentToBoot = hello.bootID
                if task.record.cancelRequested { agent.cancel(task.id) }
            }
        }
    }

    func noteAgentAway(_ agent: AgentID) {
        let now = self.now.monotonic
        for task in tasks.values where task.agent == agent && task.agentAwaySince == nil { task.agentAwaySince = now }
    }

    /// Once a second: tasks whose agent stays away have failed, and so have refreshes that it does not answer. Commands
    /// are timed by the agent.
    func failAbandonedTasks() {
        let now = self.now
        for task in tasks.values {
            if let since = task.agentAwaySince, now.monotonic.milliseconds(since: since) >= settings.agentLostAfter {
                conclude(task, task.record.cancelRequested ? .cancelled : .failed, reason: "agent_lost")
            } else if task.record.operation == .systemRefresh, now.wall >= task.record.createdAt + task.record.timeout {
                conclude(task, .timeout, reason: "no_answer")
            }
        }
    }

    /// Takes over the tasks that an earlier life of the gateway left.
    func restoreTasks(_ records: [TaskRecord]) {
        for record in records {
            let (stored, isFinal) = store.outputReader.stored(record.id)
            if isFinal, let ended = record.ended(at: stored, store.outputReader) {
                store.enqueue(.save(ended))
                continue
            }
            let deployment = record.deploymentID.flatMap { deployments[DeploymentID($0)] }
            let task = RunningTask(
                record, stored: stored, deployment: deployment?.record.task == record.id ? deployment : nil)
            task.agentAwaySince = now.monotonic
            tasks[record.id] = task
            store.outputReader.expectReaders(of: record.id)
            change { $0.taskStarted(record.id, stream: task.key, and: task.otherKey, $1, into: &$2) }
        }
    }

    // MARK: - Cancelling

    func cancel(_ id: TaskID, of record: TaskRecord) throws(ServiceError) {
        guard let task = tasks[id], task.pendingFinal == nil else { throw .taskFinished(id, record.status) }
        task.record.cancelRequested = true
        task.record.updatedAt = now.wall
        save(task)
        agents[task.agent]?.cancel(id)
        // An agent that is away has not begun it, or will be told when it is back.
        if task.record.status == .created, task.sentToBoot == nil { conclude(task, .cancelled, reason: nil) }
    }
}

extension TaskRecord {
    /// With the end that the file has and the record has not: the process ended in between. Nil when the disk does not
    /// give it.
    fileprivate func ended(at seq: UInt64, _ reader: TaskOutputReader) -> TaskRecord? {
        var position = OutputPosition(task: id, seq: seq)
        while let chunk = try? reader.read(&position, maximumBytes: 256 << 10) {
            var ended: TaskRecord?
            chunk.forEach { item in
                guard case .final(let end) = item else { return }
                var record = self
                (record.finalSeq, record.status, record.exitCode) = (end.seq, end.status, end.exitCode)
                (record.finishedAt, record.updatedAt, record.reason) = (end.time, end.time, end.reason)
                record.lineCount = end.seq - 1
                ended = record
            }
            if ended != nil || chunk.isAtEnd { return ended }
        }
        return nil
    }
}

/// The end of what a listener reads of a task.
struct TaskEnd: Sendable {
    /// Number of the last event.
    var seq: UInt64
    var exitCode: Int32?
}
