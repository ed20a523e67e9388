"""An agent in the life of a fleet: what it can do is told before it runs, it enrols once, and it stands back."""

import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import time

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


def test_an_agent_waits_a_moment_for_what_its_killed_predecessor_has_left_behind(launch, tmp_path):
    gateway = launch.gateway()
    state = tmp_path / "state"
    state.mkdir()
    with open(state / "lock-agent1", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        agent = launch.agent(gateway.agent_address, "agent1", state=state, wait=False)
        time.sleep(0.7)
        assert agent.process.poll() is None
    wait_for(lambda: gateway.agent_connected("agent1"), what="the agent")


def test_an_agent_of_idle_priority_stands_back_and_still_streams(launch):
    gateway = launch.gateway()
    agent = launch.agent(gateway.agent_address, "agent1", "--priority", "idle", "--allow", "shell")
    for thread in pathlib.Path(f"/proc/{agent.pid}/task").iterdir():
        with contextlib.suppress(ProcessLookupError):  # one that has ended meanwhile
            assert os.sched_getscheduler(int(thread.name)) == os.SCHED_IDLE
    assert os.getpriority(os.PRIO_PROCESS, agent.pid) == 10
    stream = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="200ms")["stream_url"])
    stream.wait_events("metrics", 2, 60)
    stream.close()


def test_a_health_check_tells_which_services_can_be_reached_and_why_no_unit_can_be_looked_at(launch):
    gateway = launch.gateway()
    watch = ["--watch-service", f"gateway={gateway.http_address}", "--watch-service", "nothing=127.0.0.1:1"]
    launch.agent(gateway.agent_address, "agent1", *watch)

    def services():
        check = gateway.get("/analytics/agents/agent1/health").json().get("health_check") or {}
        return {service["name"]: service for service in check.get("services", [])}

    wait_for(lambda: {"gateway", "nothing"} <= services().keys(), 20, "the services")
    known = services()
    assert known["gateway"]["state"] == "reachable" and known["gateway"]["detail"] == gateway.http_address
    assert known["nothing"]["state"] == "unreachable" and "refused" in known["nothing"]["detail"]
    runs_systemd = pathlib.Path("/proc/1/comm").read_text().strip() == "systemd"
    assert runs_systemd or known["systemd"]["detail"] == "systemd does not run this host"
    refused = subprocess.run([AGENT, "--watch-service", "web=80"], capture_output=True, text=True, timeout=15)
    assert refused.returncode == 64 and "NAME=HOST:PORT" in refused.stderr


def test_the_memory_of_an_agent_has_a_ceiling_whatever_floods_it_while_nobody_takes_anything(launch, tmp_path):
    gateway = launch.gateway()
    log = tmp_path / "app.log"
    agent = launch.agent(gateway.agent_address, "agent1", "--allow", "shell", "--log-path", log)
    tasks = [gateway.run_shell("agent1", "yes 'a line of a flood' | head -c 30000000") for _ in range(8)]
    wait_for(lambda: all(gateway.task(task)["status"] == "in_progress" for task in tasks), 20, "the floods")
    gateway.kill()
    log.write_bytes(b"2026-01-02T03:04:05Z INFO app: a line of a log that nobody takes now\n" * 200_000)
    most, until = 0, time.monotonic() + 4
    while time.monotonic() < until:
        most = max(most, agent.rss_kib())
        time.sleep(0.02)
    print(f"at most {most / 1024:.1f} MiB")
    assert most < 64 * 1024


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
