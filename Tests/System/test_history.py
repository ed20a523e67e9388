"""What is stored of metrics: with nobody watching, downsampled on the server, over restarts."""

import datetime
import time

import pytest

from programs import wait_for


@pytest.fixture
def recorded(launch):
    """A gateway that records metrics twice a second, and an agent that nobody watches."""
    gateway = launch.gateway("--recording", "metrics=500ms")
    launch.agent(gateway.agent_address, "agent1")
    return gateway


def history(gateway, agent="agent1", **query):
    query = {"start": int(time.time()) - 300, "end": int(time.time()) + 1, **query}
    answer = gateway.get(f"/agents/{agent}/metrics/history", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def wait_points(gateway, count, **query):
    found = lambda: (lambda h: h if len(h["data_points"]) >= count else None)(history(gateway, **query))  # noqa: E731
    return wait_for(found, 20, f"{count} points")


def test_an_unwatched_host_has_a_history_where_it_is_recorded(recorded):
    found = wait_points(recorded, 6)
    assert found["agent_id"] == "agent1" and found["truncated"] is False
    assert found["total_points"] >= len(found["data_points"])
    times = [p["timestamp"] for p in found["data_points"]]
    assert times == sorted(times) and len(set(times)) == len(times)
    assert found["query_start_timestamp"] <= times[0] <= times[-1] <= found["query_end_timestamp"]
    last = found["data_points"][-1]["values"]
    for key in ("cpu.usage_percent", "memory.usage_percent", "memory.total_bytes", "load.load1", "disk.usage_percent",
                "processes.total"):  # fmt: skip
        assert last[key] is not None, key
    assert 0 <= last["cpu.usage_percent"] <= 100


def test_without_recording_and_listener_nothing_is_stored(launch):
    gateway = launch.gateway()
    launch.agent(gateway.agent_address, "agent1")
    time.sleep(2)
    assert history(gateway)["data_points"] == []


def test_metrics_are_chosen_by_part_or_by_key(recorded):
    wait_points(recorded, 3)
    keys = set(history(recorded, metrics="cpu,memory")["data_points"][-1]["values"])
    assert keys and all(k.startswith(("cpu.", "memory.")) for k in keys)
    assert set(history(recorded, metrics="load.load1")["data_points"][-1]["values"]) == {"load.load1"}


def test_many_points_are_drawn_together_with_their_smallest_and_largest(recorded):
    wait_points(recorded, 12, metrics="cpu.usage_percent")
    now = int(time.time())
    fine = history(recorded, metrics="cpu.usage_percent", start=now - 60, end=now)
    coarse = history(recorded, metrics="cpu.usage_percent", start=now - 60, end=now, max_points=3)
    assert 1 <= len(coarse["data_points"]) <= 3 and coarse["resolution_seconds"] > fine["resolution_seconds"]
    values = [p["values"]["cpu.usage_percent"] for p in fine["data_points"]]
    low = min(p["min"]["cpu.usage_percent"] for p in coarse["data_points"])
    high = max(p["max"]["cpu.usage_percent"] for p in coarse["data_points"])
    assert low <= min(values) + 0.01 and high >= max(values) - 0.01
    for point in coarse["data_points"]:
        key = "cpu.usage_percent"
        assert point["min"][key] <= point["values"][key] <= point["max"][key]


def test_times_may_be_unix_seconds_or_rfc3339(recorded):
    last = wait_points(recorded, 4)["data_points"][-1]["timestamp"]
    now = datetime.datetime.fromtimestamp(int(last), datetime.timezone.utc)  # what comes meanwhile does not count
    begin = now - datetime.timedelta(minutes=5)
    text = lambda moment: moment.isoformat().replace("+00:00", "Z")  # noqa: E731
    by_text = history(recorded, start=text(begin), end=text(now))
    by_number = history(recorded, start=int(begin.timestamp()), end=int(now.timestamp()))
    assert by_text["data_points"] == by_number["data_points"] != []


@pytest.mark.parametrize(
    "query, field",
    [
        ({"start": "yesterday"}, "start"), ({"end": "x"}, "end"), ({"start": 200, "end": 100}, "start"),
        ({"max_points": 0}, "max_points"), ({"max_points": "many"}, "max_points"), ({"metrics": "nonsense"}, "metrics"),
    ],
)  # fmt: skip
def test_a_bad_question_is_refused_by_name(recorded, query, field):
    answer = recorded.get("/agents/agent1/metrics/history", params={"start": 100, "end": 200, **query})
    assert answer.status_code == 400 and answer.json()["code"] == "invalid_field", answer.text
    assert answer.json()["field"] in (field, "end" if field == "start" else field)


def test_an_unknown_agent_is_404(recorded):
    answer = recorded.get("/agents/nobody/metrics/history", params={"start": 100, "end": 200})
    assert answer.status_code == 404 and answer.json()["code"] == "agent_not_found"


def test_the_history_survives_the_end_by_force(launch, recorded):
    before = wait_points(recorded, 8)
    time.sleep(2)
    recorded.kill()
    again = launch.gateway("--recording", "metrics=500ms", http=recorded.http_address, agents=recorded.agent_address,
                           data=recorded.data)  # fmt: skip
    after = history(again, end=before["query_end_timestamp"], start=before["query_start_timestamp"])
    times = {p["timestamp"] for p in after["data_points"]}
    assert {p["timestamp"] for p in before["data_points"]} <= times
    wait_points(again, len(times) + 3)
