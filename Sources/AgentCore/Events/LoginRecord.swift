import Glibc

/// One record of wtmp or btmp: somebody logged in, or tried to.
struct LoginRecord: Equatable {
    static let size = MemoryLayout<utmp>.stride

    var user: String
    /// The terminal, and where from: may be empty.
    var line: String
    var host: String
}

extension LoginRecord {
    /// Nil for a record of another type, such as a logout or a boot.
    init?(_ bytes: UnsafeRawBufferPointer, isFailure: Bool) {
        guard bytes.count == Self.size else { return nil }
        let type = bytes.loadUnaligned(as: Int16.self)
        // What fails is written with either type.
        guard Int32(type) == USER_PROCESS || isFailure && Int32(type) == LOGIN_PROCESS else { return nil }
        user = Self.text(bytes, at: \.ut_user, length: MemoryLayout.size(ofValue: utmp().ut_user))
        line = Self.text(bytes, at: \.ut_line, length: MemoryLayout.size(ofValue: utmp().ut_line))
        host = Self.text(bytes, at: \.ut_host, length: MemoryLayout.size(ofValue: utmp().ut_host))
    }

    private static func text(_ bytes: UnsafeRawBufferPointer, at field: PartialKeyPath<utmp>, length: Int) -> String {
        guard let offset = MemoryLayout<utmp>.offset(of: field) else { return "" }
        return String(decoding: bytes[offset..<(offset + length)].prefix { $0 != 0 }, as: UTF8.self)
    }

    func event(isFailure: Bool, suppressed: Int = 0) -> HostEvent {
        let name = user.isEmpty ? "an unknown user" : user
        let from = host.isEmpty ? "" : " from \(host)"
        var attributes = [(name: "user", value: user), (name: "line", value: line), (name: "host", value: host)]
            .filter { !$0.value.isEmpty }
        if suppressed > 0 { attributes.append(("suppressed", "\(suppressed)")) }
        return HostEvent(
            kind: isFailure ? .loginFailed : .login, severity: isFailure ? .warning : .info,
            unit: user.isEmpty ? nil : user,
            message: isFailure ? "a login as \(name)\(from) failed" : "\(name) logged in\(from)", attributes: attributes
        )
    }
}
