"""An agent produces a stream only while somebody needs it: measured on the agent's own socket."""

import subprocess
import time

from programs import wait_for
from sse import Sse, evenly
from wiretap import Wiretap

LINGER = 0.5


def tapped(launch, *options):
    gateway = launch.gateway("--agent-heartbeat", "1s", *(options or ("--linger", "500ms")))
    tap = Wiretap(gateway.agent_address)
    launch.agent(tap.address, "agent1", "--allow", "shell")
    wait_for(lambda: gateway.agent_connected("agent1"))
    hear_first_words(tap, 0)
    return gateway, tap


def hear_first_words(tap, since):
    """What an agent says when it connects: what it runs, what its host is made of, and the first health sample."""
    first_words = {"stream_states", "system_info", "stream_data.health_check"}
    wait_for(lambda: first_words <= set(tap.messages("agent", since)), 15)


def metrics_since(tap, since):
    return tap.messages("agent", since).count("stream_data.metrics")


def quiet(tap, seconds=2.5):
    """Whether nothing but heartbeats and the server's own streams passes for a while."""
    since = time.monotonic()
    time.sleep(seconds)
    return set(tap.messages("agent", since)) <= {"heartbeat", "stream_data.health_check"}


def becomes_quiet(tap):
    return wait_for(lambda: quiet(tap), 10, "quiet")


def test_without_a_listener_only_heartbeats_and_the_servers_own_streams_pass(launch):
    gateway, tap = tapped(launch)
    gateway.subscribe("metrics", "agent1", interval="100ms")  # a POST alone starts nothing
    assert quiet(tap)
    assert metrics_since(tap, 0) == 0
    assert tap.messages("agent").count("stream_data.health_check") == 1  # the first sample; the next in 30 s


def test_the_stream_stops_within_linger_when_the_last_listener_closes(launch):
    gateway, tap = tapped(launch)
    stream = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="100ms")["stream_url"])
    stream.wait_events("metrics", 5)
    closed = time.monotonic()
    stream.close()
    time.sleep(LINGER + 1)
    assert metrics_since(tap, closed) > 0 and becomes_quiet(tap)
    assert [s for s in gateway.streams() if s["stream_type"] == "metrics"] == []


def test_a_listener_that_is_killed_counts_as_gone(launch):
    gateway, tap = tapped(launch)
    url = gateway.url + gateway.subscribe("metrics", "agent1", interval="100ms")["stream_url"]
    curl = subprocess.Popen(["curl", "-sN", url], stdout=subprocess.PIPE)
    wait_for(lambda: metrics_since(tap, 0) > 3)
    curl.kill()
    curl.wait()
    assert becomes_quiet(tap)


def test_a_page_reload_within_linger_does_not_restart_the_stream(launch):
    gateway, tap = tapped(launch, "--linger", "5s")
    url = gateway.url + gateway.subscribe("metrics", "agent1", interval="200ms")["stream_url"]
    first = Sse(url)
    first.wait_events("metrics", 2)
    before = len(tap.desired())
    first.close()
    first.ended.wait(5)
    second = Sse(url)
    second.wait_events("metrics", 5)
    assert len(tap.desired()) == before
    second.close()


def test_two_listeners_share_one_stream_at_the_smaller_interval(launch):
    gateway, tap = tapped(launch)
    fast = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="200ms", snapshot=False)["stream_url"])
    fast.wait_events("metrics", 2)
    slow = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="1s", snapshot=False)["stream_url"])
    slow.wait_events("metrics", 4, 8)
    streams = [s for s in gateway.streams() if s["stream_type"] == "metrics"]
    assert len(streams) == 1 and len(streams[0]["leases"]) == 2
    wanted = [s for s in tap.desired()[-1].streams if s.stream_type == "metrics"]
    assert len(wanted) == 1 and wanted[0].metrics_request.interval_ms == 200
    slow.wait(lambda s: evenly(s.of("metrics"), 0.7, 1.4), 10, "samples a second apart")
    fast.wait(lambda s: evenly(s.of("metrics"), 0.1, 0.4, 3), 10, "samples a fifth of a second apart")

    fast.close()  # the other stays: updated, not restarted
    wait_for(lambda: [s for s in tap.desired()[-1].streams if s.stream_type == "metrics"][0].metrics_request.interval_ms == 1000, 5)
    updated = [s for s in tap.desired()[-1].streams if s.stream_type == "metrics"][0]
    assert updated.stream_ref == wanted[0].stream_ref
    since, before = time.monotonic(), len(slow.of("metrics"))
    slow.wait(lambda s: evenly(s.of("metrics")[before:], 0.7, 1.4), 10, "samples a second apart")
    assert metrics_since(tap, since) <= len(slow.of("metrics")) - before + 2
    slow.close()


def test_a_server_demand_runs_the_stream_without_a_listener_and_says_why(launch):
    gateway, tap = tapped(launch)
    body = {"stream_type": "metrics", "agent_id": "agent1", "config": {"interval": "200ms", "metrics": ["cpu"]}}
    answer = gateway.post("/admin/streams/server", body)
    assert answer.status_code == 201 and answer.json()["stream_id"].startswith("srv_")
    assert gateway.post("/admin/streams/server", body).status_code == 200
    wait_for(lambda: metrics_since(tap, 0) > 3)
    stream = [s for s in gateway.streams() if s["stream_type"] == "metrics"][0]
    assert [lease["kind"] for lease in stream["leases"]] == ["server"] and stream["config"]["interval"] == "200ms"
    assert gateway.delete(f"/admin/streams/server/{answer.json()['stream_id']}").status_code == 204
    assert becomes_quiet(tap)


def test_after_a_cut_the_agent_takes_up_exactly_what_is_leased(launch):
    gateway, tap = tapped(launch)
    stays = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="200ms", snapshot=False)["stream_url"])
    stays.wait_events("metrics", 2)
    tap.disconnect()
    stays.wait(lambda s: [e for e in s.of("stream_status") if e.json["state"] == "agent_lost"], 5)
    count = len(stays.of("metrics"))
    stays.wait_events("metrics", count + 3, 10)
    tap.cut = True
    tap.disconnect()
    stays.close()  # nobody needs it any more, while the agent is away
    wait_for(lambda: not [s for s in gateway.streams() if s["stream_type"] == "metrics"], what="the end of its stream")
    back = time.monotonic()
    tap.cut = False
    hear_first_words(tap, back)
    assert quiet(tap) and metrics_since(tap, back) == 0
