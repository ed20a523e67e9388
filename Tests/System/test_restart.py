"""The gateway goes down, by order and by force; what was promised goes on."""

import contextlib
import sqlite3
import subprocess
import time

import pytest

from programs import wait_for
from sse import Sse


def restart(launch, gateway, how):
    http, agents = gateway.http_address, gateway.agent_address
    getattr(gateway, how)()
    return launch.gateway(http=http, agents=agents, data=gateway.data)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_subscriptions_survive_and_a_cursor_of_the_former_life_is_a_gap(launch, pair, how):
    gateway, _ = pair
    subscription = gateway.subscribe("metrics", "agent1", interval="500ms")
    stream = Sse(gateway.url + subscription["stream_url"])
    stream.wait_events("metrics", 2)
    gateway = restart(launch, gateway, how)
    again = Sse(gateway.url + subscription["stream_url"], last_event_id=stream.last_id)
    gap = again.wait_events("gap", 1, 20)[0].json
    assert gap["missed"] is None and gap["subscription_id"] == subscription["subscription_id"]
    again.wait_events("metrics", 3, 20)
    again.close()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_task_outlives_the_gateway_and_its_output_is_whole(launch, pair, how):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "for i in $(seq 1 400); do echo $i; sleep 0.02; done")
    subscription = gateway.subscribe("shell_output", "agent1", task)
    stream = Sse(gateway.url + subscription["stream_url"])
    stream.wait_events("shell_output", 50)
    gateway = restart(launch, gateway, how)
    stream.wait_end()
    seen = [e.json["data"]["seq"] for e in stream.of("shell_output")]
    again = Sse(gateway.url + subscription["stream_url"], last_event_id=stream.last_id)
    again.wait_end(30)
    seen += [e.json["data"]["seq"] for e in again.of("shell_output")]
    assert seen == list(range(1, 402))
    assert gateway.task(task)["status"] == "completed"
    assert gateway.get(f"/tasks/{task}/output").text == "".join(f"{n}\n" for n in range(1, 401))


def test_a_task_whose_end_reached_its_file_only_has_ended_after_the_restart(launch, pair):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "seq 1 5; exit 3")
    gateway.wait_task(task)
    http, agents = gateway.http_address, gateway.agent_address
    gateway.kill()
    # What an end by force between the two writes leaves behind.
    with contextlib.closing(sqlite3.connect(gateway.data / "sluice.db")) as database, database:
        database.execute("UPDATE tasks SET finished_at = NULL, status = 'in_progress', exit_code = NULL, final_seq = NULL")
    gateway = launch.gateway(http=http, agents=agents, data=gateway.data)
    wait_for(lambda: gateway.agent_connected("agent1"), what="the agent")
    record = gateway.wait_task(task)
    assert (record["status"], record["exit_code"]) == ("failed", 3)
    stream = Sse(gateway.url + gateway.subscribe("shell_output", "agent1", task)["stream_url"])
    stream.wait_end()
    assert [e.json["data"]["seq"] for e in stream.of("shell_output")] == [1, 2, 3, 4, 5, 6]


def known(data):
    """Whether the database has the last values of an agent."""
    with contextlib.closing(sqlite3.connect(f"file:{data}/sluice.db?mode=ro", uri=True)) as database:
        return database.execute("SELECT metrics IS NOT NULL AND system_info IS NOT NULL FROM agents").fetchall() == [(1,)]


def test_a_server_demand_and_what_is_known_of_an_agent_survive(launch, pair):
    gateway, agent = pair
    body = {"stream_type": "metrics", "agent_id": "agent1", "config": {"interval": "500ms"}}
    stream_id = gateway.post("/admin/streams/server", body).json()["stream_id"]
    wait_for(lambda: gateway.get("/agents/agent1/metrics").status_code == 200)
    wait_for(lambda: gateway.get("/agents/agent1/system").status_code == 200)
    agent.stop()
    wait_for(lambda: known(gateway.data), what="its last values, which are written behind, in the database")
    gateway = restart(launch, gateway, "kill")
    assert gateway.get("/agents/agent1").json()["connected"] is False
    assert gateway.get("/agents/agent1/metrics").json()["memory"]["total_bytes"] > 0
    assert gateway.get("/agents/agent1/system").json()["software"]["hostname"]
    assert gateway.post("/admin/streams/server", body).json()["stream_id"] == stream_id


def test_sigterm_tells_clients_to_come_back_and_exits_with_0(pair):
    gateway, agent = pair
    stream = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="500ms")["stream_url"])
    stream.wait_events("metrics")
    assert gateway.stop() == 0
    stream.wait_end()
    assert stream.of("stream_status")[-1].json["state"] == "draining"
    assert agent.process.poll() is None
    assert agent.stop() == 0


def test_a_task_whose_agent_restarts_is_failed_with_the_reason_and_nothing_of_it_runs_on(launch, pair):
    gateway, agent = pair
    task = gateway.run_shell("agent1", "echo $$; trap '' TERM; sleep 60 & wait; sleep 60")
    subscription = gateway.subscribe("shell_output", "agent1", task)
    stream = Sse(gateway.url + subscription["stream_url"])
    group = stream.wait_events("shell_output", 1)[0].json["data"]["line"]
    agent.kill()
    launch.agent(gateway.agent_address, "agent1", "--allow", "shell")
    record = gateway.wait_task(task)
    assert record["status"] == "failed" and record["reason"] == "agent_restarted"
    wait_for(lambda: subprocess.run(["ps", "-o", "pid=", "-g", group], capture_output=True).stdout.split() == [], 15, "the end of the command")
