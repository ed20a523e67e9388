/// A container as somebody outside names it: its id, or a name with or without the slash that engines put in front.
struct ContainerName: Equatable {
    let text: String

    /// Nil for what no container can be called; `.` and `..` would lead out of the path.
    init?(_ text: String) {
        let name = text.first == "/" ? String(text.dropFirst()) : text
        guard let first = name.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "/") else { return nil }
        self.text = name
    }

    /// Path of what is asked of it: `/containers/web/json`.
    func path(_ what: String) -> String { "/containers/\(HTTPCall.encoded(text))/\(what)" }
    /// Its own path.
    var path: String { "/containers/\(HTTPCall.encoded(text))" }
}
