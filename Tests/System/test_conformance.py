"""The gateway and an agent that a stranger wrote: in Python, from the published schema alone."""

import subprocess
import sys
import time

import pytest

from programs import BUILT, ROOT, Program, wait_for
from sse import Sse
from wiretap import Wiretap

SCRIPT = ROOT / "Tests" / "Conformance" / "python_agent.py"


class PythonAgent(Program):
    """The stranger's agent in a process of its own."""

    def __init__(self, address, *options, agent_id="py1"):
        super().__init__([sys.executable, SCRIPT, "--gateway", address, "--id", agent_id, *options])


@pytest.fixture
def stranger(launch):
    """A gateway, a wiretap before it and the Python agent, which is connected."""
    gateway = launch.gateway("--linger", "300ms", "--agent-heartbeat", "1s")
    tap = Wiretap(gateway.agent_address)
    agent = launch.keep(PythonAgent(tap.address))
    wait_for(lambda: gateway.agent_connected("py1") and tap.messages("gateway"))
    yield gateway, tap, agent
    tap.close()


def said(tap, who, kind):
    """The messages of one kind that one side sent, oldest first."""
    return [getattr(m, kind) for _, sender, m in list(tap.seen) if sender == who and m.WhichOneof("message") == kind]


def lines_of(stream):
    return [e.json["data"] for e in stream.of("shell_output")]


def test_hello_is_answered_with_welcome_and_both_beat(stranger):
    gateway, tap, _ = stranger
    assert tap.messages("agent")[0] == "hello" and tap.messages("gateway")[0] == "welcome"
    welcome = said(tap, "gateway", "welcome")[0]
    assert welcome.session_id and welcome.heartbeat_ms == 1000 and welcome.max_frame_bytes == 1 << 20
    known = gateway.get("/agents/py1").json()
    assert known["connected"] is True and known["capabilities"].count("metrics") == 1
    wait_for(lambda: tap.messages("agent").count("heartbeat") >= 2 and tap.messages("gateway").count("heartbeat") >= 2)


def test_metrics_flow_only_while_somebody_listens(stranger):
    gateway, tap, _ = stranger
    subscription = gateway.subscribe("metrics", "py1", interval="100ms")
    assert said(tap, "agent", "stream_data") == []
    stream = Sse(gateway.url + subscription["stream_url"])
    data = [e.json["data"] for e in stream.wait_events("metrics", 4)]
    assert all(0 <= d["cpu"]["usage_percent"] <= 100 for d in data)
    assert len({d["cpu"]["usage_percent"] for d in data}) > 1
    assert data[0]["memory"]["total_bytes"] == 8 << 30 and data[0]["memory"]["swap_total_bytes"] is None
    stream.close()
    wait_for(lambda: not [s for s in tap.desired()[-1].streams if s.stream_type == "metrics"])
    generation = tap.desired()[-1].generation
    wait_for(lambda: said(tap, "agent", "stream_states")[-1].applied_generation == generation)
    stopped = time.monotonic()
    beats = tap.messages("agent").count("heartbeat")
    wait_for(lambda: tap.messages("agent").count("heartbeat") >= beats + 2)
    assert "stream_data.metrics" not in tap.messages("agent", stopped)


def test_a_stream_type_that_was_not_announced_is_not_desired(stranger):
    _, tap, _ = stranger
    wait_for(tap.desired)
    assert [s.stream_type for s in tap.desired()[-1].streams] == []


def test_a_stream_that_the_agent_cannot_run_is_rejected_with_a_code_and_harms_nothing(launch):
    gateway = launch.gateway()
    tap = Wiretap(gateway.agent_address)
    launch.keep(PythonAgent(tap.address, "--announce", "health_check", "--announce", "container_logs"))
    rejected = wait_for(lambda: [r for s in said(tap, "agent", "stream_states") for r in s.rejected])[0]
    wanted = {s.stream_ref: s.stream_type for d in tap.desired() for s in d.streams}
    assert rejected.code == "unsupported" and wanted[rejected.stream_ref] == "health_check"
    logs = Sse(gateway.url + gateway.subscribe("container_logs", "py1", "web")["stream_url"])
    logs.wait(lambda s: [e for e in s.of("stream_status") if e.json["state"] == "unsupported"])
    logs.close()
    stream = Sse(gateway.url + gateway.subscribe("metrics", "py1", interval="100ms")["stream_url"])
    stream.wait_events("metrics", 3)
    assert len(said(tap, "agent", "hello")) == 1
    stream.close()
    tap.close()


def test_each_line_of_a_shell_task_arrives_when_printed_and_exactly(stranger):
    gateway, _, _ = stranger
    command = r"""sleep 0.5; echo one; sleep 0.5; printf 'tw\xffo\r\n\n'; echo err >&2; sleep 0.5; printf 'a\0b'; exit 5"""
    task = gateway.run_shell("py1", command)
    stream = Sse(gateway.url + gateway.subscribe("shell_output", "py1", task)["stream_url"])
    stream.wait_end()
    data = lines_of(stream)
    assert [d["seq"] for d in data] == list(range(1, len(data) + 1))
    assert [d["line"] for d in data if d["stream"] == "stdout"] == ["one", "tw\ufffdo", "", "a\0b"]
    assert [d["line"] for d in data if d["stream"] == "stderr"] == ["err"]
    assert data[-1]["stream"] == "status" and data[-1]["is_final"] is True and data[-1]["exit_code"] == 5
    arrived = {e.json["data"]["line"]: e.arrived for e in stream.of("shell_output")}
    assert arrived["one"] < arrived["tw\ufffdo"] < arrived["a\0b"]
    assert stream.of("stream_end")[0].json["exit_code"] == 5


