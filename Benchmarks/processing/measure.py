#!/usr/bin/env python3
"""What Sluice stores, finds and makes of what agents send, measured from outside.

    Benchmarks/processing/measure.py [--bin DIR] [--runs 3] [--only ingest] [--json FILE] [--quick]

ingest    20 000 log lines a second of 20 agents for a minute, while 1 000 clients listen to metrics
kill      the same lines, and the gateway is killed (SIGKILL) ten times and started again on the same data
search    questions of GET /logs/search to a store of five million lines, each asked twenty times
metrics   2 000 hosts, a sample each 5 s, recorded and analysed with nobody watching

sluice-load sends the lines and looks for them; each has to be in the store once. A run in which one is missing, or there
twice, is a failed run, which is counted but not part of a median. Prints Markdown, progress on stderr. Everything runs
on free loopback ports, with data in a temporary directory, and is ended. Needs Linux, the Python package requests, and
release builds of sluice and sluice-load; run it on an otherwise idle machine. All of it takes some 20 minutes a run.
"""

import argparse
import json
import os
import pathlib
import platform
import resource
import signal
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "System"))

import report  # noqa: E402
from scenarios import SCENARIOS, Failed  # noqa: E402

DESCRIPTORS = 4_000  # of one process


def measure(scenario, options):
    """One run: its figures, or what went wrong."""
    with tempfile.TemporaryDirectory(prefix="sluice-processing-", dir=options.directory) as directory:
        try:
            return scenario.run(pathlib.Path(directory), options)
        except (Failed, AssertionError) as problem:
            return {"failure": str(problem).splitlines()[0][:300]}


def measure_all(options):
    results = {scenario.key: [] for scenario in options.scenarios}
    for scenario in options.scenarios:
        for number in range(options.runs):
            print(f"{scenario.key} {number + 1}/{options.runs}: ", end="", file=sys.stderr, flush=True)
            run = measure(scenario, options)
            print(run.get("failure") or "done", file=sys.stderr)
            results[scenario.key].append(run)
    return results


def about(options):
    cores = len(os.sched_getaffinity(0))
    return f"{platform.system()} {platform.release()}, {cores} cores for gateway and load together, {options.runs} runs"


def parse():
    parser = argparse.ArgumentParser(description="Measures what Sluice stores and makes of logs and metrics.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each; the tables have medians (3)")
    parser.add_argument("--only", action="append", choices=[s.key for s in SCENARIOS], help="only this; may be repeated")
    parser.add_argument("--quick", action="store_true", help="a tenth of the time and of the lines: to see that it works")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="every run's figures into a file, too")
    parser.add_argument("--directory", type=pathlib.Path, help="where the temporary data goes (5 GB for search)")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / ".build" / "release", help="where the programs are")
    options = parser.parse_args()
    if not 1 <= options.runs <= 20:
        parser.error("--runs is from 1 to 20")
    if not (options.bin / "sluice-load").exists():
        parser.error(f"no program sluice-load in {options.bin}: build it, or name another directory with --bin")
    options.scenarios = [s for s in SCENARIOS if not options.only or s.key in options.only]
    return options


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS:
        sys.exit(f"{DESCRIPTORS} descriptors for one process are needed (ulimit -Hn says {hard})")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended; the programs are, too"))
    raise_descriptor_limit()
    results = measure_all(options)
    if options.json:
        options.json.write_text(json.dumps({"about": about(options), "results": results}, indent=2) + "\n")
    print("\n".join([*report.tables(results), "", about(options) + "."]))
    failed = sum(1 for runs in results.values() for run in runs if "failure" in run)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
