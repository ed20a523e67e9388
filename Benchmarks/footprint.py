#!/usr/bin/env python3
"""What Sluice costs on this machine, measured from outside.

    Benchmarks/footprint.py [--bin DIR] [--json] [--seconds 30] [--clients 2000]

Starts a gateway and one agent on free loopback ports, measures, ends them, prints a table (or JSON):

gateway       memory just started, CPU with an agent and nobody listening
agent         memory and CPU idle, then streaming all metrics every second to one listener
first event   from opening an event stream to its first metrics event: cold (nothing runs on the agent) and warm (another
              listener is there, the first event is the last known sample)
task line     from the moment a command prints a line to its arrival at the client
idle client   memory of the gateway for each of many clients of one view that nothing is sent to

CPU is percent of one core, from the scheduler's own nanoseconds (/proc/PID/task/*/schedstat). RSS and PSS are from
/proc/PID/smaps_rollup. Times include the client, which is this program. Needs Linux and the Python package requests;
takes under four minutes. Run it on an otherwise idle machine and against a release build.
"""

import argparse
import json
import pathlib
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

import requests

ROOT = pathlib.Path(__file__).resolve().parents[1]
PATIENCE = 15  # seconds that anything single may take
FIRST_EVENT_LIMIT = 10  # less than the 15 s after which the gateway's comments would keep a silent stream alive


def memory(pid):
    """RSS and PSS in KiB."""
    fields = (line.split() for line in open(f"/proc/{pid}/smaps_rollup") if line.startswith(("Rss:", "Pss:")))
    sizes = {name: int(size) for name, size, _ in fields}
    return {"rss_kib": sizes["Rss:"], "pss_kib": sizes["Pss:"]}


def cpu_ns(pid):
    """Nanoseconds on a core of all threads that live now; those of the programs live as long as the program."""
    return sum(int(file.read_text().split()[0]) for file in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))


def cpu_percent(pids, seconds):
    """Percent of a core that each process uses over the next seconds."""
    began, before = time.monotonic_ns(), [cpu_ns(pid) for pid in pids]
    time.sleep(seconds)
    after, span = [cpu_ns(pid) for pid in pids], time.monotonic_ns() - began
    return [100 * (b - a) / span for a, b in zip(before, after)]


