"""From the reports of sluice-load to tables."""

import os
import platform
import statistics

from scenarios import FIGURES, SCENARIOS

BASE = "nginx + nchan"  # what ratios are to
MIB = 1 << 20
TOO_SLOW = "too slow"  # how the failure begins of who lost nothing but was not done in time
# Figures that the overview shows.
HEADLINES = ("per_cpu_second", "per_second", "p99_ms", "pss_per_client", "connects_per_second")


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
        "overdue": plain["behind"],
        "lost": plain["lost"] - plain["behind"],
        "repeated": plain["repeated"],
        "damaged": plain["damaged"],
        "failure": failure(load, plain),
    }


def failure(load, plain):
    """What a client that reads must never see; None: it saw nothing of the kind."""
    if plain["missed"] and load["stream_type"] != "metrics":
        return f"{plain['missed']:,} events were left out"
    if plain["lost"] > 0 and plain["lost"] == plain["behind"]:
        expected, rate = plain["delivered"] + plain["behind"], plain["delivered"] / load["delivery_seconds"]
        return f"{TOO_SLOW}: {plain['behind']:,} of {expected:,} still to come at the end ({rate:,.0f}/s)"
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
    return f"{value:.0f}" if value >= 100 else pattern.format(value)


def ratio(runs, base, name):
    own, other = good(runs, name), good(base, name)
    if not own or not other:
        return "–"
    quotient = statistics.median(own) / statistics.median(other)
    return f"{quotient if FIGURES[name].more_is_better else 1 / quotient:.3g}×"


def failures(runs):
    failed = [run["failure"] for run in runs if run["failure"]]
    return f"{len(failed)} of {len(runs)}: {failed[0]}" if failed else "0"


def faults(runs):
    """Over all runs: lost, repeated, damaged. What came too late for the end of the run is told by `failures`."""
    counts = [sum(run.get(name) or 0 for run in runs) for name in ("lost", "repeated", "damaged")]
    return ", ".join(f"{count:,}" for count in counts)


def processor():
    lines = open("/proc/cpuinfo").read().splitlines()
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), platform.machine())


def machine_and_versions(servers, options):
    """What is measured and where."""
    versions = ", ".join(server.version(options) for server in servers)
    return f"{versions}; {processor()}, {os.cpu_count()} cores, Linux {platform.release()}"


def sentence(record):
    """What was measured, where and how."""
    runs = [own for servers in record["results"].values() for own in servers.values()]
    counts = sorted({len(own) for own in runs})
    count = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else counts[0]
    length = "at most 3 s of events in each" if record["quick"] else "10 to 30 s of events in each"
    busiest = max(run["busy_before"] for own in runs for run in own)
    return (
        f"{record['about']}; {count} runs of each in turn, {length}; others used at most"
        f" {100 * busiest:.0f} % of the machine before each."
    )


def overview(results):
    """The lines of one table, with the headline figures of each scenario."""
    servers = list(next(iter(results.values())))
    yield f"| | {' | '.join(servers)} |"
    yield "|---|" + "---|" * len(servers)
    for scenario in (s for s in SCENARIOS if s.key in results):
        runs, title = results[scenario.key], f"{scenario.title}: "
        for name in (f for f in scenario.figures if f in HEADLINES):
            cells = [headline(runs[server], runs.get(BASE, []), name) for server in servers]
            yield f"| {title}{FIGURES[name].title} | {' | '.join(cells)} |"
            title = "… "


def headline(runs, base, name):
    """Median and ratio, or why there is none."""
    values = good(runs, name)
    if not values:
        return "–" if not runs else "too slow" if all(TOO_SLOW in run["failure"] for run in runs) else "failed"
    text = readable(statistics.median(values), FIGURES[name].pattern)
    return text if runs is base or not good(base, name) else f"{text} ({ratio(runs, base, name)})"


def details(results):
    """The lines of the tables, one for each scenario."""
    for scenario in (s for s in SCENARIOS if s.key in results):
        runs = results[scenario.key]
        yield f"\n**{scenario.title}**\n"
        titles = [FIGURES[name].title for name in scenario.figures]
        yield f"| | {' | '.join(titles)} | against {BASE} | lost, repeated, damaged | failed runs |"
        yield "|---|" + "---|" * (len(titles) + 3)
        for server, own in runs.items():
            cells = [cell(own, name) for name in scenario.figures]
            factor = ratio(own, runs.get(BASE, []), scenario.figures[0])
            yield f"| {server} | {' | '.join(cells)} | {factor} | {faults(own)} | {failures(own)} |"
