import Glibc
import Reactor

/// Reports that one of some files has changed or has been replaced; they need not be there yet. Loop's thread only.
final class PathWatch {
    private let paths: [String]
    private let report: (String) -> Void
    /// Written once, in `init`: it refers to this object.
    private var inotify: Inotify?
    private var files: [Int32: String] = [:]

    init(loop: EventLoop, paths: [String], _ report: @escaping (String) -> Void) {
        self.paths = paths
        self.report = report
        inotify = Inotify(loop: loop) { [unowned self] in take($0) }  // unowned: owned by this object
        for directory in Set(paths.map(LogPatterns.directory)) {
            _ = inotify?.watch(directory, for: IN_CREATE | IN_MOVED_TO | IN_ONLYDIR)
        }
        watchFiles()
    }

    private func watchFiles() {
        files = [:]
        for path in paths {
            if let watch = inotify?.watch(path, for: IN_MODIFY) { files[watch] = path }
        }
    }

    private func take(_ events: [Inotify.Event]) {
        var changed: Set<String> = []
        for event in events {
            if event.isOverflow {
                changed.formUnion(paths)
            } else if let path = files[event.watch] {
                changed.insert(path)
            } else {
                changed.formUnion(paths.filter { $0.hasSuffix("/" + event.name) })
            }
        }
        if events.contains(where: { files[$0.watch] == nil }), !changed.isEmpty { watchFiles() }
        for path in paths where changed.contains(path) { report(path) }
    }
}
