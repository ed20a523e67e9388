"""Requests made from /openapi.json, good and bad ones: no answer may be other than the description says.

The same requests each time, by a seed that is printed; SLUICE_SCHEMATHESIS_SEED and _EXAMPLES make others, and more.
"""

import os
import pathlib
import subprocess
import sys

from ending_proxy import EndingProxy
from programs import BUILT

HERE = pathlib.Path(__file__).parent
SEED = int(os.environ.get("SLUICE_SCHEMATHESIS_SEED", "1"))
EXAMPLES_PER_OPERATION = int(os.environ.get("SLUICE_SCHEMATHESIS_EXAMPLES", "5"))

# Streams have no end, so these requests go through a proxy that makes one.
STREAMS = r"^/streams/|^/sessions/.*/events$|/metrics/stream$|^/stream$"


# Making requests takes longer than answering them, so several make them.
PARTS = (["--include-path-regex", r"^/(agents|admin)", "--exclude-path-regex", STREAMS],
         ["--exclude-path-regex", r"^/(agents|admin)|" + STREAMS])  # fmt: skip


def start(gateway, admin, log, part):
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run",
        gateway.url + "/openapi.json", "--seed", str(SEED), "--phases", "coverage,fuzzing",
        "--max-examples", str(EXAMPLES_PER_OPERATION), "--header", f"Authorization: Bearer {admin}",
        "--continue-on-failure", "--request-timeout", "30", "--suppress-health-check", "all", "--warnings", "off", *part,
    ]  # fmt: skip
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE), "NO_COLOR": "1"}
    with open(log, "w") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, cwd=log.parent, env=environment)


def token(data, *options):
    made = subprocess.run(
        [BUILT / "sluice", "token", "create", "--data-dir", data, *options], check=True, capture_output=True, text=True
    )
    return made.stdout.strip()


def test_whatever_the_description_allows_or_forbids(launch, tmp_path):
    data = tmp_path / "gateway"
    admin = token(data, "--name", "admin", "--role", "admin")
    (tmp_path / "agent.token").write_text(token(data, "--name", "agent", "--role", "agent"))
    gateway = launch.gateway(data=data)
    # It allows no tasks: what is generated here is not to be run on anybody's machine.
    launch.agent(gateway.agent_address, "web1", "--token-file", tmp_path / "agent.token")
    print(f"SLUICE_SCHEMATHESIS_SEED={SEED}")
    proxy = EndingProxy(gateway.http_address)
    parts = [*PARTS, ["--include-path-regex", STREAMS, "--url", proxy.url]]
    logs = [tmp_path / f"{number}.log" for number in range(len(parts))]
    runs = [launch.keep(start(gateway, admin, log, part)) for log, part in zip(logs, parts)]
    codes = [run.wait(900) for run in runs]
    proxy.close()
    reports = [log.read_text() for log in logs]
    print("\n".join(reports))
    assert codes == [0] * len(parts), "\n".join(report[-6_000:] for report in reports)
    assert all("Tested: 0" not in report for report in reports)
    assert gateway.get("/healthz").status_code == 200 and gateway.process.poll() is None
