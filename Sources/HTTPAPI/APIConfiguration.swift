/// What the operator can set about the API.
package struct APIConfiguration: Sendable {
    /// Version of the program, as `/healthz` tells it.
    package var version: String
    /// Origins (`https://dash.example:8443`) whose pages may call the API, or `*`.
    package var corsOrigins: [String]
    /// `/metrics` without a token.
    package var isMetricsPublic: Bool
    /// It is reached over HTTPS alone.
    package var isSecure = false
    package var pathPrefix: PathPrefix
    package var maximumBodyBytes: Int
    /// The most of a task's output that one answer carries.
    package var maximumOutputBytes: Int
    /// Where Chart.js is on this machine.
    package var chartLibraryPath: String

    package init(
        version: String, corsOrigins: [String] = [], isMetricsPublic: Bool = false,
        pathPrefix: PathPrefix = .none,
        maximumBodyBytes: Int = 1024 * 1024, maximumOutputBytes: Int = 64 * 1024 * 1024,
        chartLibraryPath: String? = nil
    ) {
        self.chartLibraryPath = chartLibraryPath ?? ChartLibrary.debianPath
        self.version = version
        self.corsOrigins = corsOrigins
        self.isMetricsPublic = isMetricsPublic
        self.pathPrefix = pathPrefix
        self.maximumBodyBytes = maximumBodyBytes
        self.maximumOutputBytes = maximumOutputBytes
    }
}
