import Processing

extension DeploymentAnalyzer {
    @discardableResult
    mutating func read(_ line: String, isError: Bool) -> DeploymentChange {
        Array(line.utf8).withUnsafeBytes { read($0, isError: isError) }
    }
}
