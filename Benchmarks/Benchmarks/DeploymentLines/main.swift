// What a line of a deployment's output costs the loop that takes it in: processor time of one thread, the best of five
// passes.
//
//     swift run --package-path Benchmarks -c release deployment-lines

import Glibc
import Processing

func lines(_ count: Int = 20_000, _ make: (Int) -> String) -> [[UInt8]] { (0..<count).map { Array(make($0).utf8) } }

func processorNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

func measure(_ name: String, _ lines: [[UInt8]], isError: Bool = false) {
    var best = Int.max
    for _ in 0..<5 {
        var analyzer = DeploymentAnalyzer()
        analyzer.begin()
        let start = processorNanoseconds()
        for line in lines { line.withUnsafeBytes { _ = analyzer.read($0, isError: isError) } }
        best = min(best, processorNanoseconds() - start)
    }
    print("\(name): \(best / lines.count) ns a line of \(lines[0].count) bytes")
}

measure("tells nothing", lines { "worker \($0 % 16): processed batch \($0) in 0.\($0 % 1_000) s, 0 errors" })
measure("tells nothing, stderr", lines { "warning: something odd happened in module \($0)" }, isError: true)
measure("tells nothing, 64 KiB", lines(200) { _ in String(repeating: "x y", count: 21_845) })
measure("colours", lines { "\u{1b}[32mcompiled\u{1b}[0m module \($0) of many" })
measure("compose, two containers", lines { " Container shop-web-\($0 % 2)  \($0 % 3 == 0 ? "Starting" : "Started")" })
measure("compose, 200 containers", lines { " Container shop-web-\($0 % 200)  \($0 % 3 == 0 ? "Starting" : "Started")" })
measure("compose, endless containers", lines { " Container shop-web-\($0)  Started" })
measure("BuildKit", lines { "#\($0 % 40) [stage-1 \($0 % 10)/10] RUN make target-\($0)" })
measure("cargo", lines { "   Compiling crate-\($0) v0.\($0 % 50).1" })
measure(
    "kubectl rollout",
    lines {
        "Waiting for deployment \"web\" rollout to finish: \($0 % 4) out of 4 new replicas have been updated..."
    })
measure("ansible", lines { "changed: [web\($0 % 50)]" })
measure("markers", lines { "::progress \($0 % 100) copying file \($0)" })
