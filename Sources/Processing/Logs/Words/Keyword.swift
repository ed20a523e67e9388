/// The words that anything here looks for in a line. All are found in one pass (`KeywordScanner`), without regard to
/// case; what they mean in their place is for the one who asked to check.
enum Keyword: UInt8, CaseIterable {
    // Levels
    case error, failed, failure, fatal, panic, critical, exception, traceback, segfault, denied, refused, unable
    case cannot, couldNot, panicked, warn, deprecated, timedOut, timeout, retrying

    // Categories
    case slow, latency, throttl, overload, queueFull, unreachable, crash, shuttingDown, outOfMemory, config, certificate
    case unauthorized, authentication, forbidden, disconnected, noSpace, restarting

    // Logins
    case failedPassword, invalidUser, illegalUser, authenticationFailure, accepted, maximumAttempts, authenticatingUser
    case notInSudoers, incorrectPassword, failedSU, newUser, newGroup, toGroup, command, messageRepeated
    case moreFailures

    // Hosts
    case segfaultAt, generalProtection, oomKilled, oomKiller, source, ufwBlock, dropWord, listening, promiscuous
    case setuidPlus, chmod4, setuidWord, logCleared, historyCleared, crontabReplace, crontabEdit, cronDirectory
    case crontabFile

    // Shells
    case devTCP, bashInteractive, shInteractive, netcatE, netcatC, ncatE, socatExec, mkfifo, pythonSocket, perlSocket
    case curlPipe, wgetPipe, base64Decode

    // Web
    case dotDotSlash, dotDotBackslash, etcPasswd, etcShadow, procSelf, winIni, dotSSH
    case unionSelect, unionAllSelect, or1, orQuote, sleepCall, benchmarkCall, informationSchema, commandShell
    case waitForDelay, dropTable, quoteComment, scriptTag, onError, onLoad, javascriptURL, svgTag, jndi, lookupLower
    case lookupUpper, lookupDash, lookupEnv, shellshock, dotEnv, dotGit, awsCredentials, phpunit, wpLogin, xmlrpc
    case actuator, wpConfig
    case sqlmap, nikto, nmap, masscan, zgrab, gobuster, dirbuster, wpscan, nuclei, acunetix, nessus, openvas, wfuzz
    case ffuf, hydra, feroxbuster, jorgee

    /// In lower case.
    var text: StaticString { Self.texts[Int(rawValue)] }

    private static let texts: [StaticString] = allCases.map(\.spelling)
}

