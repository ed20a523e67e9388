/// A condition did not come true.
package struct NotInTime: Error, CustomStringConvertible {
    package let description: String
}

/// Waits for a condition instead of for a time.
/// - Throws: `NotInTime`, which says what was waited for, and where.
package func eventually(
    _ what: String, within limit: Duration = .seconds(40), file: StaticString = #fileID, line: UInt = #line,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw NotInTime(description: "\(file):\(line): not within \(limit): \(what)")
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
