import Model
import Glibc
import Testing

@testable import Processing

/// A file of `Tests/ProcessingTests/Recorded`: seconds, then a column per metric; empty where the agent gave none.
struct RecordedSeries {
    struct Row {
        var seconds: Double
        var sample: MetricSample
    }

    var rows: [Row] = []

    init(_ name: String) throws {
        let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let lines = try Self.text(of: "/" + folder + "/Recorded/" + name).split(separator: "\n")
        let keys = try #require(lines.first).split(separator: ",").dropFirst().map {
            MetricKey(name: String($0))
        }
        for line in lines.dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            var sample = MetricSample()
            for (key, field) in zip(keys, fields.dropFirst()) {
                sample.values[try #require(key)] = Double(field)
            }
            rows.append(Row(seconds: try #require(Double(fields[0])), sample: sample))
        }
    }

    private static func text(of path: String) throws -> String {
        let file = try #require(fopen(path, "r"), "\(path) cannot be read")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
