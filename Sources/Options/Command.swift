/// A program with its commands. One without words is what the program does by itself, as `sluice-agent` does.
package struct Program: Sendable {
    package var name: String
    package var version: String
    /// One sentence, without full stop.
    package var summary: String
    package var commands: [Command]

    package init(name: String, version: String, summary: String, commands: [Command]) {
        precondition(!commands.isEmpty, "a program has at least one command")
        self.name = name
        self.version = version
        self.summary = summary
        self.commands = commands
    }

    /// A program that does one thing.
    package init(name: String, version: String, summary: String, groups: [OptionGroup]) {
        let only = Command([], summary: summary, groups: groups)
        self.init(name: name, version: version, summary: summary, commands: [only])
    }
}

package struct Command: Sendable {
    /// The words that select it: `["serve"]`, `["token", "create"]`.
    package var words: [String]
    /// One sentence, without full stop.
    package var summary: String
    /// Arguments that are not options, in their order.
    package var positionals: [Positional]
    package var groups: [OptionGroup]

    /// `--config` is added by itself where one of the options may stand in a file.
    package init(
        _ words: [String], summary: String, positionals: [Positional] = [], groups: [OptionGroup] = []
    ) {
        self.words = words
        self.summary = summary
        self.positionals = positionals
        self.groups = groups
        if options.contains(where: { !$0.flagOnly }) {
            self.groups.append(OptionGroup("General", [Self.config]))
        }
        let names = options.map(\.name)
        precondition(Set(names).count == names.count, "an option of `\(words)` is declared twice")
    }

    /// The YAML file; its own twin is `SLUICE_CONFIG`.
    package static let config = Option<String?>.string(
        "config", placeholder: "FILE", help: "YAML file with options, keys as the flags but with _ for -")

    var options: [OptionDeclaration] { groups.flatMap { $0.options.map(\.declaration) } }

    func option(named name: some StringProtocol) -> OptionDeclaration? { options.first { $0.name == name } }
}

/// Options under one heading of `--help`.
package struct OptionGroup: Sendable {
    package var title: String
    package var options: [any DeclaredOption]

    package init(_ title: String, _ options: [any DeclaredOption]) {
        self.title = title
        self.options = options
    }
}

/// An argument that is not an option, such as NAME in `token revoke NAME`. Always required.
package struct Positional: Sendable {
    /// In capitals, as `--help` shows it.
    package var name: String
    /// One sentence, without full stop.
    package var help: String

    package init(_ name: String, help: String) {
        self.name = name
        self.help = help
    }
}
