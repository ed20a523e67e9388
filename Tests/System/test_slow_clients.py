"""Clients that read slowly, pause, or never read: what each of them gets, and that nobody else notices."""

import re
import time
from datetime import datetime

import pytest

from programs import wait_for
from sse import Sse

SMALL = 4096  # receive buffer of a client whose kernel is to hold little for it


def metric(gateway, name):
    return sum(float(v) for v in re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", gateway.get("/metrics").text, re.M))


def stalled(gateway):
    return metric(gateway, r'sluice_clients_gone_total\{reason="stalled"\}')


def paused(gateway, subscription, **more):
    """A client that opens its stream and reads nothing until begin()."""
    return Sse(gateway.url + subscription["stream_url"], receive_buffer=SMALL, read=False, **more)


def moment(event):
    return datetime.fromisoformat(event.json["timestamp"].replace("Z", "+00:00")).timestamp()


def numbers(stream):
    return [e.json["data"]["seq"] for e in stream.of("shell_output")]


def flood(gateway, lines, text="x" * 80):
    """A task that has printed so many lines of some length."""
    task = gateway.run_shell("agent1", f"seq -f 'line %.0f {text}' 1 {lines}")
    gateway.wait_task(task, 120)
    return task


@pytest.mark.parametrize("buffer_size", [1, 10])
def test_a_client_that_pauses_gets_the_newest_metrics_and_no_gap(pair, buffer_size):
    gateway, _ = pair
    subscription = gateway.subscribe("metrics", "agent1", interval="100ms", buffer_size=buffer_size)
    other = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="100ms")["stream_url"])
    stream = paused(gateway, subscription)
    other.wait_events("metrics", 10)
    # What the kernel takes for a client that does not read is beyond recall: it has to be full first.
    needed = 200_000 // max(len(e.data) for e in other.of("metrics")) + 3 * buffer_size
    other.wait_events("metrics", needed, 60)
    memory = gateway.rss_kib()
    other.wait_events("metrics", needed + 50, 60)
    assert gateway.rss_kib() - memory < 4 * 1024
    resumed = time.time()
    stream.begin()
    stream.wait(lambda s: [e for e in s.of("metrics") if moment(e) > resumed][4:], what="new samples")
    times = [moment(e) for e in stream.of("metrics")]
    jump = max(range(1, len(times)), key=lambda i: times[i] - times[i - 1])
    assert times[jump] - times[jump - 1] > 2, "it was not slow"
    assert len([t for t in times[jump:] if t < resumed]) <= buffer_size + 1
    assert stream.of("gap") == []
    assert metric(gateway, "sluice_conflations_total") >= 30
    seen = [moment(e) for e in other.of("metrics")]
    assert max(b - a for a, b in zip(seen, seen[1:])) < 4, "the other one noticed"
    stream.close()
    other.close()


@pytest.mark.parametrize("in_session", [False, True])
def test_a_client_of_every_agent_that_pauses_gets_the_newest_of_each(launch, in_session):
    agents = 20
    gateway = launch.gateway()
    for index in range(agents):
        launch.agent(gateway.agent_address, f"host{index}", wait=False)
    wait_for(lambda: all(gateway.agent_connected(f"host{i}") for i in range(agents)), 60, "the agents")
    config = {"interval": "100ms", "snapshot": False, "buffer_size": 1}  # the log holds some of each agent anyway
    other = Sse(gateway.url + gateway.subscribe("metrics", "*", **config)["stream_url"])
    request = {"stream_type": "metrics", "agent_id": "*", "config": config}
    session = gateway.post("/sessions", {}).json() if in_session else {}
    subscription = gateway.post("/subscriptions", request | {k: v for k, v in session.items() if k == "session_id"})
    url = gateway.url + (session["events_url"] if in_session else subscription.json()["stream_url"])
    stream = Sse(url, receive_buffer=SMALL, read=False)
    paused_at = time.time()
    other.wait_events("metrics", 10 * agents, 60)
    # What the kernel takes for a client that does not read is beyond recall: it has to be full first.
    full = 200_000 // min(len(e.data) for e in other.of("metrics")) + 10 * agents
    other.wait_events("metrics", full, 90)
    memory = gateway.rss_kib()
    other.wait_events("metrics", full + 50 * agents, 90)
    wait_for(lambda: time.time() > paused_at + 3, what="three seconds without reading")
    assert gateway.rss_kib() - memory < 4 * 1024
    resumed = time.time()
    stream.begin()
    stream.wait(lambda s: [e for e in s.of("metrics") if moment(e) > resumed][5 * agents :], 60, "new samples")
    seen = stream.of("metrics")
    times = [moment(e) for e in seen]
    jump = max(range(1, len(times)), key=lambda i: times[i] - times[i - 1])
    assert times[jump] - times[jump - 1] > 1, "it was not slow"
    assert sum(len(e.data) for e in seen[:jump]) < 200_000
    # Behind what the kernel held, each agent once before any agent comes again.
    newest = [e.json["agent_id"] for e in seen[jump : jump + agents]]
    assert sorted(newest) == sorted(f"host{i}" for i in range(agents))
    assert stream.of("gap") == [] and metric(gateway, "sluice_drops_total") == 0
    conflated = metric(gateway, "sluice_conflations_total")
    assert conflated >= 30 * agents
    for index in range(agents):  # in order, none twice
        own = [moment(e) for e in seen if e.json["agent_id"] == f"host{index}"]
        assert own == sorted(set(own))
    by_agent = [[moment(e) for e in other.of("metrics") if e.json["agent_id"] == f"host{i}"] for i in range(agents)]
    assert max(b - a for own in by_agent for a, b in zip(own, own[1:])) < 4, "the other one noticed"
    # What was skipped is not missed once more by who comes back.
    stream.close()
    again = Sse(url, last_event_id=stream.last_id)
    again.wait_events("metrics", agents)
    assert sum(e.json["missed"] for e in again.of("gap")) < conflated
    again.close()
    other.close()


