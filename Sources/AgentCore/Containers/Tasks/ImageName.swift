import JSON

/// The name of an image, taken apart as the engine wants it: `registry:5000/team/app:1.2`, `app@sha256:…`.
struct ImageName: Equatable {
    var name: String
    /// A tag or a digest; without either, `latest`: the engine would pull every tag there is.
    var tag: String

    init(_ text: String) {
        if let at = text.firstIndex(of: "@") {
            (name, tag) = (String(text[..<at]), String(text[text.index(after: at)...]))
        } else if let colon = text.lastIndex(of: ":"), !text[colon...].contains("/") {
            (name, tag) = (String(text[..<colon]), String(text[text.index(after: colon)...]))
        } else {
            (name, tag) = (text, "latest")
        }
    }

    var pull: HTTPCall { HTTPCall(.post, "/images/create", [("fromImage", name), ("tag", tag)]) }
}
