#!/usr/bin/env python3
"""What sluice-agent costs beside other agents of Debian's packages, measured the same way in one session.

    Benchmarks/agents.py [--bin DIR] [--agent FILE] [--seconds 30] [--runs 3]

Each gives all that it knows of CPU, memory, disks, network, load and processes once a second, to one reader on loopback:
sluice-agent to a gateway that one listener asks for metrics every second; prometheus-node-exporter to a scraper;
collectd over its network plugin. "idle": nobody reads (collectd, which collects all the time, has no such state). They
take turns; the figures are medians. CPU and memory are measured as in footprint.py, over all processes of an agent. Sizes
are of the stripped program, without shared libraries and, for collectd, with the plugins that are used.

Needs the packages prometheus-node-exporter and collectd-core (those that are missing are left out) and Python's requests.
"""

import argparse
import pathlib
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time

import requests

from footprint import PATIENCE, ROOT, Pair, cpu_percent, memory

COLLECTD_PLUGINS = ("cpu", "memory", "df", "disk", "interface", "load", "processes", "swap", "network")
COLLECTD = """
Hostname "host"
FQDNLookup false
BaseDir "{directory}"
PIDFile "{directory}/collectd.pid"
Interval 1
{plugins}
<Plugin processes>
  ProcessMatch "all" ".*"
</Plugin>
<Plugin network>
  Server "127.0.0.1" "{port}"
</Plugin>
"""


def stripped_size(*files):
    total = 0
    with tempfile.TemporaryDirectory() as directory:
        for file in files:
            copy = pathlib.Path(directory) / "program"
            shutil.copy(file, copy)
            copy.chmod(0o700)
            subprocess.run(["strip", copy], check=True)
            total += copy.stat().st_size
    return total


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def measure(pid, seconds):
    (cpu,) = cpu_percent([pid], seconds)
    return {"cpu_percent": cpu, **memory(pid)}


class AgentOnly(Pair):
    """A gateway and an agent that may be another build than the gateway's."""

    def __init__(self, built, agent, directory):
        super().__init__(built, directory)
        self.other_agent = agent

    def _start(self, name, *arguments):
        built = self.built
        if name == "sluice-agent" and self.other_agent:
            self.built = self.other_agent.parent
        try:
            return super()._start(name, *arguments)
        finally:
            self.built = built


def run_sluice(options, directory):
    with AgentOnly(options.bin, options.agent, directory) as pair:
        pair.start_gateway()
        pair.start_agent()
        time.sleep(3)  # what is said once after connecting
        idle = measure(pair.agent, options.seconds)
        listener = pair.open("metrics", interval="1s")
        reader = threading.Thread(target=lambda: list(quietly(listener.events())), daemon=True)
        reader.start()
        time.sleep(2)
        busy = measure(pair.agent, options.seconds)
        listener.close()
        return {"idle": idle, "1 s": busy}


def quietly(events):
    try:
        yield from events
    except OSError:
        return


def ended(process):
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run_node_exporter(options, directory):
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        ["prometheus-node-exporter", f"--web.listen-address={address}", "--collector.processes"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        time.sleep(3)
        idle = measure(process.pid, options.seconds)
        over = threading.Event()

        def scrape():
            session = requests.Session()
            while not over.wait(1):
                session.get(f"http://{address}/metrics", timeout=PATIENCE).raise_for_status()

        scraper = threading.Thread(target=scrape, daemon=True)
        scraper.start()
        time.sleep(2)
        busy = measure(process.pid, options.seconds)
        over.set()
        scraper.join()
        return {"idle": idle, "1 s": busy}
    finally:
        ended(process)


def run_collectd(options, directory):
    with socket.socket(type=socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        plugins = "\n".join(f"LoadPlugin {plugin}" for plugin in COLLECTD_PLUGINS)
        file = directory / "collectd.conf"
        file.write_text(COLLECTD.format(directory=directory, plugins=plugins, port=sink.getsockname()[1]))
        process = subprocess.Popen(["collectd", "-f", "-C", file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            sink.settimeout(PATIENCE)
            sink.recv(65536)  # it collects
            time.sleep(3)
            return {"1 s": measure(process.pid, options.seconds)}
        finally:
            ended(process)


def program_files(options):
    return {
        "sluice-agent": [options.agent or options.bin / "sluice-agent"],
        "node-exporter": [shutil.which("prometheus-node-exporter")],
        "collectd": [shutil.which("collectd"), *(f"/usr/lib/collectd/{plugin}.so" for plugin in COLLECTD_PLUGINS)],
    }


RUNS = {"sluice-agent": run_sluice, "node-exporter": run_node_exporter, "collectd": run_collectd}


def median(results, agent, state, key):
    return statistics.median(result[state][key] for result in results[agent])


def table(results, sizes):
    names = list(results)
    yield "| | " + " | ".join(names) + " |"
    yield "|---" * (len(names) + 1) + "|"
    rows = [
        ("idle: RSS (PSS)", "idle", lambda a, s: f"{median(results, a, s, 'rss_kib') / 1024:.1f} ({median(results, a, s, 'pss_kib') / 1024:.1f}) MiB"),
        ("idle: CPU", "idle", lambda a, s: f"{median(results, a, s, 'cpu_percent'):.2f} %"),
        ("every second: RSS (PSS)", "1 s", lambda a, s: f"{median(results, a, s, 'rss_kib') / 1024:.1f} ({median(results, a, s, 'pss_kib') / 1024:.1f}) MiB"),
        ("every second: CPU", "1 s", lambda a, s: f"{median(results, a, s, 'cpu_percent'):.2f} %"),
    ]  # fmt: skip
    for title, state, cell in rows:
        yield f"| {title} | " + " | ".join(cell(n, state) if state in results[n][0] else "–" for n in names) + " |"
    yield "| program, stripped | " + " | ".join(f"{sizes[n] / 2**20:.1f} MiB" for n in names) + " |"


def main():
    parser = argparse.ArgumentParser(description="Measures agents beside each other.")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / ".build" / "release", help="where the programs are")
    parser.add_argument("--agent", type=pathlib.Path, help="another build of sluice-agent")
    parser.add_argument("--seconds", type=float, default=30, help="how long CPU is measured, each time (default 30)")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    files = program_files(options)
    present = [name for name in RUNS if all(files[name])]
    for name in RUNS.keys() - present:
        print(f"{name} is not installed")
    results = {name: [] for name in present}
    for _ in range(options.runs):
        for name in present:
            with tempfile.TemporaryDirectory(prefix="sluice-agents-") as directory:
                results[name].append(RUNS[name](options, pathlib.Path(directory)))
    print("\n".join(table(results, {name: stripped_size(*files[name]) for name in present})))


if __name__ == "__main__":
    main()
