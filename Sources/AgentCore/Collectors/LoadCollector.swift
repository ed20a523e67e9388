/// The load averages, from `/proc/loadavg`.
package final class LoadCollector {
    private let host: HostReadings
    private let file: HostFile

    package init(host: HostReadings) {
        self.host = host
        file = HostFile(host.root.path("/proc/loadavg"))
    }

    /// nil when the file cannot be read.
    package func sample() -> LoadSample? {
        guard var contents = file.read(into: host.buffer),
            let load1 = contents.nextDecimal(), let load5 = contents.nextDecimal(),
            let load15 = contents.nextDecimal()
        else { return nil }
        return LoadSample(load1: hundredths(load1), load5: hundredths(load5), load15: hundredths(load15))
    }

    /// The kernel gives two decimals; this removes what reading them in binary has added.
    private func hundredths(_ load: Double) -> Double { (load * 100).rounded() / 100 }
}
