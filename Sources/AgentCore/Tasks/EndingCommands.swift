import Reactor

/// Commands whose tasks have ended, but which were told to end and may have left somebody behind who has not: until he has
/// been sent SIGKILL, or is gone. Loop's thread only.
final class EndingCommands {
    /// Between two looks at who is left, while the agent waits for them.
    private static let lookPeriod: Duration = .milliseconds(100)

    private let loop: EventLoop
    private let groups: CommandGroups
    private let onChange: () -> Void
    private var commands: [ObjectIdentifier: any TaskCommand] = [:]
    private var timer: LoopTimer?

    init(loop: EventLoop, groups: CommandGroups, onChange: @escaping () -> Void) {
        self.loop = loop
        self.groups = groups
        self.onChange = onChange
    }

    var isEmpty: Bool { commands.isEmpty }
    var leaders: [Int32] { commands.values.compactMap(\.leader) }

    /// The end of a task is the end of its command's reports.
    func take(_ command: any TaskCommand) {
        let id = ObjectIdentifier(command)
        var isGone = false
        // weak: a command that is still to be killed keeps itself, for longer than the agent may be there.
        command.release { [weak self] in
            isGone = true
            self?.gone(id)
        }
        if !isGone { commands[id] = command }
    }

    /// The agent is about to end: from here on it is noticed when all of a group have gone before their grace is over.
    func hurry() {
        timer = loop.schedule(after: Self.lookPeriod, repeating: Self.lookPeriod) { [unowned self] in
            look()  // unowned: the timer ends with this object
        }
    }

    private func look() {
        guard !commands.isEmpty else { return }
        let living = groups.living(of: leaders)
        for command in commands.values where command.leader.map({ !living.contains($0) }) ?? true { command.kill() }
    }

    private func gone(_ id: ObjectIdentifier) {
        if commands.removeValue(forKey: id) != nil { onChange() }
    }
}
