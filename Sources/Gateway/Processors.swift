import Glibc

enum Processors {
    /// All cores but one, which is the core loop's; at least one.
    static var clientLoops: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1) }
}