extension Keyword {
    // One long switch, so that the compiler sees to it that no word is left without its spelling.
    private var spelling: StaticString {
        switch self {
        case .error: "error"
        case .failed: "failed"
        case .failure: "failure"
        case .fatal: "fatal"
        case .panic: "panic"
        case .critical: "critical"
        case .exception: "exception"
        case .traceback: "traceback"
        case .segfault: "segfault"
        case .denied: "denied"
        case .refused: "refused"
        case .unable: "unable to"
        case .cannot: "cannot"
        case .couldNot: "could not"
        case .panicked: "panicked at"
        case .warn: "warn"
        case .deprecated: "deprecated"
        case .timedOut: "timed out"
        case .timeout: "timeout"
        case .retrying: "retrying"
        case .slow: "slow"
        case .latency: "latency"
        case .throttl: "throttl"
        case .overload: "overload"
        case .queueFull: "queue is full"
        case .unreachable: "unreachable"
        case .crash: "crash"
        case .shuttingDown: "shutting down"
        case .outOfMemory: "out of memory"
        case .config: "config"
        case .certificate: "certificate"
        case .unauthorized: "unauthorized"
        case .authentication: "authenticat"
        case .forbidden: "forbidden"
        case .disconnected: "disconnected"
        case .noSpace: "no space left"
        case .restarting: "restarting"
        case .failedPassword: "failed password"
        case .invalidUser: "invalid user"
        case .illegalUser: "illegal user"
        case .authenticationFailure: "authentication failure"
        case .accepted: "accepted "
        case .maximumAttempts: "maximum authentication attempts exceeded"
        case .authenticatingUser: "authenticating user"
        case .notInSudoers: "not in sudoers"
        case .incorrectPassword: "incorrect password attempt"
        case .failedSU: "failed su"
        case .newUser: "new user: name="
        case .newGroup: "new group: name="
        case .toGroup: "' to group '"
        case .command: "command="
        case .messageRepeated: "message repeated"
        case .moreFailures: "more authentication failure"
        case .segfaultAt: "segfault at"
        case .generalProtection: "general protection"
        case .oomKilled: "killed process"
        case .oomKiller: "oom-kill"
        case .source: "src="
        case .ufwBlock: "[ufw block]"
        case .dropWord: "drop"
        case .listening: "listening on"
        case .promiscuous: "entered promiscuous mode"
        case .setuidPlus: "u+s"
        case .chmod4: "chmod 4"
        case .setuidWord: "setuid"
        case .logCleared: "log cleared"
        case .historyCleared: "history -c"
        case .crontabReplace: ") replace ("
        case .crontabEdit: ") end edit ("
        case .cronDirectory: "/etc/cron"
        case .crontabFile: "/var/spool/cron"
        case .devTCP: "/dev/tcp/"
        case .bashInteractive: "bash -i"
        case .shInteractive: "/sh -i"
        case .netcatE: "nc -e"
        case .netcatC: "nc -c"
        case .ncatE: "ncat "
        case .socatExec: "exec:"
        case .mkfifo: "mkfifo"
        case .pythonSocket: "import socket"
        case .perlSocket: "use socket"
        case .curlPipe: "curl "
        case .wgetPipe: "wget "
        case .base64Decode: "base64 -d"
        case .dotDotSlash: "../"
        case .dotDotBackslash: "..\\"
        case .etcPasswd: "/etc/passwd"
        case .etcShadow: "/etc/shadow"
        case .procSelf: "/proc/self/"
        case .winIni: "win.ini"
        case .dotSSH: "/.ssh/"
        case .unionSelect: "union select"
        case .unionAllSelect: "union all select"
        case .or1: "or 1=1"
        case .orQuote: "' or '"
        case .sleepCall: "sleep("
        case .benchmarkCall: "benchmark("
        case .informationSchema: "information_schema"
        case .commandShell: "xp_cmdshell"
        case .waitForDelay: "waitfor delay"
        case .dropTable: "drop table"
        case .quoteComment: "'--"
        case .scriptTag: "<script"
        case .onError: "onerror="
        case .onLoad: "onload="
        case .javascriptURL: "javascript:"
        case .svgTag: "<svg"
        case .jndi: "jndi:"
        case .lookupLower: "${lower:"
        case .lookupUpper: "${upper:"
        case .lookupDash: "${::-"
        case .lookupEnv: "${env:"
        case .shellshock: "() {"
        case .dotEnv: "/.env"
        case .dotGit: "/.git/"
        case .awsCredentials: "/.aws/credentials"
        case .phpunit: "eval-stdin.php"
        case .wpLogin: "wp-login.php"
        case .xmlrpc: "xmlrpc.php"
        case .actuator: "/actuator/"
        case .wpConfig: "wp-config.php"
        case .sqlmap: "sqlmap"
        case .nikto: "nikto"
        case .nmap: "nmap"
        case .masscan: "masscan"
        case .zgrab: "zgrab"
        case .gobuster: "gobuster"
        case .dirbuster: "dirbuster"
        case .wpscan: "wpscan"
        case .nuclei: "nuclei"
        case .acunetix: "acunetix"
        case .nessus: "nessus"
        case .openvas: "openvas"
        case .wfuzz: "wfuzz"
        case .ffuf: "fuzz faster u fool"
        case .hydra: "hydra"
        case .feroxbuster: "feroxbuster"
        case .jorgee: "jorgee"
        }
    }
}

/// Some of the keywords.
struct KeywordSet: Equatable {
    // Three words are room for 192 keywords; a test sees to it that there are not more.
    private var words: (UInt64, UInt64, UInt64) = (0, 0, 0)

    init() {}
    init(_ keywords: Keyword...) { for keyword in keywords { insert(keyword) } }

    var isEmpty: Bool { words.0 | words.1 | words.2 == 0 }

    @inline(__always)
    mutating func insert(_ keyword: Keyword) {
        let bit: UInt64 = 1 << UInt64(keyword.rawValue & 63)
        switch keyword.rawValue >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        default: words.2 |= bit
        }
    }

    @inline(__always)
    func contains(_ keyword: Keyword) -> Bool {
        let word = keyword.rawValue < 64 ? words.0 : keyword.rawValue < 128 ? words.1 : words.2
        return word >> UInt64(keyword.rawValue & 63) & 1 == 1
    }

    @inline(__always)
    func intersects(_ other: KeywordSet) -> Bool {
        words.0 & other.words.0 | words.1 & other.words.1 | words.2 & other.words.2 != 0
    }

    mutating func formUnion(_ other: KeywordSet) {
        words = (words.0 | other.words.0, words.1 | other.words.1, words.2 | other.words.2)
    }

    static func == (a: Self, b: Self) -> Bool { a.words == b.words }
}
