"""sluice-load: what it reports of a gateway, and that it finds what a hub does wrong."""

import json
import signal
import subprocess
import time

import pytest

from lying_hub import LyingHub
from programs import BUILT, Gateway, free_port, wait_for


def load(*arguments, timeout=60):
    """Its report and exit code."""
    done = subprocess.run(
        [BUILT / "sluice-load", "--json", "--quiet", *map(str, arguments)], capture_output=True, text=True, timeout=timeout
    )
    assert done.returncode in (0, 1) and done.stdout, done.stderr
    return json.loads(done.stdout), done.returncode


@pytest.fixture
def gateway(tmp_path):
    gateway = Gateway(tmp_path / "data")
    yield gateway
    assert gateway.stop() == 0


def server(gateway):
    return ["--gateway", gateway.url, "--agents-address", gateway.agent_address]


def plain(report):
    return report["groups"][0]


# -- against a gateway


def test_everything_arrives_on_many_topics(gateway):
    report, code = load(
        *server(gateway), "--subscribers", 60, "--agents", 3, "--topics", 12, "--rate", 240, "--duration", "2s"
    )
    assert code == 0, report["problems"]
    assert report["ok"] and report["problems"] == []
    assert report["created"] == report["established"] == 60
    assert report["published"] == report["asked"] == 480
    assert plain(report)["delivered"] == report["published"] * 5  # 60 subscribers of 12 topics
    assert plain(report)["latency_ms"]["count"] == plain(report)["delivered"]
    assert plain(report)["latency_ms"]["p50"] <= plain(report)["latency_ms"]["max"]
    assert report["server"]["cpu_seconds"] > 0 and report["load_cpu_seconds"] > 0
    assert report["server"]["open"]["rss_bytes"] > 0


def test_the_closed_loop_waits_for_every_subscriber(gateway):
    report, code = load(*server(gateway), "--subscribers", 20, "--in-flight", 8, "--duration", "1s")
    assert code == 0, report["problems"]
    assert report["rounds"] > 0
    assert report["published"] == 8 * report["rounds"]
    assert plain(report)["delivered"] == 20 * report["published"]


def test_task_output_is_exact_through_churn_and_a_storm(gateway):
    report, code = load(
        *server(gateway), "--stream-type", "shell_output", "--subscribers", 100, "--agents", 2, "--topics", 4,
        "--rate", 200, "--duration", "4s", "--churn", 20, "--storm-at", "2s", "--drain", "20s", timeout=90,
    )  # fmt: skip
    assert code == 0, report["problems"]
    assert plain(report)["delivered"] == report["published"] * 25
    assert plain(report)["missed"] == 0
    assert report["reconnects"] >= 100 + 20
    assert report["storm"]["not_back"] == 0 and report["storm"]["all_back_seconds"] > 0
    assert plain(report)["late_latency_ms"]["count"] > 0
    assert report["healthz"]["answers"] > 0 and report["healthz"]["failures"] == 0


def test_who_waits_for_the_retry_comes_back_later(gateway):
    storm = ["--stream-type", "shell_output", "--subscribers", 20, "--rate", 50, "--duration", "2s", "--storm-at", "1s"]
    report, code = load(*server(gateway), *storm, "--reconnect", "retry", "--drain", "20s")
    assert code == 0, report["problems"]
    assert report["storm"]["all_back_seconds"] >= 1.9  # the gateway says 2 to 4 s
    assert plain(report)["delivered"] == 20 * report["published"]


def test_metrics_of_many_agents(gateway):
    report, code = load(
        *server(gateway), "--stream-type", "metrics", "--subscribers", 20, "--agents", 10, "--topics", 10, "--rate", 40,
        "--duration", "2s",
    )  # fmt: skip
    assert code == 0, report["problems"]
    assert plain(report)["delivered"] + plain(report)["missed"] == report["published"] * 2


def test_slow_and_frozen_subscribers_have_rows_of_their_own(gateway):
    report, code = load(
        *server(gateway), "--stream-type", "shell_output", "--subscribers", 10, "--slow", 2, "--frozen", 1, "--rate", 500,
        "--duration", "2s",
    )  # fmt: skip
    assert code == 0, report["problems"]
    roles = {group["role"]: group for group in report["groups"]}
    assert [roles[role]["subscribers"] for role in ("plain", "slow", "frozen")] == [7, 2, 1]
    assert roles["plain"]["delivered"] == 7 * report["published"]
    assert 0 < roles["slow"]["delivered"] < 2 * report["published"]
    assert roles["frozen"]["behind"] == report["published"]


def test_subscribers_in_several_processes_are_added_up(gateway):
    report, code = load(*server(gateway), "--subscribers", 31, "--workers", 3, "--rate", 100, "--duration", "1s")
    assert code == 0, report["problems"]
    assert plain(report)["delivered"] == 31 * report["published"]
    report, code = load(*server(gateway), "--subscribers", 31, "--workers", 3, "--in-flight", 4, "--duration", "1s")
    assert code == 0 and report["rounds"] > 0
    assert plain(report)["delivered"] == 31 * report["published"]


