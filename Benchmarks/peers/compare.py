#!/usr/bin/env python3
"""Measures Sluice beside other hubs of server-sent events. Run it by Benchmarks/peers/run, which builds everything.

The servers take turns (nchan, Go, Node, Sluice, nchan, ...), each run with a fresh process, the server on core 0 and
the load on core 1. sluice-load numbers every event and checks every byte that each client gets: a run in which a
client that reads lost, got twice or got damaged an event is a failed run, which is counted but not part of a median.
Through Sluice events go the whole way: agent, gateway, event stream.
"""

import argparse
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile

import report
from machine import wait_until_idle
from scenarios import SCENARIOS
from servers import LOAD_CORE, SERVERS, on_core

ROOT = pathlib.Path(__file__).resolve().parents[2]
README, BEGIN, END = ROOT / "README.md", "<!-- made by Benchmarks/peers/run -->", "<!-- end -->"
DESCRIPTORS = 11_000  # of one process
LOAD_PATIENCE = 300  # seconds that one run may take


def measure(server_type, scenario, options):
    """One run: the report of sluice-load, or what went wrong."""
    with tempfile.TemporaryDirectory(prefix="sluice-peers-") as directory:
        with server_type(options, pathlib.Path(directory)) as server:
            pids = [f"--server-pid={pid}" for pid in server.pids()]
            arguments = [*server.load_arguments(), *pids, *scenario.arguments(options.quick)]
            return run_load([options.bin / "sluice-load", "--json", "--quiet", *arguments])


def run_load(command):
    load = subprocess.Popen(on_core(LOAD_CORE, command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        output, errors = load.communicate(timeout=LOAD_PATIENCE)
    except BaseException as problem:
        load.terminate()  # it ends its own workers
        load.wait()
        if isinstance(problem, subprocess.TimeoutExpired):
            return {"failure": f"no end within {LOAD_PATIENCE} s"}
        raise
    try:
        return json.loads(output)
    except ValueError:
        return {"failure": (errors.strip().splitlines() or [f"sluice-load ended with {load.returncode}"])[-1]}


def measure_all(options):
    """For each scenario and server the figures of every run, in order."""
    results = {s.key: {server.name: [] for server in options.servers} for s in options.scenarios}
    for scenario in options.scenarios:
        for number in range(options.runs):
            for server in options.servers:
                name = f"{scenario.key} {number + 1}/{options.runs} {server.name}"
                print(f"{name}: ", end="", file=sys.stderr, flush=True)
                others = wait_until_idle()
                run = report.figures(measure(server, scenario, options)) | {"busy_before": others}
                print(report.summary(run), file=sys.stderr)
                results[scenario.key][server.name].append(run)
    return results


def raise_descriptor_limit(parser):
    """For the servers and the load: each holds a descriptor for each client."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS:
        parser.error(f"{DESCRIPTORS} descriptors for one process are needed (ulimit -Hn says {hard})")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def parse():
    parser = argparse.ArgumentParser(description="Measures Sluice beside nginx with nchan, Go and Node.")
    parser.add_argument("--runs", type=int, help="rounds (5; with --quick 1)")
    parser.add_argument("--quick", action="store_true", help="at most 3 seconds of events in each run")
    scenarios, servers = [s.key for s in SCENARIOS], [s.__name__.lower() for s in SERVERS]
    parser.add_argument("--scenario", action="append", choices=scenarios, help="only this one; may be repeated")
    parser.add_argument("--server", action="append", choices=servers, help="the same")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="every run's figures into a file, too")
    parser.add_argument(
        "--load", type=pathlib.Path, metavar="FILE", action="append",
        help="measure nothing: tables from such files; may be repeated, for the runs of all of them",
    )  # fmt: skip
    parser.add_argument("--readme", action="store_true", help="put the first table into README.md, too")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / ".build/release", help=argparse.SUPPRESS)
    parser.add_argument("--built", type=pathlib.Path, default=ROOT / ".build-peers", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.runs = options.runs or (1 if options.quick else 5)
    if options.runs not in range(1, 101):
        parser.error("--runs is from 1 to 100")
    if len(os.sched_getaffinity(0)) < 2:
        parser.error("two cores are needed: one for the server, one for the load")
    raise_descriptor_limit(parser)
    options.scenarios = [s for s in SCENARIOS if not options.scenario or s.key in options.scenario]
    options.servers = [s for s in SERVERS if not options.server or s.__name__.lower() in options.server]
    return options


def merged(files):
    """The runs of several files, as if measured in one go."""
    records = [json.loads(file.read_text()) for file in files]
    results = {}
    for record in records:
        for scenario, servers in record["results"].items():
            for server, runs in servers.items():
                results.setdefault(scenario, {}).setdefault(server, []).extend(runs)
    return records[0] | {"results": results}


def write_readme(lines):
    """Puts the lines between the two marks of the README."""
    before, rest = README.read_text().split(BEGIN)
    _, after = rest.split(END)
    README.write_text("\n".join([before + BEGIN, "", *lines, "", END]) + after)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended; the servers are, too"))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell starts without it
    options = parse()
    if options.load:
        record = merged(options.load)
    else:
        about = report.machine_and_versions(options.servers, options)
        try:
            record = {"about": about, "quick": options.quick, "results": measure_all(options)}
        except KeyboardInterrupt:
            sys.exit("ended; the servers are, too")
    if options.json:
        options.json.write_text(json.dumps(record, indent=2) + "\n")
    overview = [*report.overview(record["results"]), "", report.sentence(record)]
    if options.readme:
        write_readme(overview)
    print("\n".join([*overview, *report.details(record["results"])]))


if __name__ == "__main__":
    main()
