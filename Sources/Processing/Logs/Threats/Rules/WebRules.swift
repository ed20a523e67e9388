/// Attacks on web servers and what runs behind them, from access logs, error logs and JSON lines about requests.
extension ThreatRule {
    static let web: [ThreatRule] = [
        ThreatRule(
            "web_path_traversal", "Path traversal", .high,
            "a target climbs twice (../..), or climbs and names a file of the system; medium if refused (4xx)",
            on: KeywordSet(.dotDotSlash, .dotDotBackslash, .etcPasswd, .etcShadow, .procSelf, .winIni, .dotSSH),
            WebRules.pathTraversal),
        ThreatRule(
            "web_sql_injection", "SQL injection", .high, "a target with SQL that has no business there",
            on: WebWords.sql, WebRules.sqlInjection),
        ThreatRule(
            "web_xss", "Cross-site scripting", .medium, "a target with a script tag, an event handler or a script URL",
            on: WebWords.script, WebRules.crossSiteScripting),
        ThreatRule(
            "log4shell", "Log4Shell", .critical, "a JNDI look-up, also a disguised one, anywhere in a line",
            on: KeywordSet(.jndi, .lookupLower, .lookupUpper, .lookupDash, .lookupEnv), WebRules.log4shell),
        ThreatRule(
            "shellshock", "Shellshock", .high, "a bash function definition in a request", on: KeywordSet(.shellshock),
            WebRules.shellshock),
        ThreatRule(
            "web_scanner", "Vulnerability scanner", .medium, "a user agent of a known scanner", on: WebWords.scanners,
            WebRules.scanner),
        ThreatRule(
            "web_sensitive_file", "Probe for secrets", .medium,
            "a request for .env, .git, credentials and the like; high if it was answered (2xx)",
            on: KeywordSet(.dotEnv, .dotGit, .awsCredentials, .phpunit, .wpConfig, .actuator), WebRules.sensitiveFile),
        ThreatRule(
            "web_login_brute_force", "Web login brute force", .high,
            "10 POSTs to wp-login.php or xmlrpc.php from one address within a minute; again every 5 minutes",
            on: KeywordSet(.wpLogin, .xmlrpc), WebRules.loginBruteForce),
        ThreatRule(
            "web_scan", "Web scan", .medium,
            "30 requests from one address refused (400 to 404) within a minute; again every 5 minutes",
            on: KeywordSet(), WebRules.scan),
    ]
}

/// Keywords that matter to rules about requests.
enum WebWords {
    static let sql = KeywordSet(
        .unionSelect, .unionAllSelect, .or1, .orQuote, .sleepCall, .benchmarkCall, .informationSchema, .commandShell,
        .waitForDelay, .dropTable, .quoteComment)
    static let script = KeywordSet(.scriptTag, .onError, .onLoad, .javascriptURL, .svgTag)
    static let scanners = KeywordSet(
        .sqlmap, .nikto, .nmap, .masscan, .zgrab, .gobuster, .dirbuster, .wpscan, .nuclei, .acunetix, .nessus, .openvas,
        .wfuzz, .ffuf, .hydra, .feroxbuster, .jorgee)
    static let all: KeywordSet = ThreatRule.web.reduce(into: KeywordSet()) { $0.formUnion($1.anchors) }
}

private enum WebRules {
    private static let minute: Int64 = 60_000
    private static let pause: Int64 = 300_000

    @Sendable static func pathTraversal(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard let request = line.request else { return nil }
        let words = request.targetWords
        let climbs = words.contains(.dotDotSlash) || words.contains(.dotDotBackslash)
        let climbsTwice = request.decoded.contains("../..") || request.decoded.contains("..\\..")
        let namesSecret = words.intersects(KeywordSet(.etcPasswd, .etcShadow, .procSelf, .winIni, .dotSSH))
        guard climbsTwice || (climbs && namesSecret) || namesSecretInQuery(request, namesSecret) else { return nil }
        return found(request, refused: .medium)
    }

    /// `?file=/etc/passwd`
    private static func namesSecretInQuery(_ request: WebRequest, _ namesSecret: Bool) -> Bool {
        namesSecret && (request.decoded.contains("=/etc/") || request.decoded.contains("=/proc/"))
    }

    @Sendable static func sqlInjection(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard let request = line.request else { return nil }
        let words = request.targetWords
        if words.intersects(KeywordSet(.informationSchema, .commandShell, .waitForDelay)) { return found(request) }
        if words.contains(.unionSelect) || words.contains(.unionAllSelect), selectsSomething(request.decoded) {
            return found(request)
        }
        if words.intersects(KeywordSet(.or1, .orQuote)), request.decoded.contains(UInt8(ascii: "'")) {
            return found(request)
        }
        if words.contains(.or1), request.decoded.contains(UInt8(ascii: "=")), request.decoded.contains("--") {
            return found(request)
        }
        if words.intersects(KeywordSet(.sleepCall, .benchmarkCall)), callsWithNumber(request.decoded) {
            return found(request)
        }
        if words.intersects(KeywordSet(.dropTable, .quoteComment)), request.decoded.contains(UInt8(ascii: "'")) {
            return found(request)
        }
        return nil
    }

