import Glibc
import Model
import Reactor

/// The units of systemd that have failed, looked up by its own tool beside the loop: a health check tells what the last
/// look found. Loop's thread only.
final class FailedUnits {
    /// So long the tool may take.
    private static let timeout: Duration = .seconds(5)
    /// Of the tool's output the rest is not read.
    private static let maximumOutput = 64 << 10

    /// Nil where systemd does not run this host, or has not answered yet.
    private(set) var units: [FailedUnit]?

    private let loop: EventLoop
    /// Called for a unit that had not failed at the look before.
    var onFailure: (FailedUnit) -> Void = { _ in }
    /// Why no unit can be looked at; nil where it can.
    let unavailable: String?
    private let environment = TaskEnvironment.inherited()
    private var process: ChildProcess?
    private var output: [UInt8] = []
    private var exit: ProcessExit?
    private var timer: LoopTimer?

    init(loop: EventLoop, host: HostReadings) {
        self.loop = loop
        unavailable = host.reasonAgainstUnits()
    }

    /// Begins a look, unless one is under way; calls the body after it, if it was the first.
    func refresh(first: @escaping () -> Void) {
        guard unavailable == nil, process == nil else { return }
        let arguments = ["systemctl", "--failed", "--plain", "--no-legend", "--no-pager"].map { Array($0.utf8) }
        let isFirst = units == nil
        output = []
        exit = nil
        guard
            let process = try? ChildProcess(
                loop: loop, arguments: arguments, environment: environment.variables, directory: "/")
        else { return }
        self.process = process
        // unowned: the process belongs to this object, which releases it.
        let handlers = ChildProcess.Handlers(
            output: { [unowned self] stream, bytes in take(bytes, of: stream) },
            endOfOutput: { [unowned self] _ in finish(isFirst ? first : {}) },
            exit: { [unowned self] exit in
                self.exit = exit
                finish(isFirst ? first : {})
            })
        guard (try? process.start(handlers)) != nil else { return release() }
        timer = loop.schedule(after: Self.timeout) {
            // Its end is reported, and is the end of this look.
            process.terminate(grace: .seconds(1))
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer, of stream: OutputStream) {
        guard stream == .stdout else { return }
        output += bytes.prefix(Self.maximumOutput - output.count)
    }

    private func finish(_ body: () -> Void) {
        guard let process, process.outputHasEnded, let exit else { return }
        release()
        guard exit.code == 0 else { return }
        let before = units
        let found = UnitTable.parse(String(decoding: output, as: UTF8.self))
        units = found
        UnitTable.newlyFailed(before, found).forEach(onFailure)
        body()
    }

    private func release() {
        timer = nil
        process?.release()
        process = nil
    }
}

extension HostReadings {
    /// Why no unit of systemd can be looked at; nil where it can.
    func reasonAgainstUnits() -> String? {
        guard buffer.firstLine(of: root.path("/proc/1/comm")) == "systemd" else {
            return "systemd does not run this host"
        }
        return programExists("systemctl") ? nil : "there is no systemctl on the PATH"
    }

    /// On the agent's PATH.
    func programExists(_ name: String) -> Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
    }
}
