import Model
import Processing
import Testing

/// What the dialects and the analyzer make of single lines. Runs of the real tools: RecordedDeploymentTests.
@Suite struct DeploymentTests {
    private func run(_ output: String, exitCode: Int32? = nil, ends: Bool = false) -> DeploymentAnalyzer {
        var analyzer = DeploymentAnalyzer()
        analyzer.begin()
        for line in output.split(separator: "\n", omittingEmptySubsequences: false) {
            analyzer.read(String(line), isError: false)
        }
        if ends || exitCode != nil { analyzer.end(exitCode: exitCode) }
        return analyzer
    }

    // MARK: - docker compose

    @Test("compose v2: containers are services, and what they wait for is verified")
    func compose() {
        let output = """
             Network shop_default  Creating
             Network shop_default  Created
             Container shop-db-1  Creating
             Container shop-web-1  Creating
             Container shop-db-1  Created
             Container shop-web-1  Created
             Container shop-db-1  Starting
             Container shop-db-1  Started
             Container shop-db-1  Waiting
             Container shop-db-1  Healthy
             Container shop-web-1  Starting
            """
        var analyzer = run(output)
        #expect(analyzer.status.phase == .verifying)
        #expect(analyzer.status.services.map(\.name) == ["shop-db-1", "shop-web-1"])
        #expect(analyzer.status.services.map(\.state) == ["Healthy", "Starting"])
        #expect(analyzer.status.progress == 50)
        #expect(analyzer.status.health == .unknown)
        analyzer.read(" Container shop-web-1  Started", isError: true)
        #expect(analyzer.status.health == .healthy)
        analyzer.end(exitCode: 0)
        #expect(analyzer.status.phase == .completed)
        #expect(analyzer.status.progress == 100)
        #expect(analyzer.status.message == "completed: 2 of 2 services healthy")
        #expect(analyzer.summary(duration: 12_340) == "completed: 2 of 2 services healthy, after 12.3 s")
    }

    @Test("compose v2: a container that does not become healthy fails the deployment, and is named")
    func composeFails() {
        let analyzer = run(
            """
             Container web-1  Started
             Container db-1  Waiting
             Container db-1  Error
            dependency failed to start: container db-1 is unhealthy
            """, exitCode: 1)
        #expect(analyzer.status.phase == .failed)
        #expect(analyzer.status.health == .failed)
        #expect(analyzer.status.message == "failed: container db-1: Error")
    }

    @Test("compose v1, and pulling")
    func legacyCompose() {
        let analyzer = run(
            """
            Pulling web (nginx:1.25)...
            Creating network "shop_default" with the default driver
            Creating shop_db_1 ... done
            Creating shop_web_1 ... error
            """)
        #expect(analyzer.status.phase == .starting)
        #expect(analyzer.status.services.map(\.health) == [.healthy, .failed])
        #expect(analyzer.status.health == .degraded)
    }

