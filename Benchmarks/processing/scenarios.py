"""What is measured, each a function from an empty directory to figures."""

import contextlib
import json
import random
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import Callable

import programs
from killing import Killer, check_lines

LOG_AGENTS = 20
LOG_RATE = 20_000
SEARCHABLE_LIMIT_MS = 2_000
STORED_LINES = 5_000_000
QUESTIONS = 20  # of each kind


class Failed(Exception):
    pass


@dataclass(frozen=True)
class Scenario:
    key: str
    title: str
    run: Callable


@contextlib.contextmanager
def gateway(directory, options, *more):
    programs.BUILT = options.bin
    server = programs.Gateway(directory / "data", "--log-level", "warning", *more)
    try:
        yield server
    finally:
        server.kill()


def start_load(server, options, *arguments):
    command = [options.bin / "sluice-load", "--json", "--quiet", "--gateway", server.url, "--agents-address",
               server.agent_address, *arguments]  # fmt: skip
    return subprocess.Popen([str(a) for a in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end_load(load, patience):
    """Its report. Fails where the report says that something is wrong."""
    try:
        output, errors = load.communicate(timeout=patience)
    except BaseException:
        load.terminate()  # it ends its own workers
        load.wait()
        raise
    if not output:
        raise Failed((errors.strip().splitlines() or [f"sluice-load ended with {load.returncode}"])[-1])
    found = json.loads(output)
    if not found["ok"]:
        raise Failed("; ".join(found["problems"]))
    return found


def lines(seconds, *more):
    return ["--log-agents", LOG_AGENTS, "--log-rate", LOG_RATE, "--duration", f"{seconds}s", *more]


def log_figures(found):
    logs, server = found["logs"], found["server"] or {}
    return {
        "lines": logs["sent"], "resent": logs["resent"], "ack_p50_ms": logs["ack_latency_ms"]["p50"],
        "ack_p99_ms": logs["ack_latency_ms"]["p99"], "searchable_p50_ms": logs["searchable_ms"]["p50"],
        "searchable_max_ms": logs["searchable_ms"]["max"], "needles": logs["needles"],
        "cpu_percent": 100 * server.get("cpu_seconds", 0) / found["publish_seconds"],
        "rss_mib": server.get("highest_rss_bytes", 0) / (1 << 20),
    }  # fmt: skip


# -- ingest


def ingest(directory, options):
    seconds = 6 if options.quick else 60
    listeners = ["--stream-type", "metrics", "--subscribers", 1_000, "--agents", 20, "--topics", 20, "--rate", 20]
    with gateway(directory, options) as server:
        found = end_load(start_load(server, options, *lines(seconds, "--drain", "30s"), *listeners), 10 * seconds + 120)
    figures = log_figures(found)
    figures["deliveries"] = found["delivered"]
    figures["delivery_p99_ms"] = found["groups"][0]["latency_ms"]["p99"]
    if figures["searchable_max_ms"] > SEARCHABLE_LIMIT_MS:
        raise Failed(f"a line was found only after {figures['searchable_max_ms']:.0f} ms")
    return figures


# -- kill


def kill(directory, options):
    kills = 2 if options.quick else 10
    seconds = 6 * kills
    with gateway(directory, options) as server:
        load = start_load(server, options, *lines(seconds, "--drain", "120s", "--subscribers", 1, "--rate", 0))
        began = time.time()
        killer = Killer(server, options, kills, pause=5)
        worker = threading.Thread(target=killer.run)
        worker.start()
        try:
            try:
                found = end_load(load, 10 * seconds + 300)
            finally:
                killer.ended.set()
                worker.join()
            if killer.problem:
                raise Failed(killer.problem)
            figures = {**log_figures(found), **killer.figures(), **check_lines(killer.server, found["logs"], began)}
        finally:
            killer.server.kill()
    if figures["missing"] or figures["repeated"]:
        raise Failed(f"{figures['missing']} lines are missing, {figures['repeated']} are there twice")
    return figures


# -- search


def questions(run, stored):
    """Query strings by kind."""
    each = stored // LOG_AGENTS
    pick = random.Random(run)
    rare = [{"q": f"a{pick.randrange(LOG_AGENTS)}n{pick.randrange(1, each)}"} for _ in range(QUESTIONS)]
    return {
        "a rare word": rare,
        "`level=ERROR&since=1h`": [{"level": "ERROR", "since": "1h"}] * QUESTIONS,
        "a phrase": [{"q": '"connection reset"'}] * QUESTIONS,
        "a prefix": [{"q": "upstr*"}] * QUESTIONS,
        "a common word and a level": [{"q": "order", "level": "ERROR"}] * QUESTIONS,
    }


def search(directory, options):
    stored = STORED_LINES // 10 if options.quick else STORED_LINES
    rate = 2 * LOG_RATE  # as fast as they are taken, if that is less
    with gateway(directory, options) as server:
        arguments = ["--log-agents", LOG_AGENTS, "--log-rate", rate, "--duration", f"{stored // rate}s", "--drain", "600s",
                     "--subscribers", 1, "--rate", 0]  # fmt: skip
        began = time.monotonic()
        found = end_load(start_load(server, options, *arguments), 1_500)
        figures = {"stored": found["logs"]["stored"], "seconds": time.monotonic() - began, "questions": {}}
        for name, queries in questions(found["logs"]["run"], stored).items():
            figures["questions"][name] = ask(server, queries)
        figures["data_mib"] = sum(f.stat().st_size for f in (directory / "data").rglob("*") if f.is_file()) / (1 << 20)
    return figures


def ask(server, queries):
    times, total = [], 0
    for query in queries:
        began = time.monotonic()
        answer = server.get("/logs/search", params=query)
        times.append(1_000 * (time.monotonic() - began))
        if answer.status_code != 200:
            raise Failed(f"{query}: {answer.status_code} {answer.text[:200]}")
        total = answer.json()["total"]
    times.sort()
    return {"median_ms": times[len(times) // 2], "max_ms": times[-1], "total": total}


# -- metrics


def metrics(directory, options):
    seconds, hosts = (10, 200) if options.quick else (60, 2_000)
    with gateway(directory, options, "--recording", "metrics=5s") as server:
        arguments = ["--metric-agents", hosts, "--subscribers", 1, "--rate", 0, "--duration", f"{seconds}s"]
        found = end_load(start_load(server, options, *arguments), 10 * seconds + 120)
        points = [history_points(server, f"load-host-{n}", seconds) for n in range(0, hosts, hosts // 20)]
    samples = found["hosts"]["metric_samples"]
    if min(points) < seconds // 5 - 1:
        raise Failed(f"only {min(points)} points of a host are stored")
    return {
        "hosts": hosts, "samples": samples, "health_samples": found["hosts"]["health_samples"],
        "cpu_percent": 100 * found["server"]["cpu_seconds"] / found["publish_seconds"],
        "rss_mib": found["server"]["highest_rss_bytes"] / (1 << 20),
    }  # fmt: skip


def history_points(server, host, seconds):
    now = int(time.time())
    query = {"start": now - seconds - 60, "end": now + 1, "metrics": "cpu.usage_percent"}
    return len(server.get(f"/agents/{host}/metrics/history", params=query).json()["data_points"])


SCENARIOS = (
    Scenario("ingest", f"{LOG_RATE:,} log lines/s while 1 000 clients listen".replace(",", " "), ingest),
    Scenario("kill", "the gateway is killed in the middle of that", kill),
    Scenario("search", "questions to a store of five million lines", search),
    Scenario("metrics", "2 000 hosts, a sample each 5 s", metrics),
)
