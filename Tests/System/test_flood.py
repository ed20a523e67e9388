"""A task that prints as fast as it can, and listeners of every speed: nobody gets a wrong line, and nothing grows.

SLUICE_FLOOD_MB says how much is printed; with the default retention on disk it is meant to be 200.
"""

import json
import os
import re
import subprocess
import sys
import threading

import pytest

from line_listener import __file__ as LISTENER
from programs import BUILT, wait_for
from sse import Sse
from wiretap import Wiretap

MEGABYTES = int(os.environ.get("SLUICE_FLOOD_MB", "40"))
LINES = MEGABYTES * 10_000
# About a third of what is printed, so that the slow ones lose some of it at any size.
RETENTION = MEGABYTES * 1_000_000 // 3
IDLE_PLUS = 64 * 1024  # KiB
LONG = 300  # seconds


def printing(go, lines=LINES):
    """Prints lines of 99 bytes once the file is there."""
    return f"until [ -e {go} ]; do sleep 0.05; done; seq -f 'line %09.0f {'x' * 84}' 1 {lines}"


def printing_in_parts(gates, lines=LINES):
    """The same lines, each part of them once its file is there."""
    part, steps = lines // len(gates), []
    for number, gate in enumerate(gates):
        last = lines if number == len(gates) - 1 else (number + 1) * part
        steps.append(f"until [ -e {gate} ]; do sleep 0.05; done; seq -f 'line %09.0f {'x' * 84}' {number * part + 1} {last}")
    return "; ".join(steps)


