import Glibc
import Logging
import Model
import Reactor

/// The log files that are followed: finds them, notices that they grow, are renamed, replaced or deleted, and keeps them
/// open until they are read to their end. Loop's thread only.
final class LogFiles {
    /// Files that are at their path no more and may still be written to, or have not been read to their end.
    static let maximumRetired = 32
    /// After this time without growth a file that is at its path no more is closed.
    static let retiredGrace: Milliseconds = 60_000
    /// For what the kernel does not tell: new directories, network file systems.
    static let rescanPeriod: Duration = .seconds(10)
    static let scanInterval: Duration = .milliseconds(50)

    /// A file is to be followed from `offset` on: from its end where that is nil. Nil: not at all.
    var open: (_ path: String, _ identity: FileIdentity) -> FollowedFile? = { _, _ in nil }
    /// Some file is dirty.
    var onDirty: () -> Void = {}

    /// In the order in which they were found: of those with the same path the older first.
    private(set) var files: [FollowedFile] = []
    /// Files that were given up before they were read to their end.
    private(set) var abandonedFiles: UInt64 = 0

    private let loop: EventLoop
    private let patterns: LogPatterns
    private let log: Logger
    private var byWatch: [Int32: FollowedFile] = [:]
    private var contents: Inotify?
    private var directories: Inotify?
    private var rescan: LoopTimer?
    private var scanPause: LoopTimer?
    private var scanIsDue = false
    private var unfollowed = UnfollowedFiles()

    init(loop: EventLoop, patterns: LogPatterns, log: Logger) {
        self.loop = loop
        self.patterns = patterns
        self.log = log
    }

    /// Begins to look. `restored`: those that an earlier run has left.
    func start(with restored: [FollowedFile]) {
        // unowned: these end with this object.
        contents = Inotify(loop: loop, wantsNames: false) { [unowned self] in contentsChanged($0) }
        directories = Inotify(loop: loop, wantsNames: false) { [unowned self] _ in scanSoon() }
        for file in restored { add(file) }
        scan()
        rescan = loop.schedule(after: Self.rescanPeriod, repeating: Self.rescanPeriod) { [unowned self] in
            for file in files where file.size != file.offset { file.isDirty = true }
            scan()
        }
    }

    /// While true, growth is not reported.
    var isPaused: Bool {
        get { contents?.isPaused ?? false }
        set { contents?.isPaused = newValue }
    }

    /// Files with something to read, of each path the oldest.
    func readable() -> [FollowedFile] {
        var paths: Set<String> = []
        return files.filter { $0.isDirty && paths.insert($0.path).inserted }
    }

    // MARK: -

    /// At once, but not again and again where files come and go all the time.
    private func scanSoon() {
        guard scanPause == nil else {
            scanIsDue = true
            return
        }
        scan()
        scanPause = loop.schedule(after: Self.scanInterval) { [unowned self] in  // unowned: ends with this object
            scanPause = nil
            guard scanIsDue else { return }
            scanIsDue = false
            scanSoon()
        }
    }

    private func scan() {
        watchDirectories()
        let now = MonotonicTime.now
        let matches = patterns.matches()
        follow(matches, now: now)
        let present = Set((matches.own + matches.files).map(\.identity))
        for file in files { checkPlace(of: file, isPresent: present.contains(file.identity), matches, now: now) }
        removeRetired(now: now)
        if files.contains(where: \.isDirty) { onDirty() }
    }

    /// Those that are followed already keep their place; of the others, where there is no room for all, those come first
    /// that were last written to.
    private func follow(_ matches: LogPatterns.Matches, now: MonotonicTime) {
        let known = Set(files.map(\.identity))
        for file in matches.own where !known.contains(file.identity) { begin(file) }
        var new = matches.files.filter { !known.contains($0.identity) }
        var room = max(0, LogPatterns.maximumFiles - (matches.files.count - new.count))
        if new.count > room {
            let latest = Set(new.sorted { $0.modified > $1.modified }.prefix(room).map(\.identity))
            new = new.filter { latest.contains($0.identity) } + new.filter { !latest.contains($0.identity) }
        }
        var left = 0
        for file in new {
            if room == 0 { left += 1 } else if begin(file) { room -= 1 }
        }
        if let warning = unfollowed.look(left, now: now) { log.warning("\(warning)") }
    }

    /// Returns whether it can be followed.
    @discardableResult
    private func begin(_ found: FoundFile) -> Bool {
        guard let file = open(found.path, found.identity) else { return false }
        add(file)
        return true
    }

    private func add(_ file: FollowedFile) {
        files.append(file)
        file.watch = contents?.watch(descriptor: file.descriptor, for: IN_MODIFY)
        if let watch = file.watch { byWatch[watch] = file }
    }

    private func watchDirectories() {
        for path in patterns.directories() {
            _ = directories?.watch(path, for: IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR)
        }
    }

    /// A file that a pattern matches under its new name stays: else it would be found as a new one. So does one that may
    /// be among those that were not looked at.
    private func checkPlace(
        of file: FollowedFile, isPresent: Bool, _ matches: LogPatterns.Matches, now: MonotonicTime
    ) {
        if isPresent || matches.isCut && file.hasName {
            file.retiredAt = nil
        } else if file.retiredAt == nil {
            file.retiredAt = now
            file.isDirty = true
        }
    }

    private func removeRetired(now: MonotonicTime) {
        for file in files {
            guard let since = file.retiredAt, !file.isDirty, file.openSince == nil, file.size <= file.offset else {
                continue
            }
            if now.milliseconds(since: since) >= Self.retiredGrace { remove(file) }
        }
        var retired = files.filter { $0.retiredAt != nil }
        while retired.count > Self.maximumRetired {
            // One that has been read rather than one that has not.
            let index = retired.firstIndex { !$0.isDirty && $0.size <= $0.offset } ?? 0
            abandon(retired.remove(at: index))
        }
    }

    private func abandon(_ file: FollowedFile) {
        if file.size > file.offset {
            abandonedFiles += 1
            log.warning(
                "a rotated log file is given up: its last \(file.size - file.offset) bytes were not read",
                metadata: ["file": "\(file.path)"])
        }
        remove(file)
    }

    private func remove(_ file: FollowedFile) {
        files.removeAll { $0 === file }
        guard let watch = file.watch else { return }
        byWatch[watch] = nil
        contents?.remove(watch)
    }

    private func contentsChanged(_ events: [Inotify.Event]) {
        for event in events {
            if event.isOverflow {
                for file in files { file.isDirty = true }
            } else {
                byWatch[event.watch]?.isDirty = true
            }
        }
        onDirty()
    }
}