    @Test("BuildKit and the older builder count their steps")
    func builds() {
        #expect(run("#7 [2/4] RUN make").status.progress == 25)
        #expect(run("#9 [stage-1 3/4] COPY . .\n#5 [1/4] FROM debian").status.progress == 50)
        #expect(run("Step 6/10 : RUN make").status.progress == 50)
        #expect(run("#7 [2/4] RUN make").status.phase == .building)
        #expect(
            run("#7 ERROR: process \"/bin/sh -c make\" did not complete", exitCode: 1).status.message.contains("make"))
    }

    // MARK: - kubectl, helm

    @Test("kubectl apply and rollout status: replicas are counted")
    func kubectl() {
        var analyzer = run(
            """
            service/web unchanged
            deployment.apps/web configured
            Waiting for deployment "web" rollout to finish: 1 out of 3 new replicas have been updated...
            Waiting for deployment "web" rollout to finish: 2 of 3 updated replicas are available...
            """)
        #expect(analyzer.status.phase == .verifying)
        #expect(analyzer.status.progress == 66)
        #expect(
            analyzer.status.services == [DeploymentService(name: "web", state: "2 of 3 replicas", health: .degraded)])
        analyzer.read("deployment \"web\" successfully rolled out", isError: false)
        analyzer.end(exitCode: 0)
        #expect(analyzer.status.health == .healthy)
    }

    @Test("a rollout that takes too long, and a cluster that is not there, fail with kubectl's words")
    func kubectlFails() {
        let late = run("error: deployment \"web\" exceeded its progress deadline", exitCode: 1)
        #expect(late.status.message == "failed: error: deployment \"web\" exceeded its progress deadline")
        #expect(late.status.services.map(\.health) == [.failed])
        var away = DeploymentAnalyzer()
        away.begin()
        away.read(
            "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
            isError: true)
        away.end(exitCode: 1)
        #expect(away.status.message.hasPrefix("failed: The connection to the server"))
    }

    @Test("helm")
    func helm() {
        let done = run(
            """
            Release "shop" has been upgraded. Happy Helming!
            NAME: shop
            STATUS: deployed
            REVISION: 4
            """, exitCode: 0)
        #expect(done.status.services == [DeploymentService(name: "shop", state: "upgraded", health: .healthy)])
        let failed = run("Error: UPGRADE FAILED: context deadline exceeded", exitCode: 1)
        #expect(failed.status.message == "failed: Error: UPGRADE FAILED: context deadline exceeded")
    }

    // MARK: - Ansible, systemctl

    @Test("Ansible: tasks give the phase, the recap the hosts")
    func ansible() {
        let analyzer = run(
            """
            PLAY [web servers] *************************************************************
            TASK [Gathering Facts] *********************************************************
            ok: [web1]
            TASK [download the release] ****************************************************
            changed: [web1]
            TASK [start the service] *******************************************************
            fatal: [web2]: FAILED! => {"changed": false, "msg": "Unable to start service app"}
            PLAY RECAP *********************************************************************
            web1                       : ok=3    changed=1    unreachable=0    failed=0    skipped=0
            web2                       : ok=2    changed=0    unreachable=0    failed=1    skipped=0
            """, exitCode: 2)
        #expect(analyzer.status.message == "failed: web2: Unable to start service app")
        #expect(analyzer.status.services.map(\.state) == ["ok=3 changed=1 failed=0", "ok=2 changed=0 failed=1"])
        #expect(analyzer.status.services.map(\.health) == [.healthy, .failed])
    }

    @Test("systemctl status and a job that failed")
    func systemctl() {
        let status = run(
            """
            ● nginx.service - A high performance web server
                 Loaded: loaded (/lib/systemd/system/nginx.service; enabled)
                 Active: active (running) since Mon 2026-11-23 10:00:00 UTC; 2s ago
            """, exitCode: 0)
        #expect(
            status.status.services
                == [DeploymentService(name: "nginx.service", state: "active (running)", health: .healthy)])
        let failed = run(
            "Job for app.service failed because the control process exited with error code.", exitCode: 1)
        #expect(failed.status.services.map(\.name) == ["app.service"])
        #expect(failed.status.health == .failed)
    }

    // MARK: - npm, pip, cargo

    @Test("pip, as captured")
    func pip() {
        let analyzer = run(
            """
            Collecting six==1.16.0
              Downloading six-1.16.0-py2.py3-none-any.whl (11 kB)
            Installing collected packages: six
            Successfully installed six-1.16.0
            """)
        #expect(analyzer.status.phase == .building)
        #expect(analyzer.status.message == "Successfully installed six-1.16.0")
        let failed = run(
            "ERROR: No matching distribution found for nonexistent-package-zzz", exitCode: 1)
        #expect(failed.status.message == "failed: ERROR: No matching distribution found for nonexistent-package-zzz")
    }

    @Test("cargo, as captured, and with its bar")
    func cargo() {
        let failed = run(
            """
               Compiling hello v0.1.0 (/build/hello)
            error[E0308]: mismatched types
             --> src/main.rs:1:26
            error: could not compile `hello` (bin "hello") due to 1 previous error
            """, exitCode: 101)
        #expect(
            failed.status.message == "failed: error: could not compile `hello` (bin \"hello\") due to 1 previous error")
        #expect(run("    Building [=====>      ] 12/48: serde, syn").status.progress == 25)
        #expect(run("    Finished `release` profile [optimized] target(s) in 2.39s").status.phase == .building)
    }

    @Test("npm")
    func npm() {
        #expect(run("added 120 packages, and audited 121 packages in 3s").status.phase == .building)
        let failed = run("npm ERR! code E404\nnpm ERR! 404 Not Found", exitCode: 1)
        #expect(failed.status.message == "failed: npm ERR! 404 Not Found")
    }

    // MARK: - Markers

    @Test("markers say exactly what is meant, and nothing else counts any more")
    func markers() {
        var analyzer = run("::progress 40 copying files\n#7 [4/4] RUN make")
        #expect(analyzer.status.progress == 40)
        analyzer.read("::progress 35", isError: false)
        #expect(analyzer.status.progress == 35)
        analyzer.read("::phase verifying smoke tests", isError: false)
        #expect(analyzer.status.phase == .verifying && analyzer.status.message == "smoke tests")
        analyzer.read("::service web healthy listening on 8080", isError: false)
        #expect(
            analyzer.status.services
                == [DeploymentService(name: "web", state: "listening on 8080", health: .healthy)])
        for bad in [
            "::progress", "::progress 101", "::progress x", "::phase completed", "::service", "::nothing", "::",
            "::step", "::step 3", "::step 0/2 x", "::step 3/2 x", "::step x/y",
        ] {
            let news = analyzer.read(bad, isError: false)
            #expect(news.isEmpty, "\(bad)")
        }
    }

    // MARK: - Rules of the analyzer

    @Test("phase and computed progress never go back; only an end makes them final")
    func monotonic() {
        var analyzer = run("#7 [3/4] RUN make\n Container web  Started\nPulling db (x)...\n#8 [1/4] FROM x")
        #expect(analyzer.status.phase == .starting)
        #expect(analyzer.status.progress == 50)
        analyzer.end(exitCode: 0)
        let news = analyzer.read("::progress 10", isError: false)
        #expect(news.isEmpty)
        #expect(analyzer.status.progress == 100)
    }

    @Test("steps share the hundred between them")
    func steps() {
        var analyzer = DeploymentAnalyzer()
        analyzer.begin()
        analyzer.read("::step 1/2 build", isError: false)
        analyzer.read("Step 6/10 : RUN make", isError: false)
        #expect(analyzer.status.progress == 25)
        analyzer.read("::step 2/2 start", isError: false)
        #expect(analyzer.status.progress == 50)
        #expect(analyzer.status.message == "step 2 of 2: start")
    }

    @Test(
        "what did not run to its end says why",
        arguments: [
            (nil, "timeout", "failed: timeout"), (Int32(3), nil, "failed: exit code 3"),
            (nil, nil, "failed: it did not run"),
        ] as [(Int32?, String?, String)])
    func reasons(exitCode: Int32?, reason: String?, message: String) {
        var analyzer = DeploymentAnalyzer()
        analyzer.begin()
        analyzer.end(exitCode: exitCode, reason: reason)
        #expect(analyzer.status.phase == .failed && analyzer.status.message == message)
    }

    @Test("colours, cursor movements and tabs are not looked at")
    func escapes() {
        let analyzer = run("\u{1b}[1A\u{1b}[2K \u{1b}[32mContainer\tweb-1  Started\u{1b}[0m\r")
        #expect(analyzer.status.services.map(\.name) == ["web-1"])
    }

    @Test("hostile output grows nothing and never traps", arguments: [seed()])
    func hostile(seed: UInt64) {
        var analyzer = DeploymentAnalyzer()
        analyzer.begin()
        for number in 0..<500 { analyzer.read(" Container c\(number)  Started", isError: false) }
        #expect(analyzer.status.services.count == DeploymentAnalyzer.maximumServices)
        let pieces = [
            "::service", "#1", "[", "]", "[1/0]", "[-1/3]", "Step", "9/3", "Waiting for \"", "2 of 0", "deployment \"",
            "\u{1b}[", "\u{1b}", "é", "Container", "Active:", "Job for", "ok=", ":", "error[", "Building [ ]",
            "Release \"",
            String(repeating: "x", count: 5_000), "99999999999999999999/1", "::progress 999999999999999999999",
        ]
        var random = SeededGenerator(seed)
        for _ in 0..<20_000 {
            let words = (0..<Int.random(in: 1...5, using: &random)).map { _ in pieces.randomElement(using: &random)! }
            analyzer.read(words.joined(separator: " "), isError: true)
        }
        #expect(analyzer.status.message.count <= DeploymentAnalyzer.maximumMessageLength)
        #expect(0...100 ~= (analyzer.status.progress ?? 0))
    }
}
