"""sluice-load's log lines: that it finds what a store does wrong, and that it resends as an agent has to."""

import threading

import pytest

from lying_store import LyingStore
from programs import wait_for
from test_load import load

LINES = 1000  # of a run: two seconds of 500 a second


def run(store, *options):
    return load(
        *store.arguments(), "--subscribers", 1, "--rate", 0, "--duration", "2s", "--drain", "10s", "--log-agents", 4,
        "--log-rate", LINES // 2, *options, timeout=90,
    )  # fmt: skip


def during(store, action, lines=LINES // 3):
    """Does something to the store when so many lines are in it."""

    def work():
        wait_for(lambda: store.count >= lines, 30, "lines")
        action()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_good_store_passes():
    with LyingStore() as store:
        report, code = run(store)
        assert store.holes == 0
    logs = report["logs"]
    assert code == 0, report["problems"]
    assert logs["due"] == logs["sent"] == logs["acknowledged"] == logs["stored"] == LINES
    assert logs["resent"] == logs["forgotten"] == logs["lost"] == logs["repeated"] == 0
    assert logs["needles"] == logs["needles_found"] == logs["searchable_ms"]["count"] >= 3
    assert logs["ack_latency_ms"]["count"] == LINES
    assert 0 < logs["ack_latency_ms"]["p50"] < 2000


def test_a_lost_line_is_found():
    with LyingStore(lambda agent, number, line: [] if number == 100 else [line]) as store:
        report, code = run(store)
    assert code == 1
    assert (report["logs"]["lost"], report["logs"]["repeated"]) == (4, 0)
    assert report["problems"] == ["4 log lines are not in the store"]


def test_a_line_that_is_stored_twice_is_found():
    with LyingStore(lambda agent, number, line: [line, line] if number == 100 else [line]) as store:
        report, code = run(store)
    assert code == 1
    assert (report["logs"]["lost"], report["logs"]["repeated"]) == (0, 4)


def test_a_line_that_took_the_place_of_another_is_found():
    """The number of lines is right."""
    kept = {}

    def keep(agent, number, line):
        before = kept.get(agent, line)
        kept[agent] = line
        return [before if "needle-" in line else line]

    with LyingStore(keep) as store:
        report, code = run(store)
    assert code == 1
    assert report["logs"]["lost"] == report["logs"]["repeated"] == 0
    assert report["logs"]["needles_missing"] == report["logs"]["needles"]


def test_lines_that_are_not_acknowledged_are_found():
    with LyingStore(acknowledge=lambda seq: seq if seq <= 200 else None) as store:
        report, code = run(store)
    assert code == 1
    assert report["logs"]["acknowledged"] <= 4 * 200
    assert any("not acknowledged" in problem for problem in report["problems"])


def test_an_acknowledgement_of_what_was_never_sent_is_found():
    with LyingStore(acknowledge=lambda seq: seq + 1000) as store:
        report, code = run(store)
    assert code == 1
    assert any("never sent" in problem for problem in report["problems"])


def test_after_a_lost_connection_what_is_not_stored_is_sent_again():
    with LyingStore(acknowledge=lambda seq: None if seq > 60 and seq < 120 else seq) as store:
        cutter = during(store, store.cut)
        report, code = run(store, "--drain", "10s")
        cutter.join()
        assert store.holes == 0
    assert code == 0, report["problems"]
    assert report["hosts"]["connections"] == 2 * 4
    assert report["logs"]["stored"] == report["logs"]["acknowledged"] == LINES


def test_lines_that_the_store_asks_for_again_come_again():
    """They were acknowledged, so that is a mistake of the store; it drops what it has."""
    with LyingStore() as store:
        asker = during(store, lambda: store.ask_again(10))
        report, code = run(store)
        asker.join()
    assert code == 1
    assert report["logs"]["forgotten"] == 40
    assert report["logs"]["stored"] == LINES


@pytest.mark.parametrize("count", [1, 50])
def test_a_store_that_forgets_what_it_acknowledged_is_found(count):
    with LyingStore() as store:

        def restore():
            with store.lock:
                store.forget(count)
                store.cut()

        restorer = during(store, restore)
        report, code = run(store, "--drain", "5s")
        restorer.join()
    assert code == 1
    assert report["logs"]["forgotten"] == report["logs"]["lost"] == 4 * count
    assert any("asked for again" in problem for problem in report["problems"])
