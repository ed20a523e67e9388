"""Compiles the examples of the specification against the library that a gateway serves, and runs them."""

import json
import pathlib
import shutil
import subprocess

from programs import Program, wait_for

EXAMPLES = pathlib.Path(__file__).parent / "examples"

# What comes before an example and after it: its imports, and a call of what it defines.
IMPORTS = {
    "deployment_monitoring.ts": "StreamingClient",
    "enhanced_monitoring.ts": "StreamingClient",
    "metrics_after.ts": "StreamingClient",
    "metrics_before.ts": "",
    "metrics_client.ts": "StreamingClient, type StreamSubscription, type MetricsSubscriptionOptions",
}
CALLS = {
    "deployment_monitoring.ts": "await monitorDeployment('deploy-42');",
    "enhanced_monitoring.ts": "await setupEnhancedMonitoring();",
    "metrics_client.ts": "\n".join((
        "const legacy = new MetricsClient('http://localhost:8080').streamMetrics('agent1', 1);",
        "legacy.addEventListener('metrics', (event) => updateDashboard(JSON.parse(event.data).data));",
    )),
}  # fmt: skip


def compile_examples(gateway, directory):
    """All of them, strictly, with the types that the gateway serves."""
    (directory / "package.json").write_text('{"type":"module"}')
    (directory / "library.js").write_bytes(gateway.get("/client/sluice.js").content)
    (directory / "sluice.d.ts").write_bytes(gateway.get("/client/sluice.d.ts").content)
    shutil.copy(EXAMPLES / "page.mjs", directory / "sluice.js")
    shutil.copy(EXAMPLES / "page.d.ts", directory)
    names = sorted(f.name for f in EXAMPLES.glob("*.ts") if f.name != "page.d.ts")
    assert names == sorted(IMPORTS)
    for name in names:
        imports = f"import {{ {IMPORTS[name]} }} from './sluice.js';\n"
        (directory / name).write_text(imports + (EXAMPLES / name).read_text() + CALLS.get(name, ""))
    options = {"strict": True, "target": "es2022", "module": "es2022", "moduleResolution": "node", "lib": ["es2022", "dom"],
               "types": [], "importsNotUsedAsValues": "preserve"}  # fmt: skip
    (directory / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["page.d.ts", *names]}))
    done = subprocess.run(["tsc", "-p", directory], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


class Example(Program):
    """An example in node; `calls` are what it handed to the page's functions."""

    def __init__(self, directory, name, gateway):
        super().__init__(["node", directory / name.replace(".ts", ".js")], {"GATEWAY": gateway.url})
        self.calls = []

    def of(self, name):
        while not self.lines.empty():
            self.calls.append(json.loads(self.lines.get()))
        return [c["arguments"] for c in self.calls if c["call"] == name]

    def wait_call(self, name, count=1, timeout=30):
        def enough():
            assert self.process.poll() in (None, 0), self.error_text()
            return self.of(name) if len(self.of(name)) >= count else None

        return wait_for(enough, timeout, f"{count} calls of {name}; {self.calls[-3:]} {self.error_text()}")
