"""Requests made from /openapi.json, good and bad ones: no answer may be other than the description says.

The same requests each time, by a seed that is printed; SLUICE_SCHEMATHESIS_SEED and _EXAMPLES make others, and more.
"""

import os
import pathlib
import subprocess
import sys

from programs import BUILT

HERE = pathlib.Path(__file__).parent
SEED = int(os.environ.get("SLUICE_SCHEMATHESIS_SEED", "1"))
EXAMPLES_PER_OPERATION = int(os.environ.get("SLUICE_SCHEMATHESIS_EXAMPLES", "5"))

# Streams have no end, so their answers cannot be read to it. That they refuse what they have to, and what they send, is in
# test_openapi.py, test_legacy.py and test_bad_input.py.
STREAMS = r"^/streams/|^/sessions/.*/events$|/metrics/stream$|^/stream$"


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
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run",
        gateway.url + "/openapi.json", "--seed", str(SEED),
        "--phases", "coverage,fuzzing", "--max-examples", str(EXAMPLES_PER_OPERATION),
        "--header", f"Authorization: Bearer {admin}", "--exclude-path-regex", STREAMS,
        "--continue-on-failure", "--request-timeout", "30", "--suppress-health-check", "all", "--warnings", "off",
    ]  # fmt: skip
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE), "NO_COLOR": "1"}
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=300)
    print(run.stdout)
    print(run.stderr, file=sys.stderr)
    assert run.returncode == 0, run.stdout[-6_000:]
    assert gateway.get("/healthz").status_code == 200 and gateway.process.poll() is None
