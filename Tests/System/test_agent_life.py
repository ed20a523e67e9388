"""An agent in the life of a fleet: what it can do is told before it runs, it enrols once, and it stands back."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from programs import BUILT, ROOT, wait_for
from sse import Sse

AGENT = BUILT / "sluice-agent"
UNITS = ROOT / "Scripts" / "systemd"


def check(*options):
    done = subprocess.run([AGENT, "check", *map(str, options)], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout


def make_token(gateway_data, name, role, *options):
    arguments = [BUILT / "sluice", "token", "create", "--name", name, "--role", role, *options, "--data-dir", gateway_data]
    return subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=30).stdout.strip()


def test_check_says_for_each_stream_whether_it_can_be_and_what_to_do(launch, tmp_path):
    gateway = launch.gateway()
    (tmp_path / "app.log").touch()
    options = ["--gateway", gateway.agent_address, "--state-dir", tmp_path / "state", "--allow", "shell"]
    code, text = check(*options, "--log-path", tmp_path / "*.log")
    lines = {line.split()[0]: line for line in text.splitlines()}
    assert code == 0, text
    assert lines["metrics"].split()[1] == "yes" and lines["shell_output"].split()[1] == "yes"
    assert lines["log_aggregation"].split()[1:] == ["yes", "1", "file"]
    assert "start with --allow deploy" in lines["deployment_status"] and lines["gateway"].split()[1] == "yes"

    code, text = check(*options, "--log-path", tmp_path / "*.log", "--json")
    report = json.loads(text)
    assert code == 0 and report["ok"] is True and report["gateway"] == gateway.agent_address
    types = {row["name"] for row in gateway.get("/stream-types").json()["stream_types"]}
    assert {stream["stream_type"] for stream in report["streams"]} <= types
    assert all(stream["verdict"] in ("yes", "partly", "no") for stream in report["streams"])


def test_check_fails_where_something_that_was_asked_for_cannot_be(tmp_path):
    code, text = check("--gateway", "127.0.0.1:1", "--json")
    report = json.loads(text)
    assert code == 1 and report["ok"] is False
    gateway = next(item for item in report["other"] if item["name"] == "gateway")
    assert gateway["verdict"] == "no" and "refused" in gateway["reason"] and "--gateway" in gateway["remedy"]
    assert check("--gateway")[0] == 64


def test_the_walk_through_of_an_enrolment(launch, tmp_path):
    """Create a token, run the agent, and it appears; the token is spent, and the agent comes back with its own."""
    data = tmp_path / "gateway"
    admin = make_token(data, "me", "admin")
    token = tmp_path / "web1.token"
    token.write_text(make_token(data, "enrol-web1", "enrol", "--expires", "1h") + "\n")
    gateway = launch.gateway(data=data)
    gateway.token = admin
    agent = launch.agent(gateway.agent_address, "web1", "--token-file", token, "--label", "role=web")
    listed = gateway.get("/agents").json()["agents"]
    assert [a["agent_id"] for a in listed] == ["web1"] and listed[0]["labels"] == {"role": "web"}

    def tokens():
        arguments = [BUILT / "sluice", "token", "list", "--data-dir", data]
        return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout

    wait_for(lambda: "spent" in next(line for line in tokens().splitlines() if line.startswith("enrol-web1")), 15, "the token to be spent")
    assert "agent-web1\tagent\tweb1" in tokens()
    agent.kill()
    launch.agent(gateway.agent_address, "web1", "--token-file", token)
    other = launch.agent(gateway.agent_address, "web2", "--token-file", token, wait=False)
    assert other.wait(15) == 77, other.error_text()


def test_two_agents_cannot_share_their_state(launch, tmp_path):
    gateway = launch.gateway()
    state = tmp_path / "state"
    first = launch.agent(gateway.agent_address, "agent1", state=state)
    second = launch.agent(gateway.agent_address, "agent1", state=state, wait=False)
    assert second.wait(15) == 78 and "another agent" in second.error_text()
    first.kill()
    launch.agent(gateway.agent_address, "agent1", state=state)


def test_an_agent_of_idle_priority_stands_back_and_still_streams(launch):
    gateway = launch.gateway()
    agent = launch.agent(gateway.agent_address, "agent1", "--priority", "idle", "--allow", "shell")
    for thread in pathlib.Path(f"/proc/{agent.pid}/task").iterdir():
        assert os.sched_getscheduler(int(thread.name)) == os.SCHED_IDLE
    assert os.getpriority(os.PRIO_PROCESS, agent.pid) == 10
    stream = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="200ms")["stream_url"])
    stream.wait_events("metrics", 2, 60)
    stream.close()


@pytest.mark.parametrize("unit, most", [("sluice.service", 20), ("sluice-agent.service", 30)])
def test_the_units_are_valid_and_fenced(tmp_path, unit, most):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    text = (UNITS / unit).read_text().replace("/usr/bin/sluice", str(BUILT / "sluice"))
    (tmp_path / unit).write_text(text)
    for drop_in in UNITS.glob(f"{unit.removesuffix('.service')}-*.conf"):
        directory = tmp_path / "with" / f"{unit}.d"
        directory.mkdir(parents=True)
        (tmp_path / "with" / unit).write_text(text)
        shutil.copy(drop_in, directory)
    for file in tmp_path.rglob("*.service"):
        verified = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True)
        assert verified.returncode == 0 and verified.stderr == "", verified.stderr
    # Exposure in tenths: see systemd-analyze(1).
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={most}", tmp_path / unit], capture_output=True, text=True
    )
    assert judged.returncode == 0, judged.stdout[-2000:]