def test_a_frozen_client_is_closed_and_what_it_asked_for_ends(launch):
    gateway = launch.gateway("--stall-timeout", "2s", "--linger", "0s")
    launch.agent(gateway.agent_address, "agent1")
    stream = paused(gateway, gateway.subscribe("metrics", "agent1", interval="100ms"))
    watched = lambda: any(s["stream_type"] == "metrics" for s in gateway.streams())  # noqa: E731
    wait_for(watched, what="the stream")
    wait_for(lambda: not watched(), 60, "the end of what nobody reads")
    assert stalled(gateway) == 1 and metric(gateway, "sluice_sse_connections") == 0
    stream.begin()
    stream.wait_end()
    assert stream.of("gap") == []


def test_a_frozen_reader_of_a_task_is_closed_and_comes_back_to_where_it_was(launch):
    gateway = launch.gateway("--stall-timeout", "2s")
    launch.agent(gateway.agent_address, "agent1", "--allow", "shell")
    task = flood(gateway, 20_000)
    subscription = gateway.subscribe("shell_output", resource=task)
    frozen = paused(gateway, subscription)
    wait_for(lambda: stalled(gateway) == 1, 30, "the stall")
    # The others go on, also those that come later.
    other = Sse(gateway.url + gateway.subscribe("shell_output", resource=task)["stream_url"])
    other.wait_end(60)
    assert numbers(other) == list(range(1, 20_002))
    frozen.begin()
    frozen.wait_end()
    seen = numbers(frozen)
    assert 0 < len(seen) < 20_001 and frozen.of("stream_end") == []
    again = Sse(gateway.url + subscription["stream_url"], last_event_id=frozen.last_id)
    again.wait_end(60)
    assert seen + numbers(again) == list(range(1, 20_002))
    assert again.of("gap") == [] and again.of("stream_end")[0].json["reason"] == "completed"


def test_a_reader_that_is_slow_but_reads_is_not_closed(launch):
    gateway = launch.gateway("--stall-timeout", "3s")
    launch.agent(gateway.agent_address, "agent1", "--allow", "shell")
    task = flood(gateway, 6_000)
    stream = Sse(
        gateway.url + gateway.subscribe("shell_output", resource=task)["stream_url"], receive_buffer=SMALL, pause=0.02
    )
    stream.wait_end(120)
    assert stream.opened + 4 < stream.events[-1].arrived, "it was not slow"
    assert numbers(stream) == list(range(1, 6_002)) and stalled(gateway) == 0


@pytest.mark.parametrize("buffer_size", [1, 10_000])
def test_a_task_is_read_from_its_file_whatever_the_buffer_size(pair, buffer_size):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "sleep 1; seq -f 'line %.0f " + "x" * 80 + "' 1 30000")
    subscription = gateway.subscribe("shell_output", resource=task, buffer_size=buffer_size)
    stream = paused(gateway, subscription)
    gateway.wait_task(task, 60)
    stream.begin()
    stream.wait_end(60)
    assert numbers(stream) == list(range(1, 30_002)) and stream.of("gap") == []


def test_giant_lines_are_split_and_reach_a_slow_client_within_its_bytes(launch):
    gateway = launch.gateway("--max-client-bytes", "64KiB")
    launch.agent(gateway.agent_address, "agent1", "--allow", "shell")
    giant = 200_000
    command = f"for i in 1 2 3 4 5; do head -c {giant} /dev/zero | tr '\\0' $i; echo; done"
    task = gateway.run_shell("agent1", "sleep 1; " + command)
    live = Sse(gateway.url + gateway.subscribe("shell_output", resource=task)["stream_url"])
    slow = paused(gateway, gateway.subscribe("shell_output", resource=task))
    live.wait_end(30)
    slow.begin()
    slow.wait_end(30)
    for stream in (live, slow):
        data = [e.json["data"] for e in stream.of("shell_output")][:-1]
        assert [d["seq"] for d in data] == list(range(1, len(data) + 1)) and stream.of("gap") == []
        text = "".join(d["line"] + ("" if d["truncated"] else "\n") for d in data)
        assert text == "".join(str(i) * giant + "\n" for i in range(1, 6))
        assert max(len(d["line"]) for d in data) <= 64 * 1024
