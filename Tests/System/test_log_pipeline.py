"""Files on a host, the agent that reads them, the store, the search, and who watches: each line once, whatever happens."""

import time

import pytest

from line_files import LogFile, log_line
from programs import wait_for
from sse import Sse
from stored_lines import count_numbers, search, stored_lines, wrong_numbers
from wiretap import Wiretap

MARK = r"mark(\d+)x"


@pytest.fixture
def logs(tmp_path):
    directory = tmp_path / "logs"
    directory.mkdir()
    return directory


@pytest.fixture
def host(launch, logs):
    """A gateway, an agent that reads the files of a directory, and one of these."""
    file = LogFile(logs / "app.log")
    gateway = launch.gateway("--agent-heartbeat", "1s")
    agent = launch.agent(gateway.agent_address, "agent1", "--log-path", logs / "*.log")
    return gateway, agent, file


def wait_stored(gateway, count, timeout=20.0):
    wait_for(lambda: search(gateway, agent_id="agent1", per_page=1)["total"] >= count, timeout, f"{count} stored lines")


def assert_every_line_once(gateway, file, timeout=30.0):
    wait_stored(gateway, file.count, timeout)
    counts = count_numbers(stored_lines(gateway, "agent1"), MARK)
    assert wrong_numbers(counts, file.count) == ([], {})


def restart(launch, gateway):
    gateway.kill()
    return launch.gateway(
        "--agent-heartbeat", "1s", http=gateway.http_address, agents=gateway.agent_address, data=gateway.data
    )


def test_a_line_of_a_file_is_found_with_its_time_level_and_component(host):
    gateway, _, file = host
    file.write(20)
    wait_stored(gateway, 20)
    found = search(gateway, agent_id="agent1", level="ERROR", since="1h")
    assert found["total"] == 2 and found["page"] == 1
    first = found["logs"][0]
    assert first["level"] == "ERROR" and first["component"] == "checkout" and first["agent_id"] == "agent1"
    assert "order accepted mark20x" in first["message"] and first["source"] == str(file.path)
    assert abs(time.time() - time_of(first)) < 60
    assert search(gateway, q="mark7x")["total"] == 1
    assert search(gateway, q='"order accepted"')["total"] == 20
    assert search(gateway, q="accep*", component="checkout", min_level="WARN")["total"] == 2
    assert search(gateway, q="nowhere")["logs"] == []


def time_of(line):
    import datetime

    return datetime.datetime.fromisoformat(line["timestamp"].replace("Z", "+00:00")).timestamp()


def test_what_was_in_a_file_before_the_agent_came_for_the_first_time_is_not_new(launch, logs):
    """A host's old files are not poured into the store; what comes after that is."""
    file = LogFile(logs / "app.log")
    file.write(7)
    gateway = launch.gateway()
    launch.agent(gateway.agent_address, "agent1", "--log-path", logs / "*.log")
    wait_for(lambda: any(s["stream_type"] == "log_aggregation" for s in gateway.streams()), what="the stream")
    later = LogFile(logs / "later.log")
    later.write(5)
    file.write(5)
    wait_stored(gateway, 10)
    counts = count_numbers(stored_lines(gateway, "agent1", q="accepted"), MARK)
    assert sorted(counts.elements()) == [1, 2, 3, 4, 5, 8, 9, 10, 11, 12]


def test_rotation_loses_and_repeats_nothing(host):
    gateway, _, file = host
    file.write_in_background(per_second=500, seconds=6, rotate_every=1200).join()
    assert_every_line_once(gateway, file)


def test_what_is_stored_is_acknowledged_up_to_the_last_line(launch, logs):
    file = LogFile(logs / "app.log")
    gateway = launch.gateway()
    tap = Wiretap(gateway.agent_address)
    launch.agent(tap.address, "agent1", "--log-path", logs / "*.log")
    file.write(100)
    wait_stored(gateway, 100)

    def said(who, kind):
        return [getattr(m, kind) for _, sender, m in list(tap.seen) if sender == who and m.WhichOneof("message") == kind]

    def sent():
        return [d.seq for d in said("agent", "stream_data") if d.WhichOneof("payload") == "logs"]

    wait_for(lambda: sent() and said("gateway", "ack") and said("gateway", "ack")[-1].up_to_seq == sent()[-1], 10, "the ack")
    assert sent()[-1] == 100
    tap.close()


