import Glibc

/// Certificates in a directory of their own, made by the program `openssl`, gone with this object.
package final class TestCertificates: Sendable {
    package struct Failure: Error { package let arguments: [String] }

    private let directory: TemporaryDirectory

    /// Makes the authority `ca`.
    package init() throws {
        directory = try TemporaryDirectory()
        try makeAuthority("ca")
    }

    /// `ca.pem` is the certificate of the authority `ca`.
    package func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    package func makeAuthority(_ name: String) throws {
        try openssl(
            ["req", "-x509", "-subj", "/CN=\(name)", "-out", path("\(name).pem")] + newKey(path("\(name).key")))
    }

    /// Makes `NAME.pem` and `NAME.key`, or replaces them.
    /// - Parameter names: whom it is for: `IP:127.0.0.1,DNS:localhost`.
    package func issue(_ name: String, for names: String, by authority: String = "ca") throws {
        try openssl(
            [
                "req", "-x509", "-subj", "/CN=\(name)", "-addext", "subjectAltName=\(names)", "-addext",
                "basicConstraints=critical,CA:FALSE", "-CA", path("\(authority).pem"), "-CAkey",
                path("\(authority).key"), "-out", path("\(name).pem"),
            ] + newKey(path("\(name).key")))
    }

    /// As what another process writes over it would.
    package func replace(_ name: String, by other: String) throws {
        guard rename(path(other), path(name)) == 0 else { throw Failure(arguments: [name, other]) }
    }

    package func write(_ text: String, to name: String) throws {
        let file = fopen(path(name), "we")
        guard let file, fputs(text, file) >= 0, fclose(file) == 0 else { throw Failure(arguments: [name]) }
    }

    private func newKey(_ path: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout", path]
    }

    private func openssl(_ arguments: [String]) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        let pointers = (["openssl"] + arguments).map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid: pid_t = 0
        var status: Int32 = -1
        guard posix_spawnp(&pid, "openssl", &actions, nil, pointers, environ) == 0,
            waitpid(pid, &status, 0) == pid, status == 0
        else { throw Failure(arguments: arguments) }
    }
}
