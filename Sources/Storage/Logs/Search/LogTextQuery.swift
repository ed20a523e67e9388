/// What somebody searches for, as words: all of them have to be in a line's message or component, in any order and in
/// any case. `"several words"` stand beside each other, `pre*` begins a word. Everything else is literal: there are no
/// operators, and nothing that could be taken for one reaches the index.
package struct LogTextQuery: Sendable, Equatable {
    /// In the language of FTS5.
    let expression: String

    package static let maximumBytes = 1_024
    package static let maximumTerms = 32

    /// - Throws: `invalidQuery("q", …)` for text without a word, or with too much of it.
    package init(_ text: String) throws(StoreError) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw .invalidQuery(field: "q", detail: "must be at most \(Self.maximumBytes) bytes")
        }
        let terms = Self.terms(of: text)
        guard !terms.isEmpty else {
            throw .invalidQuery(field: "q", detail: "must have a word: letters or digits")
        }
        guard terms.count <= Self.maximumTerms else {
            throw .invalidQuery(field: "q", detail: "must have at most \(Self.maximumTerms) words")
        }
        expression = terms.joined(separator: " AND ")
    }

    private static func terms(of text: String) -> [String] {
        var terms: [String] = []
        var rest = text.unicodeScalars[...]
        while let first = rest.first {
            if first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") {
                let phrase = rest[rest.index(after: rest.startIndex)..<end]
                rest = rest[rest.index(after: end)...]
                let isPrefix = rest.first == "*"
                terms += term(phrase, isPrefix: isPrefix)
            } else if isSpace(first) || first == "\"" || first == "*" {
                rest = rest.dropFirst()
            } else {
                let word = rest.prefix { !isSpace($0) && $0 != "\"" }
                rest = rest[word.endIndex...]
                terms += term(word, isPrefix: word.last == "*")
            }
        }
        return terms
    }

    /// A string of FTS5: whatever is in it is text. Nothing for what has no word in it.
    private static func term(_ text: Substring.UnicodeScalarView, isPrefix: Bool) -> [String] {
        guard text.contains(where: isWordCharacter) else { return [] }
        var quoted = "\""
        // NUL would end the expression.
        for scalar in text { quoted.unicodeScalars.append(scalar.value == 0 || scalar == "\"" ? " " : scalar) }
        return [quoted + (isPrefix ? "\"*" : "\"")]
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.value < 0x20
    }

    /// As the index's tokenizer has it: letters, numbers, private use.
    private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .privateUse:
            true
        default: false
        }
    }
}
