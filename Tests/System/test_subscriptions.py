"""The life of a subscription: opened, taken over, resumed, deleted, expired."""

import time

import pytest

from programs import wait_for
from sse import Sse


@pytest.fixture
def quick(launch):
    """A gateway that notices soon, and one agent."""
    gateway = launch.gateway("--sse-heartbeat", "1s", "--linger", "0")
    launch.agent(gateway.agent_address, "agent1", "--allow", "shell")
    return gateway


@pytest.fixture
def forgetful(launch):
    """A gateway that soon forgets subscriptions that nobody reads, and one agent."""
    gateway = launch.gateway("--subscription-ttl", "1s", "--resume-window", "3s", "--sse-heartbeat", "1s", "--linger", "0")
    launch.agent(gateway.agent_address, "agent1", "--allow", "shell")
    return gateway


def test_nobody_opens_it_and_it_expires(forgetful):
    subscription = forgetful.subscribe("metrics", "agent1")
    path = "/subscriptions/" + subscription["subscription_id"]
    assert subscription["status"] == "pending"
    wait_for(lambda: forgetful.get(path).status_code == 404, 5)
    stream = Sse(forgetful.url + subscription["stream_url"])
    assert stream.wait(lambda s: s.status) == 404


def test_a_connection_that_ended_can_be_taken_up_again_for_a_while(forgetful):
    subscription = forgetful.subscribe("metrics", "agent1", interval="1h", snapshot=False)
    path = "/subscriptions/" + subscription["subscription_id"]
    for _ in range(3):
        stream = Sse(forgetful.url + subscription["stream_url"])
        stream.wait_events("stream_status")
        assert forgetful.get(path).json()["status"] == "active"
        stream.close()
        wait_for(lambda: forgetful.get(path).json()["status"] == "disconnected", 5)
    wait_for(lambda: forgetful.get(path).status_code == 404, 10)


def test_a_silent_stream_carries_a_comment(quick):
    stream = Sse(quick.url + quick.subscribe("metrics", "agent1", interval="1h", snapshot=False)["stream_url"])
    stream.wait(lambda s: len(s.comments) >= 2, 6, "two comments")
    stream.close()


def test_a_second_connection_takes_over_and_the_first_is_told(quick):
    subscription = quick.subscribe("metrics", "agent1", interval="200ms")
    first = Sse(quick.url + subscription["stream_url"])
    first.wait_events("metrics")
    second = Sse(quick.url + subscription["stream_url"])
    first.wait_end()
    assert first.of("stream_end")[0].json["reason"] == "replaced"
    second.wait_events("metrics", 2)
    second.close()


def test_deleting_it_ends_the_stream(quick):
    subscription = quick.subscribe("metrics", "agent1", interval="200ms")
    stream = Sse(quick.url + subscription["stream_url"])
    stream.wait_events("metrics")
    assert quick.delete("/subscriptions/" + subscription["subscription_id"]).status_code == 204
    stream.wait_end()
    end = stream.of("stream_end")[0].json
    assert end == {"reason": "unsubscribed", "subscription_id": subscription["subscription_id"]}
    assert Sse(quick.url + subscription["stream_url"]).wait(lambda s: s.status) == 404
    assert quick.delete("/subscriptions/" + subscription["subscription_id"]).status_code == 404


def test_resuming_where_nothing_was_missed_repeats_nothing_and_a_loss_is_an_exact_gap(quick):
    keeper = Sse(quick.url + quick.subscribe("metrics", "agent1", interval="200ms", snapshot=False)["stream_url"])
    subscription = quick.subscribe("metrics", "agent1", interval="200ms")
    first = Sse(quick.url + subscription["stream_url"])
    first.wait_events("metrics", 3)
    first.close()
    first.ended.wait(5)
    count = len(keeper.of("metrics"))
    keeper.wait_events("metrics", count + 3)
    second = Sse(quick.url + subscription["stream_url"], last_event_id=first.last_id)
    missed = second.wait_events("gap")[0].json["missed"]
    second.wait_events("metrics", 2)
    live = [e for e in second.of("metrics") if not e.json["metadata"].get("snapshot")]
    keeper.wait(lambda s: live[0].id in [e.id for e in s.of("metrics")])
    seen = [e.id for e in keeper.of("metrics")]
    assert seen.index(live[0].id) - seen.index(first.last_id) - 1 == missed
    for stream in (keeper, second):
        stream.close()

    slow = quick.subscribe("metrics", "agent1", interval="1h")
    stream = Sse(quick.url + slow["stream_url"])
    stream.wait(lambda s: [e for e in s.of("metrics") if not e.json["metadata"].get("snapshot")])
    stream.close()
    stream.ended.wait(5)
    again = Sse(quick.url + slow["stream_url"], last_event_id=stream.last_id)
    again.wait_events("stream_status")
    again.wait(lambda s: s.comments, 5)
    assert again.of("gap") == [] and not [e for e in again.of("metrics") if e.json["metadata"].get("snapshot")]
    again.close()


