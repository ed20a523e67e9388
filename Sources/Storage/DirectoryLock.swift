import Glibc
import Synchronization

/// Keeps a second gateway out of the data directory: both would write the same output files. The kernel gives the lock
/// up with the process, however that ends. Commands beside the gateway do not take it.
final class DirectoryLock: Sendable {
    private let file: Mutex<OpenFile?>

    init(directory: String) throws(StoreError) {
        let path = "\(directory)/lock"
        guard let file = OpenFile(path: path, flags: O_RDWR | O_CREAT) else { throw FileSystem.failure(path) }
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw FileSystem.failure(path) }
            throw .cannotOpen(file: directory, detail: "another gateway is running with this data directory")
        }
        self.file = Mutex(file)
    }

    /// Unlocks before it closes: a child process that is just being started may still share the descriptor.
    func release() {
        file.withLock { file in
            if let file { flock(file.descriptor, LOCK_UN) }
            file = nil
        }
    }
}