def summary(seconds):
    """Median, 95th percentile, smallest and largest, in milliseconds."""
    ordered = sorted(1000 * s for s in seconds)
    return {
        "median_ms": statistics.median(ordered),
        "p95_ms": ordered[-(-95 * len(ordered) // 100) - 1],
        "min_ms": ordered[0],
        "max_ms": ordered[-1],
        "count": len(ordered),
    }


class Client:
    """One event stream, read by whoever calls events()."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.opened = time.monotonic()
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
        request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: text/event-stream\r\n\r\n"
        self.socket.sendall(request.encode())
        self.pending = b""

    def events(self):
        """Pairs of the event's kind and its data, until the gateway ends the stream."""
        while piece := self.socket.recv(65536):
            *blocks, self.pending = (self.pending + piece).split(b"\n\n")
            for block in blocks:
                fields = dict(line.split(b": ", 1) for line in block.splitlines() if b": " in line)
                if b"event" in fields:
                    yield fields[b"event"].decode(), json.loads(fields[b"data"])

    def first(self, kind):
        """Seconds from before the connection was made to the first event of a kind, and that event's data."""
        self.socket.settimeout(FIRST_EVENT_LIMIT)
        for found, data in self.events():
            if found == kind:
                self.socket.settimeout(PATIENCE)
                return time.monotonic() - self.opened, data
        raise SystemExit(f"the gateway ended the stream before any {kind}")

    def close(self):
        self.socket.close()


class Pair:
    """A gateway and its agent, ended with the `with` block."""

    def __init__(self, built, directory):
        self.built, self.directory = built, directory
        self.programs = []
        self.session = requests.Session()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in reversed(self.programs):
            program.terminate()
            try:
                program.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                program.kill()

    def _start(self, name, *arguments):
        log = self.directory / f"{name}.log"
        command = [str(a) for a in (self.built / name, *arguments)]
        with open(log, "wb") as errors:
            program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        self.programs.append(program)
        line = program.stdout.readline()
        if not line:
            raise SystemExit(f"{name} did not start: {log.read_text()}")
        return program.pid, json.loads(line)

    def start_gateway(self):
        options = ("--http-bind", "127.0.0.1:0", "--agent-bind", "127.0.0.1:0", "--linger", "0ms")
        self.gateway, ready = self._start("sluice", "serve", *options, "--data-dir", self.directory / "data")
        self.url, self.agents = "http://" + ready["http"], ready["agents"]
        self.version = ready["version"]

    def start_agent(self):
        options = ("--gateway", self.agents, "--id", "host", "--allow", "shell")
        self.agent, _ = self._start("sluice-agent", *options, "--state-dir", self.directory / "agent")

    def call(self, method, path, body=None):
        answer = self.session.request(method, self.url + path, json=body, timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json()

    def open(self, stream_type, resource=None, **config):
        body = {"stream_type": stream_type, "agent_id": "host", "config": config}
        if resource:
            body["resource"] = resource
        return Client(self.url + self.call("POST", "/subscriptions", body)["stream_url"])

    def wait_until_nothing_streams(self):
        deadline = time.monotonic() + PATIENCE
        while any(s["stream_type"] == "metrics" for s in self.call("GET", "/admin/streams")["streams"]):
            if time.monotonic() > deadline:
                raise SystemExit("a stream goes on without a listener")
            time.sleep(0.02)


def measure_streaming(pair, seconds):
    listener = pair.open("metrics", interval="1s")
    listener.first("metrics")
    agent, gateway = cpu_percent([pair.agent, pair.gateway], seconds)
    result = {"agent": {**memory(pair.agent), "cpu_percent": agent}, "gateway_cpu_percent": gateway}
    listener.close()
    pair.wait_until_nothing_streams()
    return result


def measure_first_event(pair, rounds, warm):
    keeper = pair.open("metrics", interval="1h") if warm else None
    if keeper:
        keeper.first("metrics")
    spans = []
    for n in range(rounds):
        if not warm:
            pair.wait_until_nothing_streams()
            time.sleep(0.05)  # for the agent to stop, too
        # A view that nobody has had before, when cold: the gateway spaces the samples of a view that it still keeps.
        client = pair.open("metrics", interval="1h" if warm else f"{3000 + n}s", snapshot=warm)
        span, data = client.first("metrics")
        if bool(data["metadata"].get("snapshot")) != warm:
            raise SystemExit(f"expected {'a snapshot' if warm else 'a fresh sample'}: {data['metadata']}")
        spans.append(span)
        client.close()
    if keeper:
        keeper.close()
        pair.wait_until_nothing_streams()
    return summary(spans)


def measure_task_lines(pair, count):
    command = f"sleep 0.5; for i in $(seq {count}); do echo $EPOCHREALTIME; sleep 0.05; done"
    task = pair.call("POST", "/tasks/shell", {"agent_id": "host", "cmd": command})["task_id"]
    client, spans = pair.open("shell_output", task), []
    for kind, data in client.events():
        if kind == "shell_output" and data["data"]["line"]:
            spans.append(time.time() - float(data["data"]["line"]))
    client.close()
    if len(spans) != count:
        raise SystemExit(f"{len(spans)} of {count} lines arrived")
    return summary(spans)


def measure_idle_clients(pair, count):
    """All of one view that is there already, so that what is added is the clients and their subscriptions alone."""
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    if count + 500 > descriptors:
        raise SystemExit(f"{count} clients need more than the {descriptors} descriptors that a process may have here")
    keeper = pair.open("metrics", interval="1h")
    keeper.first("metrics")
    before = memory(pair.gateway)
    clients = [pair.open("metrics", interval="1h") for _ in range(count)]
    for client in clients:
        client.first("metrics")
    time.sleep(1)  # what opening them took is given back
    after = memory(pair.gateway)
    for client in [keeper, *clients]:
        client.close()
    return {
        "clients": count,
        "rss_bytes_each": 1024 * (after["rss_kib"] - before["rss_kib"]) / count,
        "pss_bytes_each": 1024 * (after["pss_kib"] - before["pss_kib"]) / count,
        "gateway_rss_kib": after["rss_kib"],
    }


def measure(pair, seconds, clients):
    pair.start_gateway()
    result = {"version": pair.version, "bin": str(pair.built), "gateway_at_start": memory(pair.gateway)}
    pair.start_agent()
    time.sleep(2)  # what is said once after connecting
    agent, gateway = cpu_percent([pair.agent, pair.gateway], seconds)
    result["gateway_idle"] = {**memory(pair.gateway), "cpu_percent": gateway}
    result["agent_idle"] = {**memory(pair.agent), "cpu_percent": agent}
    streaming = measure_streaming(pair, seconds)
    result["agent_streaming"] = streaming["agent"]
    result["gateway_streaming_cpu_percent"] = streaming["gateway_cpu_percent"]
    result["first_event_cold"] = measure_first_event(pair, 50, warm=False)
    result["first_event_warm"] = measure_first_event(pair, 50, warm=True)
    result["task_line"] = measure_task_lines(pair, 50)
    result["idle_client"] = measure_idle_clients(pair, clients)
    return result


def table(result):
    """The lines of the table."""

    def mib(entry):
        return f"RSS {entry['rss_kib'] / 1024:6.1f} MiB   PSS {entry['pss_kib'] / 1024:6.1f} MiB"

    def times(entry):
        names = ("median", "p95", "min", "max")
        return "   ".join(f"{n} {entry[n + '_ms']:.2f} ms" for n in names) + f"   ({entry['count']})"

    yield f"sluice {result['version']}, {result['bin']}"
    yield f"gateway at start      {mib(result['gateway_at_start'])}"
    for name in ("gateway_idle", "agent_idle", "agent_streaming"):
        yield f"{name.replace('_', ' '):21} {mib(result[name])}   CPU {result[name]['cpu_percent']:.3f} %"
    yield f"gateway streaming     CPU {result['gateway_streaming_cpu_percent']:.3f} %"
    for name in ("first_event_cold", "first_event_warm", "task_line"):
        yield f"{name.replace('_', ' '):21} {times(result[name])}"
    idle = result["idle_client"]
    each = f"RSS {idle['rss_bytes_each']:.0f} B   PSS {idle['pss_bytes_each']:.0f} B   each of {idle['clients']}"
    yield f"idle client           {each}; gateway {idle['gateway_rss_kib'] / 1024:.1f} MiB"


def main():
    parser = argparse.ArgumentParser(description="Measures what Sluice costs on this machine.")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / ".build" / "release", help="where the programs are")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--seconds", type=float, default=30, help="how long CPU is measured, each time (default 30)")
    parser.add_argument("--clients", type=int, default=2000, help="idle clients (default 2000)")
    options = parser.parse_args()
    if not 1 <= options.seconds <= 60 or not 1 <= options.clients <= 15000:
        parser.error("--seconds is from 1 to 60, --clients from 1 to 15000")
    if not (options.bin / "sluice").exists():
        parser.error(f"no program sluice in {options.bin}: build it, or name another directory with --bin")
    with tempfile.TemporaryDirectory(prefix="sluice-footprint-") as directory:
        with Pair(options.bin, pathlib.Path(directory)) as pair:
            result = measure(pair, options.seconds, options.clients)
    if options.json:
        json.dump(result, sys.stdout, indent=2)
        print()
    else:
        print("\n".join(table(result)))


if __name__ == "__main__":
    main()
