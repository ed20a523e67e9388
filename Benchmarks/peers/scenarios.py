"""What is measured: the load of each scenario, and the figures that it is about."""

from dataclasses import dataclass

EVENT_BYTES = 200  # of the line that each event carries; the same for every server


@dataclass(frozen=True)
class Scenario:
    key: str
    title: str
    load: tuple  # options of sluice-load
    seconds: int
    figures: tuple  # columns of its table, by the names of FIGURES; the first is the one that ratios are made of

    def arguments(self, quick):
        seconds = min(self.seconds, 3) if quick else self.seconds
        return [*map(str, self.load), "--duration", f"{seconds}s", "--size", str(EVENT_BYTES)]


@dataclass(frozen=True)
class Figure:
    title: str
    more_is_better: bool = True
    pattern: str = "{:.0f}"


FIGURES = {
    "per_cpu_second": Figure("deliveries per CPU second"),
    "per_second": Figure("deliveries/s"),
    "p50_ms": Figure("p50 ms", False, "{:.1f}"),
    "p99_ms": Figure("p99 ms", False, "{:.1f}"),
    "rss_mib": Figure("RSS added, MiB", False),
    "kernel_mib": Figure("kernel TCP added, MiB", False),
    "pss_per_client": Figure("PSS bytes per client", False),
    "connects_per_second": Figure("connects/s"),
    "bytes_per_event": Figure("bytes per event"),
}

COST = ("per_cpu_second", "p50_ms", "p99_ms")
SCENARIOS = (
    Scenario(
        "burst", "64 events in flight, 1 000 clients", ("--subscribers", 1_000, "--in-flight", 64), 10, COST,
    ),
    Scenario(
        "loaded", "4 events in flight, 1 000 clients", ("--subscribers", 1_000, "--in-flight", 4), 10, COST,
    ),
    Scenario(
        "loaded-many", "4 events in flight, 10 000 clients", ("--subscribers", 10_000, "--in-flight", 4), 10, COST,
    ),
    Scenario(
        "single", "one event at a time, 10 000 clients", ("--subscribers", 10_000, "--in-flight", 1), 10, COST,
    ),
    Scenario(
        "topics", "10 000 clients on 1 000 topics, 50 000 deliveries/s asked for",
        ("--subscribers", 10_000, "--topics", 1_000, "--agents", 1_000, "--rate", 5_000), 20,
        ("per_second", "p50_ms", "p99_ms", "per_cpu_second"),
    ),
    Scenario(
        "frozen", "2 000 clients of which 100 never read, 2 000 events/s",
        ("--subscribers", 2_000, "--frozen", 100, "--rate", 2_000), 30,
        ("per_second", "p50_ms", "p99_ms", "rss_mib", "kernel_mib"),
    ),
    Scenario(
        "idle", "10 000 clients connect and wait", ("--subscribers", 10_000, "--rate", 0), 3,
        ("pss_per_client", "connects_per_second"),
    ),
)  # fmt: skip