def test_a_signal_ends_it_with_the_report_of_what_was_measured(gateway):
    program = subprocess.Popen(
        [BUILT / "sluice-load", "--json", *server(gateway), "--subscribers", "5", "--rate", "50", "--duration", "1h"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(lambda: " published" in program.stderr.readline(), 20, "progress")
    program.send_signal(signal.SIGINT)
    output, _ = program.communicate(timeout=20)
    report = json.loads(output)
    assert report["interrupted"]
    assert plain(report)["delivered"] > 0


def test_no_worker_outlives_it(gateway):
    program = subprocess.Popen(
        [BUILT / "sluice-load", "--quiet", *server(gateway), "--subscribers", "5", "--workers", "2", "--duration", "1h"],
        stdout=subprocess.DEVNULL,
    )
    children = lambda: open(f"/proc/{program.pid}/task/{program.pid}/children").read().split()  # noqa: E731
    workers = wait_for(lambda: len(children()) == 2 and children(), 20, "two workers")
    program.kill()
    program.wait()
    wait_for(lambda: all(is_gone(worker) for worker in workers), 20, "the end of the workers")


def is_gone(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


# -- against a hub that makes mistakes


def lie(change, **options):
    """The report about such a hub, for 5 subscribers and 100 events."""
    with LyingHub(change, **options) as hub:
        return load(*hub.arguments(), "--subscribers", 5, "--rate", 100, "--duration", "1s", "--drain", "5s")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_good_hub_passes(chunked):
    report, code = lie(lambda number, body: [body], chunked=chunked)
    assert code == 0, report["problems"]
    assert plain(report)["delivered"] == 5 * report["published"] == 500


def test_lost_events_are_found():
    report, code = lie(lambda number, body: [] if number in (10, 11, 50) else [body])
    assert code == 1
    assert (plain(report)["lost"], plain(report)["repeated"]) == (15, 0)


def test_a_lost_end_is_found():
    report, code = lie(lambda number, body: [] if number > 90 else [body])
    assert code == 1
    assert plain(report)["lost"] == plain(report)["behind"] == 5 * (report["published"] - 90)


def test_repeated_events_are_found():
    report, code = lie(lambda number, body: [body, body] if number in (1, 60) else [body])
    assert code == 1
    assert (plain(report)["lost"], plain(report)["repeated"]) == (0, 10)


def test_events_out_of_order_are_found():
    held = []

    def change(number, body):
        if number == 20:
            held.append(body)
            return []
        return [body, held.pop()] if number == 21 else [body]

    report, code = lie(change)
    assert code == 1
    assert (plain(report)["lost"], plain(report)["reordered"], plain(report)["repeated"]) == (0, 5, 0)


def test_damaged_events_are_found():
    def change(number, body):
        return [body.replace(b' t=', b' T=')] if number == 30 else [body]

    report, code = lie(change)
    assert code == 1
    assert plain(report)["damaged"] == 5


def test_what_a_gap_accounts_for_is_no_loss():
    def change(number, body):
        return [] if number == 40 else [body]

    with LyingHub(change) as hub:
        original = hub.change
        hub.change = lambda number, body: (
            [b'{"missed":1}\nevent: gap'] if number == 40 else original(number, body)
        )
        report, code = load(*hub.arguments(), "--subscribers", 5, "--rate", 100, "--duration", "1s")
    assert code == 0, report["problems"]
    assert (plain(report)["lost"], plain(report)["missed"], report["gaps"]) == (0, 5, 5)


# -- when it cannot be done


def run(*arguments):
    return subprocess.run([BUILT / "sluice-load", *map(str, arguments)], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "arguments, names",
    [
        (["--subscribers", 0], "--subscribers"),
        (["--rate", "fast"], "--rate"),
        (["--gateway", "https://127.0.0.1"], "--gateway"),
        (["--topics", 5, "--subscribers", 2], "--topics"),
        (["--agents", 5, "--topics", 2], "--agents"),
        (["--slow", 2, "--frozen", 2, "--subscribers", 3], "--slow"),
        (["--in-flight", 4, "--churn", 1], "--in-flight"),
        (["--stream-type", "nonsense"], "--stream-type"),
        (["--peer-subscribe", "http://127.0.0.1/"], "--peer-publish"),
        (["--token-file", "/nonexistent"], "--token-file"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_bad_usage_is_64_and_names_the_option(arguments, names):
    done = run(*arguments)
    assert done.returncode == 64
    assert names in done.stderr


def test_help_names_every_option_of_the_load():
    done = run("--help")
    assert done.returncode == 0
    for option in (
        "gateway agents-address subscribers agents topics rate size duration slow frozen churn storm-at json in-flight"
    ).split():
        assert f"--{option}" in done.stdout


def test_a_gateway_that_is_not_there_is_1_and_a_sentence():
    port = free_port()
    began = time.monotonic()
    done = run("--gateway", f"http://127.0.0.1:{port}", "--agents-address", f"127.0.0.1:{port}", "--quiet")
    assert done.returncode == 1
    assert "Connection refused" in done.stderr
    assert time.monotonic() - began < 30
