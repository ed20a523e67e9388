/// `--help`: short, exact, aligned.
extension Program {
    /// All commands, or some of them.
    func overview(of shown: [Command]? = nil) -> String {
        let shown = shown ?? commands
        let rows = shown.map { HelpRow(left: usage(of: $0), right: $0.summary) }
        return """
            \(summary).

            Usage: \(name) COMMAND [options]

            \(HelpRow.render(rows))
            `\(name) COMMAND --help` shows the options of a command, `\(name) --version` the version.

            """
    }

    func help(for command: Command) -> String {
        let words = [name] + command.words + command.positionals.map(\.name)
        var text = "\(command.summary).\n\nUsage: \(words.joined(separator: " ")) [options]\n"
        let rows = command.groups.map { group in group.options.map { HelpRow($0.declaration) } }
        let others = command.words.isEmpty ? commands.filter { !$0.words.isEmpty } : []
        let width = HelpRow.width(of: rows.joined())
        if !command.positionals.isEmpty {
            let arguments = command.positionals.map { HelpRow(left: $0.name, right: $0.help) }
            text += "\nArguments\n" + HelpRow.render(arguments, width: width)
        }
        if !others.isEmpty {
            text +=
                "\nCommands\n"
                + HelpRow.render(others.map { HelpRow(left: usage(of: $0), right: $0.summary) }, width: width)
        }
        for (group, rows) in zip(command.groups, rows) {
            text += "\n\(group.title)\n" + HelpRow.render(rows, width: width)
        }
        return text + footer(for: command)
    }

    private func usage(of command: Command) -> String {
        (command.words + command.positionals.map(\.name)).joined(separator: " ")
    }

    private func footer(for command: Command) -> String {
        guard let example = command.options.first(where: { !$0.flagOnly }) else { return "" }
        let note = "Also settable as \(example.variable) (environment) and \(example.fileKey) (--config), and so on: "
        return "\n\(note)a flag wins over\nthe environment, the environment over the file.\n"
    }
}

/// One line of help: a left column, and words to its right.
struct HelpRow {
    var left: String
    var right: String

    private static let lineWidth = 110
    /// A longer left side stands on a line of its own.
    private static let widestLeft = 36

    init(left: String, right: String) {
        self.left = left
        self.right = right
    }

    init(_ option: OptionDeclaration) {
        let shownFlag = option.kind.isBoolean && option.defaultText == "true" ? "--no-\(option.name)" : option.flag
        left = option.placeholder.isEmpty ? shownFlag : "\(shownFlag) \(option.placeholder)"
        right = option.help + Self.notes(option)
    }

    static func width(of rows: some Sequence<HelpRow>) -> Int {
        rows.map(\.left.count).filter { $0 <= widestLeft }.max() ?? widestLeft
    }

    static func render(_ rows: [HelpRow], width: Int? = nil) -> String {
        let width = width ?? self.width(of: rows)
        return rows.map { $0.lines(width).joined(separator: "\n") + "\n" }.joined()
    }

    private func lines(_ width: Int) -> [String] {
        let indent = String(repeating: " ", count: width + 4)
        let wrapped = Self.wrap(right, to: Self.lineWidth - width - 4)
        let rest = wrapped.dropFirst().map { indent + $0 }
        if left.count > width { return ["  " + left] + wrapped.map { indent + $0 } }
        return ["  " + left + indent.dropFirst(left.count + 2) + (wrapped.first ?? "")] + rest
    }

    private static func notes(_ option: OptionDeclaration) -> String {
        var notes: [String] = []
        if option.kind.takesSeveral { notes.append("repeatable") }
        if let variable = option.foreignVariable { notes.append("or \(variable)") }
        if let text = option.defaultText, !option.kind.isBoolean { notes.append("default \(text)") }
        return notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"
    }

    private static func wrap(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