class Listener:
    def __init__(self, url, *options):
        self.process = subprocess.Popen(
            [sys.executable, LISTENER, *map(str, options), url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def hurry(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def result(self):
        out, _ = self.process.communicate(timeout=LONG)
        return json.loads(out)


@pytest.fixture
def listen():
    listeners = []

    def start(url, *options):
        listeners.append(Listener(url, *options))
        return listeners[-1]

    yield start
    for listener in listeners:
        if listener.process.poll() is None:
            listener.process.kill()
        listener.process.wait()


class Peak:
    """The most memory that a program had above what it had at first."""

    def __init__(self, *programs):
        self.programs = programs
        self.idle = [p.rss_kib() for p in programs]
        self.most = [0] * len(programs)
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.done.wait(0.02):
            for index, program in enumerate(self.programs):
                self.most[index] = max(self.most[index], program.rss_kib() - self.idle[index])

    def stop(self):
        self.done.set()
        self.thread.join()
        return self.most


def is_exact(result, lines):
    """Lines and gaps together are every number once, in order."""
    at = 1
    for _, first, last in result["pieces"]:
        if first != at:
            return False
        at = last + 1
    return at == lines + 1 and result["wrong"] == [] and result["final"] == lines + 1


def gaps(result):
    return [p for p in result["pieces"] if p[0] == "gap"]


def metric(gateway, name):
    return sum(float(v) for v in re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", gateway.get("/metrics").text, re.M))


def test_a_flood_reaches_each_listener_at_its_own_pace(launch, listen, tmp_path):
    gateway = launch.gateway("--task-retention", RETENTION, "--agent-heartbeat", "1s")
    agent = launch.agent(gateway.agent_address, "agent1", "--allow", "shell")
    task = gateway.run_shell("agent1", printing(tmp_path / "go"), timeout="15m")
    metrics = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="100ms")["stream_url"])
    metrics.wait_events("metrics", 3)
    url = lambda: gateway.url + gateway.subscribe("shell_output", resource=task)["stream_url"]  # noqa: E731
    fast = [listen(url()), listen(url())]
    slow = listen(url(), "--rate", 100_000)
    cut = listen(url(), "--rate", 400_000, "--cut-after", 1_500)
    wait_for(lambda: metric(gateway, "sluice_sse_connections") == 5, what="the listeners")
    peak = Peak(gateway, agent)
    samples = len(metrics.events)
    (tmp_path / "go").touch()
    assert gateway.wait_task(task, LONG)["line_count"] == LINES
    assert len(metrics.events) > samples
    slow.hurry()
    cut.hurry()
    fast, slow, cut = [f.result() for f in fast], slow.result(), cut.result()
    late = listen(url()).result()
    growth = peak.stop()

    for result in fast:
        assert is_exact(result, LINES) and gaps(result) == [], result
    for result in (slow, cut, late):
        assert is_exact(result, LINES) and gaps(result), result
        assert result["end"]["reason"] == "completed" and result["end"]["exit_code"] == 0
    assert cut["connections"] == 2 and slow["connections"] == 1
    # Whoever comes late gets all that is kept, after one gap. Each of the eight segments ends with a whole batch.
    (_, first, missing), _ = late["pieces"]
    assert first == 1 and RETENTION * 3 // 4 < (LINES - missing) * 127 <= RETENTION + 8 * (256 << 10)
    text = gateway.get(f"/tasks/{task}/output", stream=True).raw.readline().decode()
    assert re.findall(r"\d+", text) == [str(missing), "1", str(missing)]
    assert max(growth) <= IDLE_PLUS, growth
    assert metric(gateway, "sluice_agent_losses_total") == 0 and gateway.agent_connected("agent1")
    metrics.close()


def test_heartbeats_and_other_tasks_do_not_wait_for_a_flood(launch, tmp_path):
    gateway = launch.gateway("--task-retention", "4MiB", "--agent-heartbeat", "1s")
    tap = Wiretap(gateway.agent_address)
    launch.agent(tap.address, "agent1", "--allow", "shell")
    task = gateway.run_shell("agent1", printing(tmp_path / "go", 300_000), timeout="15m")
    wait_for(lambda: gateway.task(task)["status"] == "in_progress")
    (tmp_path / "go").touch()
    wait_for(lambda: metric(gateway, "sluice_task_lines_received_total") > 1_000, what="the flood")
    assert gateway.task(gateway.run_shell("agent1", "echo quick; exit 3"))
    quick = gateway.run_shell("agent1", "exit 3")
    assert gateway.wait_task(quick)["exit_code"] == 3
    assert gateway.wait_task(task, LONG)["line_count"] == 300_000
    beats = [at for at, who, m in tap.seen if who == "agent" and m.WhichOneof("message") == "heartbeat"]
    assert all(later - earlier < 6 for earlier, later in zip(beats, beats[1:])), beats
    assert metric(gateway, "sluice_agent_losses_total") == 0
    tap.close()


def test_a_flood_through_two_gateways_that_are_killed_is_whole(launch, listen, tmp_path):
    # Enough for listeners that a busy machine lets start late, and that come back to a flood that goes on.
    retention = 2 * RETENTION
    gateway = launch.gateway("--task-retention", retention)
    http, agents = gateway.http_address, gateway.agent_address
    launch.agent(agents, "agent1", "--allow", "shell")
    gates = [tmp_path / f"go{part}" for part in range(3)]
    task = gateway.run_shell("agent1", printing_in_parts(gates), timeout="15m")
    url = lambda: gateway.url + gateway.subscribe("shell_output", resource=task)["stream_url"]  # noqa: E731
    fast = [listen(url()), listen(url())]
    slow = listen(url(), "--rate", 400_000)
    for gate in gates[:2]:
        wait_for(lambda: metric(gateway, "sluice_sse_connections") == 3, LONG, "the listeners")
        gate.touch()
        wait_for(lambda: metric(gateway, "sluice_task_lines_received_total") > LINES // 6, LONG, "half of a part")
        gateway.kill()
        gateway = launch.gateway("--task-retention", retention, http=http, agents=agents)
    wait_for(lambda: metric(gateway, "sluice_sse_connections") == 3, LONG, "the listeners")
    gates[2].touch()
    assert gateway.wait_task(task, LONG)["line_count"] == LINES
    slow.hurry()
    for result in [f.result() for f in fast]:
        assert result["connections"] == 3
        assert is_exact(result, LINES) and gaps(result) == [], result
    assert is_exact(slow.result(), LINES)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 48 MiB of its own; `fill` leaves little of it, `empty` gives it back."""
    disk = SmallDisk(tmp_path / "disk")
    if not disk.is_mounted:
        pytest.skip("mounting a file system is not allowed here")
    yield disk
    disk.unmount()


class SmallDisk:
    def __init__(self, path):
        self.path, self.ballast = path, path / "ballast"
        path.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", path]
        self.is_mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0

    def fill(self, leaving):
        with open(self.ballast, "wb") as file:
            free = os.statvfs(self.path)
            file.write(bytes(free.f_bavail * free.f_frsize - leaving))

    def empty(self):
        self.ballast.unlink()

    def unmount(self):
        subprocess.run(["umount", "-l", self.path], check=True)


def test_a_full_disk_holds_a_flood_back_and_nothing_else(launch, listen, small_disk, tmp_path):
    lines = 100_000
    gateway = launch.gateway(data=small_disk.path)
    agent = launch.agent(gateway.agent_address, "agent1", "--allow", "shell")
    task = gateway.run_shell("agent1", printing(tmp_path / "go", lines), timeout="15m")
    ticks = gateway.run_shell("agent1", "while :; do echo tick; sleep 0.1; done", timeout="15m")
    ticking = Sse(gateway.url + gateway.subscribe("shell_output", resource=ticks)["stream_url"])
    metrics = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="100ms")["stream_url"])
    listener = listen(gateway.url + gateway.subscribe("shell_output", resource=task)["stream_url"])
    wait_for(lambda: metric(gateway, "sluice_sse_connections") == 3, what="the listeners")
    store = lambda: gateway.get("/readyz").json()["checks"]["store"]  # noqa: E731
    peak = Peak(gateway, agent)
    small_disk.fill(leaving=4 << 20)
    (tmp_path / "go").touch()
    wait_for(lambda: not store()["ok"], 60, "a full disk")

    assert gateway.get("/readyz").status_code == 200 and "space" in store()["detail"]
    assert any("not stored" in line for line in gateway.errors)
    seen, samples = len(ticking.events), len(metrics.events)
    ticking.wait(lambda s: len(s.events) > seen + 10, 30, "lines of another task")
    metrics.wait(lambda s: len(s.events) > samples + 10, 30, "metrics")
    assert gateway.task(task)["status"] == "in_progress" and not store()["ok"]
    assert gateway.agent_connected("agent1")

    small_disk.empty()
    assert gateway.wait_task(task, LONG)["line_count"] == lines
    result = listener.result()
    assert is_exact(result, lines) and gaps(result) == [], result
    wait_for(lambda: store()["ok"], 30, "a store that works again")
    assert gateway.get(f"/tasks/{task}/output").text.count("\n") == lines
    assert metric(gateway, "sluice_agent_losses_total") == 0 and metric(gateway, "sluice_agents_sent_away_total") == 0
    assert max(peak.stop()) <= IDLE_PLUS
