"""Lines and samples of many agents at once, briefly: all of it stored once, whatever happens to the gateway. The long runs
are Benchmarks/processing/measure.py's."""

import collections
import datetime
import json
import re
import subprocess
import time

import pytest

from programs import BUILT, wait_for
from stored_lines import search, stored_lines_between
from test_load import load


def server(gateway):
    return ["--gateway", gateway.url, "--agents-address", gateway.agent_address]


def test_lines_are_stored_and_found_soon_while_clients_listen(launch):
    gateway = launch.gateway()
    report, code = load(
        *server(gateway), "--stream-type", "metrics", "--subscribers", 100, "--agents", 5, "--topics", 5, "--rate", 20,
        "--log-agents", 5, "--log-rate", 2_000, "--duration", "5s", "--drain", "20s", timeout=120,
    )  # fmt: skip
    assert code == 0, report["problems"]
    logs = report["logs"]
    assert logs["stored"] == logs["sent"] == logs["acknowledged"] == 10_000
    assert logs["searchable_ms"]["p50"] < 2_000 and logs["ack_latency_ms"]["p50"] < 2_000
    plain = report["groups"][0]
    assert plain["delivered"] + plain["missed"] == report["published"] * 20 and plain["lost"] == 0
    agent = f"load-{logs['run']}-log-3"
    errors = search(gateway, agent_id=agent, level="ERROR", since="1h")
    assert 10 <= errors["total"] <= 80  # 2 % of 2 000
    assert all(line["agent_id"] == agent and line["level"] == "ERROR" for line in errors["logs"])


@pytest.mark.parametrize("kills", [3])
def test_nothing_acknowledged_is_lost_or_there_twice_when_the_gateway_is_killed(launch, kills):
    gateway = launch.gateway()
    began = time.time()
    program = subprocess.Popen(
        [str(a) for a in (
            BUILT / "sluice-load", "--json", "--quiet", *server(gateway), "--subscribers", 1, "--rate", 0, "--log-agents",
            5, "--log-rate", 1_500, "--duration", "20s", "--drain", "60s",
        )],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for _ in range(kills):
        wait_for(lambda: search(gateway, per_page=1)["total"] > 0 and search(gateway, since="2s", per_page=1)["total"], 20, "lines")
        time.sleep(1)
        gateway.kill()
        gateway = launch.gateway(http=gateway.http_address, agents=gateway.agent_address, data=gateway.data)
    output, errors = program.communicate(timeout=180)
    report = json.loads(output)
    assert program.returncode == 0, report["problems"]
    logs = report["logs"]
    assert logs["stored"] == logs["sent"] == 30_000 and logs["forgotten"] == 0
    assert report["hosts"]["connections"] == 5 * (1 + kills)
    begin = datetime.datetime.fromtimestamp(int(began) - 2, datetime.timezone.utc)
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    for agent in range(5):
        lines = stored_lines_between(gateway, f"load-{logs['run']}-log-{agent}", begin, end)
        counts = collections.Counter(int(re.search(rf"\ba{agent}n(\d+)\b", json.dumps(line))[1]) for line in lines)
        assert sorted(counts) == list(range(1, 6_001)) and set(counts.values()) == {1}


def test_samples_of_unwatched_hosts_are_recorded(launch):
    gateway = launch.gateway("--recording", "metrics=1s")
    report, code = load(
        *server(gateway), "--metric-agents", 200, "--subscribers", 1, "--rate", 0, "--duration", "8s", timeout=90
    )
    assert code == 0, report["problems"]
    assert report["hosts"]["metric_samples"] >= 200 * 5 and report["hosts"]["health_samples"] == 200
    for host in (0, 77, 199):
        query = {"start": int(time.time()) - 60, "end": int(time.time()) + 1, "metrics": "cpu.usage_percent"}
        points = lambda: gateway.get(f"/agents/load-host-{host}/metrics/history", params=query).json()["data_points"]  # noqa: E731, B023
        wait_for(lambda: len(points()) >= 4, 10, "its samples")  # noqa: B023
    fleet = gateway.get("/analytics/fleet").json()["agents"]
    assert sum(a["agent_id"].startswith("load-host-") and a["last_check"] is not None for a in fleet) == 200
