import Glibc
import JSON
import class TestSupport.TemporaryDirectory
import Testing

@testable import AgentCore

@Suite("Entries of the journal")
struct JournalEntryTests {
    private func entry(_ members: String) throws -> JournalEntry {
        let line = #"{"__CURSOR":"s=1;i=2","__REALTIME_TIMESTAMP":"1700000000123456",\#(members)}"#
        return try #require(JournalEntry(line: Array(line.utf8)))
    }

    private func lines(_ members: String) throws -> [JSONValue] {
        try JournalLines.of(entry(members)).split(separator: UInt8(ascii: "\n")).map { try JSONParser.parse(Array($0)) }
    }

    @Test("a line has the time, level, component, unit and process of its entry")
    func fields() throws {
        let line = try #require(
            lines(
                #""MESSAGE":"hello","PRIORITY":"3","SYSLOG_IDENTIFIER":"sshd","_SYSTEMD_UNIT":"ssh.service","_PID":"7""#
            ).first)
        #expect(line["timestamp"]?.string == "2023-11-14T22:13:20.123Z" && line["level"]?.string == "ERROR")
        #expect(line["component"]?.string == "sshd" && line["message"]?.string == "hello")
        #expect(line["unit"]?.string == "ssh.service" && line["pid"]?.int == 7)
    }

    @Test("bytes that are no UTF-8 come as an array of numbers, and are repaired")
    func binary() throws {
        #expect(try lines(#""MESSAGE":[99,97,102,233,0]"#)[0]["message"]?.string == "caf\u{FFFD}\0")
    }

    @Test("of a field that is there several times the first counts; one that was left out is not there")
    func several() throws {
        let entry = try entry(#""MESSAGE":["a","b"],"_COMM":[[120],"y"],"_PID":null,"PRIORITY":"9""#)
        #expect(entry.text("MESSAGE") == "a" && entry.component == "x" && entry.text("_PID") == nil)
        #expect(entry.level == "INFO")
        #expect(try lines(#""MESSAGE":null"#).isEmpty && lines(#""PRIORITY":"1""#).isEmpty)
    }

    @Test("a huge message becomes several lines, none of which is split like a line of a file, or within a character")
    func huge() throws {
        let text = "x" + String(repeating: "é", count: 40_000)
        let bytes = try JournalLines.of(entry(#""MESSAGE":"\#(text)""#))
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        #expect(lines.allSatisfy { $0.count < LogLine.maximum })
        let values = try lines.map { try JSONParser.parse(Array($0)) }
        #expect(values.compactMap { $0["message"]?.string }.joined() == text)
        #expect(values.dropLast().allSatisfy { $0["truncated"]?.bool == true })
        #expect(values.last?["truncated"] == nil)
        // Control characters take six bytes each.
        let worst = try JournalLines.of(
            entry(#""MESSAGE":[\#([String](repeating: "1", count: 30_000).joined(separator: ","))]"#))
        #expect(worst.split(separator: UInt8(ascii: "\n")).allSatisfy { $0.count < LogLine.maximum })
    }

    @Test(
        "what is no entry is none",
        arguments: ["", "{", "[]", #"{"MESSAGE":"a"}"#, #"{"__CURSOR":"a b","__REALTIME_TIMESTAMP":"1"}"#])
    func garbage(text: String) { #expect(JournalEntry(line: Array(text.utf8)) == nil) }

    @Test("a failed unit is an event; kills and logins are where nothing else tells of them")
    func events() throws {
        let all = JournalEvents(includesKills: true, includesLogins: true)
        let few = JournalEvents(includesKills: false, includesLogins: false)
        #expect(all.matches.count == 3 && few.matches == ["MESSAGE_ID=\(JournalEvents.unitFailed)"])
        let failed = try entry(
            #""MESSAGE_ID":"\#(JournalEvents.unitFailed)","_PID":"1","UNIT":"web.service","UNIT_RESULT":"exit-code""#)
        let event = try #require(few.event(failed))
        #expect(event.kind == .unitFailed && event.unit == "web.service")
        #expect(event.message == "the unit web.service has failed: exit-code" && event.timestamp == 1_700_000_000.123)
        let killed = try entry(#""MESSAGE_ID":"\#(JournalEvents.unitOutOfMemory)","_PID":"1","UNIT":"web.service""#)
        #expect(few.event(killed) == nil && all.event(killed)?.kind == .oomKill)
        let login = try entry(
            #""MESSAGE_ID":"\#(JournalEvents.sessionOpened)","_SYSTEMD_UNIT":"systemd-logind.service","USER_ID":"ann""#)
        #expect(few.event(login) == nil && all.event(login)?.unit == "ann")
        #expect(try all.event(entry(#""MESSAGE_ID":"0""#)) == nil)
    }
}

@Suite("Events in the journal")
struct JournalEventsTests {
    private let events = JournalEvents(includesKills: true, includesLogins: true)

    private func event(_ id: String, _ members: String) throws -> HostEvent? {
        let line =
            #"{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1700000000123456","MESSAGE_ID":"\#(id)",\#(members)}"#
        return events.event(try #require(JournalEntry(line: Array(line.utf8))))
    }

    @Test(
        "what anybody can write is no event: who has written it counts, by what journald says",
        arguments: [
            #""UNIT":"ssh.service","USER_ID":"root""#,
            #""UNIT":"ssh.service","_PID":"4711","_UID":"0","_COMM":"systemd","_SYSTEMD_UNIT":"cron.service""#,
            #""UNIT":"ssh.service","PID":"1","SYSLOG_PID":"1","SYSLOG_IDENTIFIER":"systemd-logind","_PID":"11""#,
            #""UNIT":"ssh.service","_PID":"9","_UID":"7","_SYSTEMD_UNIT":"user@7.service""#,
            #""USER_UNIT":"a.service","_PID":"9","_UID":"7","_SYSTEMD_UNIT":"user@8.service""#,
            #""USER_UNIT":"a.service","_PID":"1""#,
        ])
    func forged(_ members: String) throws {
        for id in [JournalEvents.unitFailed, JournalEvents.unitOutOfMemory, JournalEvents.sessionOpened] {
            #expect(try event(id, members) == nil)
        }
    }

    @Test("a unit of a user is told with whose it is, and is taken for none of the host's")
    func userUnit() throws {
        let members =
            #""USER_UNIT":"ssh.service","UNIT":"ssh.service","_PID":"9","_UID":"7","_SYSTEMD_UNIT":"user@7.service""#
        let told = try #require(try event(JournalEvents.unitFailed, members))
        #expect(told.unit == "user@7.service/ssh.service")
        #expect(told.message == "the unit user@7.service/ssh.service has failed")
    }

    @Test("a name of any length leaves room in the frame")
    func longNames() throws {
        let long = String(repeating: "é", count: 300_000)
        let members = #""_PID":"1","UNIT":"\#(long)","UNIT_RESULT":"\#(long)""#
        let told = try #require(try event(JournalEvents.unitFailed, members))
        #expect(HostEvent.payload([told]).count < 4_096)
    }
}

@Suite("Spool of the journal")
struct JournalSpoolTests {
    private let a = JournalPosition.after(cursor: "s=a")
    private let b = JournalPosition.after(cursor: "s=b")

    private func contents(_ spool: JournalSpool) -> String {
        String(decoding: StateFile.contents(spool.path) ?? [], as: UTF8.self)
    }

    @Test("goes on behind the last entry whose lines are in it")
    func goesOn() throws {
        let directory = try TemporaryDirectory()
        do {
            let spool = try JournalSpool(directory: directory.path)
            guard case .since = spool.position else {
                Issue.record("\(spool.position)")
                return
            }
            #expect(spool.append(Array("one\n".utf8), at: a) == nil)
        }
        let spool = try JournalSpool(directory: directory.path)
        #expect(spool.position == a && spool.size == 4)
        #expect(spool.append(Array("two\n".utf8), at: b) == nil)
        #expect(contents(spool) == "one\ntwo\n")
    }

    @Test("lines whose place was not noted before the end of the process are read from the journal again, not twice")
    func unnoted() throws {
        let directory = try TemporaryDirectory()
        do {
            let spool = try JournalSpool(directory: directory.path)
            #expect(spool.append(Array("one\n".utf8), at: a) == nil)
            let file = open(spool.path, O_WRONLY | O_APPEND)
            #expect(StateFile.append(Array("tw".utf8), to: file) == nil)
            close(file)
        }
        let spool = try JournalSpool(directory: directory.path)
        #expect(spool.position == a && spool.size == 4 && contents(spool) == "one\n")
    }

    @Test("an empty file takes the place of one that was read, also when the process ends in between")
    func renewal() throws {
        let directory = try TemporaryDirectory()
        do {
            let spool = try JournalSpool(directory: directory.path)
            #expect(spool.append(Array("one\n".utf8), at: a) == nil)
            #expect(spool.renew() == nil)
            #expect(spool.size == 0 && spool.position == a && contents(spool).isEmpty)
            #expect(spool.append(Array("two\n".utf8), at: b) == nil)
            // As if the process had ended before the new file got its name.
            #expect(rename(spool.path, spool.path + ".new") == 0)
            #expect(StateFile.replace(spool.path + ".old", with: Array("one\n".utf8)) == nil)
            #expect(rename(spool.path + ".old", spool.path) == 0)
        }
        let spool = try JournalSpool(directory: directory.path)
        #expect(spool.position == b && spool.size == 4 && contents(spool) == "two\n")
    }

    @Test("a place that cannot be read begins with what comes now")
    func garbage() throws {
        let directory = try TemporaryDirectory()
        #expect(StateFile.replace("\(directory.path)/place", with: [UInt8](repeating: 0xFF, count: 512)) == nil)
        let spool = try JournalSpool(directory: directory.path)
        guard case .since = spool.position else {
            Issue.record("\(spool.position)")
            return
        }
    }
}