def test_every_line_is_there_once_after_the_gateway_was_killed_twice_in_the_middle(launch, host):
    gateway, _, file = host
    writer = file.write_in_background(per_second=400, seconds=8, rotate_every=1000)
    for _ in range(2):
        before = file.count
        wait_for(lambda: file.count > before + 600, 20, "more lines")
        gateway = restart(launch, gateway)
    writer.join()
    assert_every_line_once(gateway, file, timeout=60)


def test_every_line_is_there_once_after_the_agent_was_killed_in_the_middle(launch, logs, host, tmp_path):
    gateway, agent, file = host
    writer = file.write_in_background(per_second=300, seconds=6, rotate_every=700)
    wait_for(lambda: file.count > 600, 20, "lines")
    agent.kill()
    time.sleep(1)  # what is written meanwhile is read later
    launch.agent(gateway.agent_address, "agent1", "--log-path", logs / "*.log")
    writer.join()
    assert_every_line_once(gateway, file, timeout=60)


def test_who_watches_sees_what_matters_or_every_line(host):
    gateway, _, file = host
    matters = Sse(gateway.url + gateway.subscribe("processed_logs", "agent1")["stream_url"])
    everything = Sse(gateway.url + gateway.subscribe("processed_logs", "agent1", all=True)["stream_url"])
    wait_for(lambda: any(s["stream_type"] == "log_aggregation" for s in gateway.streams()), what="the stream")
    for stream in (matters, everything):
        stream.wait(lambda s: s.last_id is not None, 10, "the head")
    file.write(10)
    lines = [e.json for e in everything.wait_events("processed_logs", 10)]
    assert [f"mark{n}x" in line["data"]["original"]["message"] for n, line in enumerate(lines, 1)] == [True] * 10
    last = lines[-1]
    assert last["type"] == last["stream_type"] == "processed_logs" and last["agent_id"] == "agent1"
    assert last["data"]["original"]["level"] == "ERROR" and last["data"]["severity"] == "high"
    assert set(last["data"]) >= {"original", "structured", "threats", "severity", "category", "actionable"}
    assert set(last["data"]["structured"]) >= {"format", "fields", "template_id", "template"}
    important = [e.json["data"]["original"]["message"] for e in matters.wait_events("processed_logs", 1)]
    assert len(important) == 1 and "mark10x" in important[0]


def test_a_threat_is_seen_by_whoever_watches(host):
    gateway, _, file = host
    stream = Sse(gateway.url + gateway.subscribe("processed_logs", "agent1")["stream_url"])
    stream.wait(lambda s: s.last_id is not None, 10, "the head")
    attack = (
        '203.0.113.9 - - [%s] "GET /?f=..%%2f..%%2fetc%%2fpasswd HTTP/1.1" 403 153 "-" "curl/7.88.1"'
        % time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
    )
    file.stream.write((attack + "\n").encode())
    found = stream.wait_events("processed_logs", 1)[0].json["data"]
    assert found["actionable"] is True
    assert found["threats"][0]["rule"] == "web_path_traversal" and found["threats"][0]["source_ip"] == "203.0.113.9"


def test_history_and_what_comes_live_have_no_seam(host):
    gateway, _, file = host
    file.write(200)
    wait_stored(gateway, 200)
    writer = file.write_in_background(per_second=200, seconds=3)
    subscription = gateway.subscribe("processed_logs", "agent1", all=True, since="1h", buffer_size=10_000)
    stream = Sse(gateway.url + subscription["stream_url"])
    writer.join()
    events = stream.wait_events("processed_logs", file.count, 20)
    counts = count_numbers([e.json["data"]["original"] for e in events], MARK)
    assert wrong_numbers(counts, file.count) == ([], {})
    assert stream.of("gap") == []


def test_a_line_that_comes_in_two_writes_is_one_line(host):
    gateway, _, file = host
    whole = log_line(1, text="first half and second half")
    file.stream.write(whole[:40].encode())
    time.sleep(0.5)
    file.stream.write((whole[40:] + "\n").encode())
    file.count = 1
    assert_every_line_once(gateway, file)
    assert "first half and second half" in stored_lines(gateway, "agent1")[0]["message"]