def test_output_survives_a_cut_without_loss_or_repetition(stranger):
    gateway, tap, _ = stranger
    task = gateway.run_shell("py1", "for i in $(seq 1 400); do echo $i; sleep 0.02; done")
    stream = Sse(gateway.url + gateway.subscribe("shell_output", "py1", task)["stream_url"])
    stream.wait_events("shell_output", 50)
    tap.disconnect()
    stream.wait_end(30)
    data = lines_of(stream)
    assert [d["line"] for d in data[:-1]] == [str(n) for n in range(1, 401)]
    assert [d["seq"] for d in data] == list(range(1, 402))
    assert [t.task_id for t in said(tap, "agent", "hello")[1].tasks] == [task]
    assert [t.task_id for t in said(tap, "gateway", "welcome")[1].tasks] == [task]


def test_after_a_cut_a_stream_goes_on(stranger):
    gateway, tap, _ = stranger
    stream = Sse(gateway.url + gateway.subscribe("metrics", "py1", interval="100ms", snapshot=False)["stream_url"])
    stream.wait_events("metrics", 2)
    tap.disconnect()
    wait_for(lambda: len(said(tap, "agent", "hello")) == 2)
    stream.wait_events("metrics", len(stream.of("metrics")) + 3)
    stream.close()


def test_a_task_is_cancelled(stranger):
    gateway, _, _ = stranger
    task = gateway.run_shell("py1", "echo started; sleep 60")
    stream = Sse(gateway.url + gateway.subscribe("shell_output", "py1", task)["stream_url"])
    stream.wait_events("shell_output")
    assert gateway.delete(f"/tasks/{task}").status_code == 200
    stream.wait_end()
    assert gateway.wait_task(task)["status"] == "cancelled"


def test_system_info_is_answered_when_asked(stranger):
    gateway, tap, _ = stranger
    answer = gateway.post("/agents/py1/system/refresh", {})
    assert answer.status_code == 202
    request = answer.json()["task_id"]  # the gateway may have asked by itself before, too
    wait_for(lambda: request in [m.request_id for m in said(tap, "gateway", "system_info_request")])
    wait_for(lambda: request in [m.request_id for m in said(tap, "agent", "system_info")])
    known = wait_for(lambda: (lambda a: a.json() if a.status_code == 200 else None)(gateway.get("/agents/py1/system")))
    assert known["software"]["os"]["name"] == sys.platform


def test_a_frame_of_the_agent_is_acknowledged_until_nothing_is_left(stranger):
    gateway, tap, _ = stranger
    task = gateway.run_shell("py1", "seq 1 10")
    gateway.wait_task(task)
    acks = wait_for(lambda: [a for a in said(tap, "gateway", "ack") if a.task_id == task and a.is_final])
    assert len(acks) == 1
    time.sleep(0.3)  # on its way from here to the agent
    tap.disconnect()
    wait_for(lambda: len(said(tap, "agent", "hello")) == 2)
    assert list(said(tap, "agent", "hello")[1].tasks) == []


def test_goodbye_is_said_and_believed(stranger):
    gateway, tap, agent = stranger
    assert agent.stop() == 0
    goodbye = wait_for(lambda: said(tap, "agent", "goodbye"))[0]
    assert goodbye.reason == tap.protocol.Goodbye.STOPPING
    wait_for(lambda: not gateway.agent_connected("py1"))


def create_token(data, *options):
    command = [BUILT / "sluice", "token", "create", *options, "--data-dir", data]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_only_the_right_token_is_welcome(launch, tmp_path):
    data = tmp_path / "gateway"
    right = create_token(data, "--name", "host", "--role", "agent", "--agents", "py1")
    admin = create_token(data, "--name", "boss", "--role", "admin")
    gateway = launch.gateway(data=data)
    gateway.token = admin
    for options, agent_id in ([("--token", "slc_wrong"), "py1"], [(), "py1"], [("--token", right), "py2"]):
        refused = launch.keep(PythonAgent(gateway.agent_address, *options, agent_id=agent_id))
        assert refused.wait() == 77 and "refused: " in refused.error_text()
    launch.keep(PythonAgent(gateway.agent_address, "--token", right))
    wait_for(lambda: gateway.agent_connected("py1"))


def test_an_agent_that_allows_no_shell_is_not_asked(launch):
    gateway = launch.gateway()
    launch.keep(PythonAgent(gateway.agent_address, "--no-shell"))
    wait_for(lambda: gateway.agent_connected("py1"))
    answer = gateway.post("/tasks/shell", {"agent_id": "py1", "cmd": "true"})
    assert answer.status_code == 403 and answer.json()["code"] == "not_allowed_by_agent"
