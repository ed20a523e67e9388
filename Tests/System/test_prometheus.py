"""GET /metrics is what Prometheus reads: by its own checker where that is installed, and by its rules."""

import pathlib
import re
import shutil
import subprocess

import pytest

from sse import Sse

NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
SAMPLE = re.compile(r'([a-z0-9_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (-?[0-9.e+-]+|NaN|[+-]Inf)\Z')
UNITS_TO_AVOID = ("milliseconds", "_ms", "_kib", "_mib", "_percent")
RESERVED = ("_count", "_sum", "_bucket", "_info")


@pytest.fixture
def exposition(pair):
    """The text after the gateway has had something to count."""
    gateway, _ = pair
    stream = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="100ms")["stream_url"])
    stream.wait_events("metrics", 3)
    gateway.wait_task(gateway.run_shell("agent1", "echo counted"))
    answer = gateway.get("/metrics")
    stream.close()
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return answer.text


def families(text):
    """Name -> (type, [(labels, value)]); asserts that each family is one block of HELP, TYPE and its samples."""
    found, described, name = {}, set(), None
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, help_text = line[7:].split(" ", 1)
            assert name not in described and NAME.match(name) and help_text.strip(), line
            described.add(name)
        elif line.startswith("# TYPE "):
            typed, kind = line[7:].split(" ")
            assert typed == name and typed not in found and kind in ("counter", "gauge"), line
            found[name] = (kind, [])
        else:
            sample = SAMPLE.match(line)
            assert sample and sample[1] == name and name in found, line
            found[name][1].append((sample[2] or "", float(sample[3])))
    assert described == set(found)
    return found


def test_metrics_obey_the_rules_of_the_format(exposition):
    found = families(exposition)
    assert found
    for name, (kind, samples) in found.items():
        assert name.startswith("sluice_")
        assert samples and len({labels for labels, _ in samples}) == len(samples), name
        assert name.endswith("_total") == (kind == "counter"), name
        assert not name.removesuffix("_total").endswith(RESERVED + UNITS_TO_AVOID), name
        assert kind == "gauge" or all(value >= 0 for _, value in samples), name


def test_metrics_count_what_happens(exposition):
    found = families(exposition)
    for name in ("sluice_agents_connected", "sluice_sse_connections", "sluice_deliveries_total", "sluice_tasks_created_total"):
        assert found[name][1][0][1] >= 1, name


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool (Debian package prometheus) is not installed")
def test_promtool_has_no_complaint(exposition):
    checked = subprocess.run(["promtool", "check", "metrics"], input=exposition, capture_output=True, text=True)
    assert checked.returncode == 0 and not checked.stderr.strip(), checked.stdout + checked.stderr


def test_the_readme_lists_every_metric(exposition):
    readme = (pathlib.Path(__file__).parents[2] / "README.md").read_text()
    listed = set(re.findall(r"^\| `(sluice_[a-z_]+)` \| (counter|gauge): ", readme, re.MULTILINE))
    assert listed == {(name.removesuffix("_total"), kind) for name, (kind, _) in families(exposition).items()}