    /// What follows `select` is a list, a number, null or ends in `from`: "trade union select committee" is none of it.
    private static func selectsSomething(_ target: ByteText) -> Bool {
        let starts = (0..<max(target.count - 6, 0)).lazy.filter { target.hasIgnoringCase("select ", at: $0) }
        for start in starts.prefix(4) {
            let rest = target.slice(start + 7, start + 7 + 200)
            if rest[0].isDigit || rest.hasIgnoringCase("null") || rest.contains(UInt8(ascii: ","))
                || rest.containsIgnoringCase(" from ") || rest.contains("@@")
            {
                return true
            }
        }
        return false
    }

    private static func callsWithNumber(_ target: ByteText) -> Bool {
        var position = 0
        while let open = target.index(of: UInt8(ascii: "("), from: position) {
            position = open + 1
            guard target[position].isDigit else { continue }
            if target.hasIgnoringCase("sleep", at: open - 5) || target.hasIgnoringCase("benchmark", at: open - 9) {
                return true
            }
        }
        return false
    }

    @Sendable static func crossSiteScripting(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard let request = line.request else { return nil }
        let words = request.targetWords
        if words.contains(.scriptTag) { return found(request) }
        let hasTag = request.decoded.contains(UInt8(ascii: "<")) || request.decoded.contains(UInt8(ascii: "\""))
        if hasTag, words.intersects(KeywordSet(.onError, .onLoad)) { return found(request) }
        if words.contains(.javascriptURL), request.decoded.contains(UInt8(ascii: "(")) { return found(request) }
        return nil
    }

    @Sendable static func log4shell(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        let words =
            line.request.map { $0.targetWords.contains(.jndi) ? $0.targetWords : line.keywords } ?? line.keywords
        let hasLookup = line.text.contains("${") || (line.request?.decoded.contains("${") ?? false)
        guard hasLookup else { return nil }
        if words.contains(.jndi) { return found(line.request) }
        // Disguised: letters of "jndi" hidden in look-ups of their own, within another look-up.
        let hidesLetters = words.intersects(KeywordSet(.lookupLower, .lookupUpper, .lookupDash, .lookupEnv))
        return hidesLetters && (line.text.contains("${${") || line.text.contains("j${")) ? found(line.request) : nil
    }

    @Sendable static func shellshock(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard let request = line.request,
            request.headerWords.contains(.shellshock) || request.targetWords.contains(.shellshock)
        else { return nil }
        return line.text.contains("() { :") || line.text.contains("() { _") ? found(request) : nil
    }

    @Sendable static func scanner(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard let request = line.request, request.headerWords.intersects(WebWords.scanners) else { return nil }
        return found(request)
    }

    @Sendable static func sensitiveFile(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard let request = line.request, namesSecret(request) else { return nil }
        let isAnswered = request.status.map { (200..<300).contains($0) } ?? false
        return found(request, severity: isAnswered ? .high : nil)
    }

    private static func namesSecret(_ request: WebRequest) -> Bool {
        let words = request.targetWords
        return words.intersects(KeywordSet(.dotGit, .awsCredentials, .phpunit, .wpConfig))
            || (words.contains(.dotEnv) && namesEnvironment(request.decoded))
            || (words.contains(.actuator) && exposesActuator(request.decoded))
    }

    /// `/.env`, `/.env.local`, but not `/.environment`.
    private static func namesEnvironment(_ target: ByteText) -> Bool {
        target.index(of: "/.env").map { !target[$0 + 5].isWord } ?? false
    }

    /// Health and Prometheus metrics are asked for by everyday monitoring.
    private static func exposesActuator(_ target: ByteText) -> Bool {
        target.contains("/actuator/env") || target.contains("/actuator/heapdump")
            || target.contains("/actuator/gateway")
    }

    @Sendable static func loginBruteForce(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard let request = line.request, request.method == "POST", request.status != nil,
            request.targetWords.intersects(KeywordSet(.wpLogin, .xmlrpc))
        else { return nil }
        return burst(.webLogins, request, line.time, threshold: 10, &state)
    }

    @Sendable static func scan(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard let request = line.request, let status = request.status, (400...404).contains(status) else { return nil }
        return burst(.webMisses, request, line.time, threshold: 30, &state)
    }

    private static func burst(
        _ counter: ThreatState.Counter, _ request: WebRequest, _ time: Int64, threshold: Int, _ state: inout ThreatState
    ) -> ThreatFinding? {
        guard !request.client.isEmpty else { return nil }
        let source = request.client.prefix(64).string
        return state.update(counter, source) { window in
            guard window.add(at: time, within: minute, threshold: threshold) >= threshold,
                window.mayReport(at: time, pause: pause)
            else { return nil }
            return ThreatFinding(source: source, note: "\(window.total) requests")
        }
    }

    private static func found(
        _ request: WebRequest?, severity: LogSeverity? = nil, refused: LogSeverity? = nil
    ) -> ThreatFinding {
        let isRefused = request?.status.map { (400..<500).contains($0) } ?? false
        let client = request?.client ?? ByteText("")
        return ThreatFinding(
            source: client.isEmpty ? nil : client.prefix(64).string, severity: severity ?? (isRefused ? refused : nil))
    }
}
