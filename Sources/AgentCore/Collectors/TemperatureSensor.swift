/// The temperature of the processor, from the kernel's sensors.
///
/// Which file that is gets looked up once; a host without one (most virtual machines) is not searched again. Sensors of
/// mainboards, disks and wireless cards are not taken for the processor's.
final class TemperatureSensor {
    private let host: HostReadings
    private var file: HostFile?
    private var searched = false

    init(host: HostReadings) { self.host = host }

    /// Degrees Celsius; nil when there is no sensor or it answers nothing plausible.
    func read() -> Double? {
        if !searched { search() }
        guard var contents = file?.read(into: host.buffer), let millidegrees = contents.nextInt() else { return nil }
        // Below and above are what unconnected sensors report.
        guard (-50_000...150_000).contains(millidegrees) else { return nil }
        return Double(millidegrees / 100) / 10
    }

    /// Drivers whose first input is the whole processor, best first.
    private static let drivers = ["coretemp", "k10temp", "zenpower", "cpu_thermal", "cpu-thermal", "soc_thermal"]
    private static let zones = ["x86_pkg_temp", "cpu-thermal", "cpu_thermal", "soc-thermal", "soc_thermal"]

    private func search() {
        searched = true
        let found =
            search("/sys/class/hwmon", nameFile: "name", wanted: Self.drivers, valueFile: "temp1_input")
            ?? search("/sys/class/thermal", nameFile: "type", wanted: Self.zones, valueFile: "temp")
        file = found.map { HostFile($0) }
    }

    private func search(_ directory: String, nameFile: String, wanted: [String], valueFile: String) -> String? {
        let directory = host.root.path(directory)
        var best: (rank: Int, path: String)?
        for entry in directoryNames(directory, limit: 256) {
            let device = directory + "/" + entry
            guard let name = host.buffer.firstLine(of: device + "/" + nameFile),
                let rank = wanted.firstIndex(of: name), rank < best?.rank ?? .max,
                host.buffer.number(in: device + "/" + valueFile) != nil
            else { continue }
            best = (rank, device + "/" + valueFile)
        }
        return best?.path
    }
}
