import Logging
import Model
import Processing
import Reactor
import Storage

// From what the processors decided to the store and to the hub.

extension Pipeline {
    /// In the order in which the processors wanted it.
    func carryOut() {
        guard !actions.isEmpty else { return }
        var results: [PipelineResult] = []
        var batch = PendingItems()
        for action in actions {
            switch action {
            case .keep(let item): keep(item, &batch, &results)
            case .settle(let position): batch.settle(position)
            case .publish(let event): results.append(.event(event))
            case .failed(let failure):
                log.error(
                    "a processor failed; everything else goes on",
                    metadata: [
                        "processor": "\(failure.processor)", "agent": "\(failure.agent)", "error": "\(failure.error)",
                        "count": "\(failure.count)",
                    ])
            }
        }
        actions.removeAll(keepingCapacity: true)
        store(batch)
        if !results.isEmpty { delegate?.pipelineMade(results) }
    }

    private func keep(_ item: KeptItem, _ batch: inout PendingItems, _ results: inout [PipelineResult]) {
        switch item {
        case .metrics(let point): store.metrics.append([point], at: point.time)
        case .health(let record): store.metrics.append(record)
        case .log(let record, let position): batch.add(record, position)
        case .event(let event, let position): batch.add(event, position)
        case .alert(let change):
            // First: after a crash in between it is raised once more, and told twice at most.
            if change.isNews, change.kind == .fired || change.kind == .resolved { tellOutside([change.alert]) }
            store.enqueue(.save(change.alert))
            results.append(.alerts([change]))
        }
    }

    /// What belongs to one stream is stored together with its position, or not at all. Behind a batch that was refused
    /// nothing of its stream is stored until it has been rewound: a later position would say that the batch is stored too.
    private func store(_ items: PendingItems) {
        for batch in items.batches {
            if let position = batch.position, refused.contains(StreamKey(position)) { continue }
            let lines = batch.lines.count
            let position = batch.position
            store.logs.append(batch) { [self, delegate, lastLine] result in
                if case .success(let stored) = result { lastLine.note(stored, lines: lines) }
                guard let position else { return }
                switch result {
                case .success: delegate?.pipelineMade([.stored(position)])
                case .failure(let error): refused(position, error)
                }
            }
        }
    }

    /// Where there is no room this comes before `append` returns, so that the next batch is not stored.
    private nonisolated func refused(_ position: StreamPosition, _ error: StoreError) {
        if loop.inLoop { return assumeIsolated { $0.refuse(position, error) } }
        loop.execute { self.assumeIsolated { $0.refuse(position, error) } }
    }

    private func refuse(_ position: StreamPosition, _ error: StoreError) {
        guard refused.insert(StreamKey(position)).inserted else { return }
        log.warning(
            "items of a stream are not stored; the agent will be asked for them again",
            metadata: [
                "agent": "\(position.agent)", "stream_type": "\(position.type.rawValue)", "error": "\(error)",
            ])
        delegate?.pipelineMade([.notStored(position)])
    }
}

extension StreamKey {
    init(_ position: StreamPosition) { self.init(type: position.type, agent: position.agent) }
}