@pytest.mark.parametrize("cursor", ["garbage", "e1.2", "l-5", "e999999.0.0", "ezzzzzzzzzzzzzzzzzzzzzz.0.0"])
def test_a_cursor_that_means_nothing_is_a_gap_and_then_as_for_a_new_subscriber(quick, cursor):
    warm = Sse(quick.url + quick.subscribe("metrics", "agent1", interval="200ms")["stream_url"])
    warm.wait_events("metrics")
    stream = Sse(quick.url + quick.subscribe("metrics", "agent1", interval="200ms")["stream_url"] + "?last_event_id=" + cursor)
    assert stream.wait_events("gap")[0].json["missed"] is None
    assert stream.wait_events("metrics")[0].json["metadata"]["snapshot"] is True
    for s in (warm, stream):
        s.close()


def test_listing_filters_and_pages(quick):
    for n in range(5):
        quick.subscribe("metrics", "agent1", interval=f"{n + 1}s")
    listing = quick.get("/subscriptions?stream_type=metrics&per_page=2&page=3").json()
    assert listing["total"] == 5 and listing["page"] == 3 and len(listing["subscriptions"]) == 1
    assert quick.get("/subscriptions?agent_id=nobody").json()["total"] == 0


def test_every_agent_in_one_subscription_those_that_come_later_included(launch, quick):
    stream = Sse(quick.url + quick.subscribe("metrics", "*", interval="200ms", snapshot=False)["stream_url"])
    stream.wait_events("metrics", 2)
    launch.agent(quick.agent_address, "agent2")
    stream.wait(lambda s: {e.json["agent_id"] for e in s.of("metrics")} == {"agent1", "agent2"}, 10, "both agents")
    stream.close()
    wait_for(lambda: not [s for s in quick.streams() if s["stream_type"] == "metrics"], 5)


def test_a_session_carries_many_subscriptions_that_come_and_go_while_it_is_open(quick):
    session = quick.post("/sessions", {}).json()
    first = quick.post("/subscriptions", {"stream_type": "metrics", "agent_id": "agent1", "session_id": session["session_id"], "config": {"interval": "200ms", "filters": ["load"]}}).json()
    stream = Sse(quick.url + session["events_url"])
    stream.wait_events("metrics", 2)
    second = quick.post("/subscriptions", {"stream_type": "metrics", "agent_id": "agent1", "session_id": session["session_id"], "config": {"interval": "200ms", "filters": ["memory"]}}).json()
    stream.wait(lambda s: {e.json["view"] for e in s.of("metrics")} == {first["view"], second["view"]})
    assert quick.delete("/subscriptions/" + first["subscription_id"]).status_code == 204
    assert stream.wait_events("stream_end")[0].json["subscription_id"] == first["subscription_id"]
    task = quick.run_shell("agent1", "echo in a session")
    quick.post("/subscriptions", {"stream_type": "shell_output", "resource": task, "session_id": session["session_id"]})
    assert stream.wait_events("shell_output", 2)[0].json["data"]["line"] == "in a session"
    count = len(stream.of("metrics"))
    stream.wait_events("metrics", count + 2)
    assert quick.delete("/sessions/" + session["session_id"]).status_code == 204
    stream.wait_end()


def test_a_stream_that_starts_anew_gives_its_first_sample_at_once_whatever_the_interval(quick):
    subscription = quick.subscribe("metrics", "agent1", interval="1h", snapshot=False)
    for _ in range(3):
        stream = Sse(quick.url + subscription["stream_url"])
        stream.wait_events("metrics")
        stream.close()
        wait_for(lambda: not [s for s in quick.streams() if s["stream_type"] == "metrics"], 5)
