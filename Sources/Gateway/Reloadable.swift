import Logging

/// Something that the running gateway reads anew at SIGHUP: one for each kind of file. `Server` has the list.
protocol Reloadable: Sendable {
    /// For the log: "keys of JSON Web Tokens".
    var name: String { get }

    /// Reads the files and puts what they say in force; what is broken changes nothing. Blocks; called on the main
    /// thread.
    /// - Returns: what is in force now, for the log; no secret.
    func reload() throws -> String
}

extension Reloadable {
    func reload(log: Logger) {
        do {
            let now = try reload()
            log.notice("reloaded: \(name)", metadata: ["now": "\(now)"])
        } catch {
            log.error("not reloaded: \(name): what was in force stays", metadata: ["error": "\(error)"])
        }
    }
}
