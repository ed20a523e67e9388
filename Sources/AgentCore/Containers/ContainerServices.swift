import Reactor

/// All that the agent does with containers, shared by streams, tasks and requests. Loop's thread only.
final class ContainerServices {
    let engine: ContainerEngine
    let logMemory = ContainerLogMemory()
    let unhealthy: UnhealthyContainers
    let lister: ContainerLister
    private let host: ContainerHost

    init(loop: EventLoop, host: ContainerHost, answer: @escaping ContainerLister.Answer) {
        engine = ContainerEngine(loop: loop, host: host)
        self.host = host
        unhealthy = UnhealthyContainers(engine: engine)
        lister = ContainerLister(engine: engine, answer: answer)
    }

    /// Whether the engine may be asked without anybody having asked for it.
    var isWatched: Bool { host.isWatched }
}
