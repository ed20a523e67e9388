"""From the reports of sluice-load to tables."""

import platform
import statistics

from scenarios import FIGURES

BASE = "nginx + nchan"  # what ratios are to


def figures(load):
    raise NotImplementedError


def summary(run):
    """A run in a few words."""
    if run["failure"]:
        return f"FAILED: {run['failure']}"
    return ", ".join(f"{FIGURES[name].title} {FIGURES[name].pattern.format(run[name])}" for name in FIGURES if run[name])


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


def processor():
    lines = open("/proc/cpuinfo").read().splitlines()
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), platform.machine())


def markdown(options, results):
    """The lines of the tables, one for each scenario."""
    versions = ", ".join(server.version(options) for server in options.servers)
    length = "at most 3 s of events each" if options.quick else "10 to 30 s of events each"
    yield f"{versions}; {processor()}, Linux {platform.release()}; {options.runs} run(s) in turn, {length}."
    for scenario in options.scenarios:
        runs = results[scenario.key]
        yield f"\n**{scenario.title}**\n"
        titles = [FIGURES[name].title for name in scenario.figures]
        yield f"| | {' | '.join(titles)} | against {BASE} | failed runs |"
        yield "|---|" + "---|" * (len(titles) + 2)
        for server in options.servers:
            own = runs[server.name]
            cells = [cell(own, name) for name in scenario.figures]
            factor = ratio(own, runs.get(BASE, []), scenario.figures[0])
            yield f"| {server.name} | {' | '.join(cells)} | {factor} | {failures(own)} |"
