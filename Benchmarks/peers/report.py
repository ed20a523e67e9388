"""From the reports of sluice-load to tables."""

import os
import platform
import statistics

from scenarios import FIGURES

BASE = "nginx + nchan"  # what ratios are to
MIB = 1 << 20


def figures(load):
    """The figures of one run, and why it does not count, if so: from a report of sluice-load."""
    if "groups" not in load:
        return dict.fromkeys(FIGURES) | {"failure": load["failure"]}
    server, plain = load["server"], load["groups"][0]
    latency = plain["latency_ms"] or {"p50": None, "p99": None}
    has_events = plain["delivered"] > 0
    return {
        "per_cpu_second": server["deliveries_per_cpu_second"] if has_events else None,
        "per_second": plain["delivered"] / load["delivery_seconds"] if has_events else None,
        "p50_ms": latency["p50"],
        "p99_ms": latency["p99"],
        "rss_mib": (server["highest_rss_bytes"] - server["open"]["rss_bytes"]) / MIB,
        "kernel_mib": (server["after"]["kernel_tcp_bytes"] - server["open"]["kernel_tcp_bytes"]) / MIB,
        "pss_per_client": server["bytes_per_subscriber"],
        "connects_per_second": load["connects_per_second"],
        "bytes_per_event": load["bytes_per_event"] if has_events else None,
        "delivered": plain["delivered"],
        "lost": plain["lost"],
        "repeated": plain["repeated"],
        "damaged": plain["damaged"],
        "failure": failure(load, plain),
    }


def failure(load, plain):
    """What a client that reads must never see."""
    if plain["missed"] and load["stream_type"] != "metrics":
        return f"{plain['missed']} events were left out"
    return "; ".join(load["problems"]) or None


def summary(run):
    """A run in a few words."""
    if run["failure"]:
        return f"FAILED: {run['failure']}"
    known = [(FIGURES[name], run[name]) for name in FIGURES if run[name] is not None]
    return ", ".join(f"{figure.title} {figure.pattern.format(value)}" for figure, value in known)


def good(runs, name):
    return [run[name] for run in runs if not run["failure"] and run[name] is not None]


def cell(runs, name):
    """Median, and smallest and largest where there are several."""
    values, pattern = good(runs, name), FIGURES[name].pattern
    if not values:
        return "–"
    text = readable(statistics.median(values), pattern)
    if len(values) > 1:
        text += f" ({readable(min(values), pattern)}–{readable(max(values), pattern)})"
    return text


def readable(value, pattern):
    if value >= 10_000:
        return f"{value / 1000:.0f} k" if value < 1_000_000 else f"{value / 1_000_000:.2f} M"
    return pattern.format(value)


def ratio(runs, base, name):
    own, other = good(runs, name), good(base, name)
    if not own or not other:
        return "–"
    quotient = statistics.median(own) / statistics.median(other)
    return f"{quotient if FIGURES[name].more_is_better else 1 / quotient:.2f}×"


def failures(runs):
    failed = [run["failure"] for run in runs if run["failure"]]
    return f"{len(failed)} of {len(runs)}: {failed[0]}" if failed else "0"


def faults(runs):
    """Over all runs: lost, repeated, damaged."""
    counts = [sum(run.get(name) or 0 for run in runs) for name in ("lost", "repeated", "damaged")]
    return ", ".join(f"{count:,}".replace(",", " ") for count in counts)


def processor():
    lines = open("/proc/cpuinfo").read().splitlines()
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), platform.machine())


def markdown(options, results):
    """The lines of the tables, one for each scenario."""
    versions = ", ".join(server.version(options) for server in options.servers)
    length = "at most 3 s of events each" if options.quick else "10 to 30 s of events each"
    yield f"{versions}; {processor()}, {os.cpu_count()} cores, Linux {platform.release()}; {options.runs} run(s) each,"
    yield f"in turn, {length}; load average before the first {options.load_before:.1f}."
    for scenario in options.scenarios:
        runs = results[scenario.key]
        yield f"\n**{scenario.title}**\n"
        titles = [FIGURES[name].title for name in scenario.figures]
        yield f"| | {' | '.join(titles)} | against {BASE} | lost, repeated, damaged | failed runs |"
        yield "|---|" + "---|" * (len(titles) + 3)
        for server in options.servers:
            own = runs[server.name]
            cells = [cell(own, name) for name in scenario.figures]
            factor = ratio(own, runs.get(BASE, []), scenario.figures[0])
            yield f"| {server.name} | {' | '.join(cells)} | {factor} | {faults(own)} | {failures(own)} |"
