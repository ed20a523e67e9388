import CProcess
import Glibc
import Model
import Reactor

/// A command that runs in a process group of its own, with its two output pipes watched by the loop. Loop's thread only.
///
/// The process is reaped no sooner than `release`, so that its number, which is also its group's, cannot come to mean
/// another process while signals may still be sent to it.
final class ChildProcess: TaskCommand {
    typealias Handlers = CommandHandlers

    let pid: Int32
    var leader: Int32? { pid }
    var containerStays: Bool? { nil }

    private let loop: EventLoop
    private let child: cp_child
    private var handlers: Handlers?
    private var pipes: [OutputStream: DescriptorWatch] = [:]
    private var exitWatch: DescriptorWatch?
    private var escalation: LoopTimer?
    /// Itself, from `release` on for as long as there is something to do.
    private var lingering: ChildProcess?
    private var onGone: (() -> Void)?
    /// Looks whether it has ended, where the loop cannot watch it.
    private var reaper: LoopTimer?

    /// Starts it. `environment` holds `NAME=value`; `directory` is where it runs.
    init(
        loop: EventLoop, arguments: [[UInt8]], environment: [[UInt8]], directory: String
    ) throws(SpawnError) {
        self.loop = loop
        var child = cp_child()
        let code = withCStrings(arguments) { arguments in
            withCStrings(environment) { environment in cp_spawn(arguments, environment, directory, &child) }
        }
        guard code == 0 else { throw SpawnError(code: code) }
        self.child = child
        pid = child.pid
    }

    deinit {
        cp_reap(child.pidfd)
        close(child.pidfd)
        close(child.stdout_fd)
        close(child.stderr_fd)
    }

    /// Begins to report. The handlers are called until `release`.
    /// - Throws: when the loop cannot watch it; then the command has been killed.
    func start(_ handlers: Handlers) throws(ReactorError) {
        self.handlers = handlers
        do {
            try watch()
        } catch {
            kill()
            release()
            throw error
        }
    }

    private func watch() throws(ReactorError) {
        let watch = try DescriptorWatch(loop: loop, descriptor: child.pidfd) { [unowned self] _ in checkExit() }
        watch.events = .read
        exitWatch = watch
        for (stream, descriptor) in [(OutputStream.stdout, child.stdout_fd), (.stderr, child.stderr_fd)] {
            let watch = try DescriptorWatch(loop: loop, descriptor: descriptor) { [unowned self] _ in
                // unowned: the watch is owned by this object, and its callback ends with it.
                readPipe(stream, descriptor)
            }
            watch.events = .read
            pipes[stream] = watch
        }
    }

    /// Both pipes are at their end.
    var outputHasEnded: Bool { pipes.isEmpty }

    /// While paused the pipes are not read, so that the command has to wait once they are full.
    var isPaused = false {
        didSet {
            guard isPaused != oldValue else { return }
            for watch in pipes.values { watch.events = isPaused ? [] : .read }
        }
    }

    /// SIGTERM to the group now, SIGKILL after the grace unless `release` finds everything gone. Once only.
    func terminate(grace: Duration) {
        guard escalation == nil else { return }
        cp_signal_group(pid, SIGTERM)
        cp_signal_group(pid, SIGCONT)  // a stopped process would not notice
        escalation = loop.schedule(after: grace) { [unowned self] in kill() }
    }

    /// SIGKILL to the group.
    func kill() {
        cp_signal_group(pid, SIGKILL)
        escalation = nil
        endLingering()
    }

    /// Ends the reports and does not read the pipes any more. The object keeps itself until the process has ended, which
    /// leaves a zombie for whoever does not wait for it, and until a SIGKILL that is still to come for what is left of the
    /// group has been sent.
    func release(_ whenGone: @escaping () -> Void = {}) {
        handlers = nil
        pipes = [:]
        lingering = self
        onGone = whenGone
        endLingering()
        if lingering != nil, exitWatch == nil, escalation == nil {
            reaper = loop.schedule(after: reaperPeriod, repeating: reaperPeriod) { [unowned self] in
                endLingering()  // unowned: the timer ends with this object
            }
        }
    }

    private func endLingering() {
        guard lingering != nil, escalation == nil, cp_exit_status(child.pidfd).ended else { return }
        (exitWatch, reaper, lingering) = (nil, nil, nil)
        onGone?()
        onGone = nil
    }

    /// Reads what the pipes hold at this moment.
    func drain() {
        for (stream, descriptor) in [(OutputStream.stdout, child.stdout_fd), (.stderr, child.stderr_fd)] {
            // Somebody may go on writing: a pipe holds 1 MiB at most.
            var rest = 1 << 20
            while rest > 0, pipes[stream] != nil, readPipe(stream, descriptor) { rest -= readSize }
        }
    }

    /// Returns whether there was something.
    @discardableResult
    private func readPipe(_ stream: OutputStream, _ descriptor: Int32) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: readSize, alignment: 1) { buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count > 0 {
                handlers?.output(stream, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                pipes[stream] = nil
                handlers?.endOfOutput(stream)
            }
            return count > 0
        }
    }

    private func checkExit() {
        let status = cp_exit_status(child.pidfd)
        guard status.ended else { return }
        exitWatch = nil
        handlers?.exit(ProcessExit(bySignal: status.by_signal, number: status.code))
        endLingering()
    }
}

private let reaperPeriod: Duration = .milliseconds(100)

/// As much as a pipe holds.
private let readSize = 64 * 1024

/// How a process ended.
struct ProcessExit: Equatable {
    var bySignal: Bool
    /// The exit code, or the number of the signal.
    var number: Int32
    /// More about it, for a person.
    var detail: String?

    /// As a shell has it: 128 + signal when a signal ended it.
    var code: Int32 { bySignal ? 128 + number : number }
}

/// The command could not be started.
struct SpawnError: Error {
    /// An errno value.
    var code: Int32

    var sentence: String { String(cString: strerror(code)) }
}

/// Calls the body with an array of C strings that ends with NULL.
private func withCStrings<Result>(
    _ strings: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let pointers = strings.map { string in
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: string.count + 1)
        for (index, byte) in string.enumerated() { copy[index] = CChar(bitPattern: byte) }
        copy[string.count] = 0
        return copy
    }
    defer { for pointer in pointers { pointer.deallocate() } }
    return (pointers.map(Optional.some) + [nil]).withUnsafeBufferPointer { body($0.baseAddress!) }
}
