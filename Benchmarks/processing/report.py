"""The figures as Markdown."""

import statistics

LOG_COLUMNS = [
    ("lines", "lines", "{:,.0f}"), ("acknowledged p50 ms", "ack_p50_ms", "{:.0f}"), ("p99", "ack_p99_ms", "{:.0f}"),
    ("searchable p50 ms", "searchable_p50_ms", "{:.0f}"), ("slowest", "searchable_max_ms", "{:.0f}"),
]  # fmt: skip
COST_COLUMNS = [("gateway CPU, % of a core", "cpu_percent", "{:.0f}"), ("RSS, MiB", "rss_mib", "{:.0f}")]
COLUMNS = {
    "ingest": [*LOG_COLUMNS, ("SSE p99 ms", "delivery_p99_ms", "{:.1f}"), *COST_COLUMNS],
    "kill": [
        ("kills", "kills", "{:.0f}"), ("lines", "lines", "{:,.0f}"), ("sent again", "resent", "{:,.0f}"),
        ("read back", "read", "{:,.0f}"), ("missing", "missing", "{:.0f}"), ("twice", "repeated", "{:.0f}"),
        ("start median ms", "start_median_ms", "{:.0f}"), ("slowest", "start_max_ms", "{:.0f}"),
    ],
    "metrics": [
        ("hosts", "hosts", "{:,.0f}"), ("samples", "samples", "{:,.0f}"),
        ("health checks", "health_samples", "{:,.0f}"), *COST_COLUMNS,
    ],
}  # fmt: skip
TITLES = {
    "ingest": "20 000 log lines/s of 20 agents, 1 000 clients listening to metrics",
    "kill": "20 000 log lines/s, the gateway killed in the middle",
    "search": "GET /logs/search",
    "metrics": "2 000 hosts, one metrics sample each 5 s, recorded and analysed",
}


def tables(results):
    lines = []
    for key, runs in results.items():
        good = [run for run in runs if "failure" not in run]
        lines += ["", f"### {TITLES[key]}", ""]
        lines += search_table(good) if key == "search" else table(COLUMNS[key], good)
        lines += ["", f"{len(good)} of {len(runs)} runs were good."]
        lines += [f"Failed: {run['failure']}" for run in runs if "failure" in run]
    return lines[1:]


def row(cells):
    return "| " + " | ".join(cells) + " |"


def number(pattern, values):
    return pattern.format(statistics.median(values)).replace(",", " ") if values else "–"


def table(columns, runs):
    yield row([title for title, _, _ in columns])
    yield row(["---:"] * len(columns))
    yield row([number(pattern, [run[key] for run in runs]) for _, key, pattern in columns])


def search_table(runs):
    yield row(["question", "lines found", "median ms", "slowest"])
    yield row(["---", "---:", "---:", "---:"])
    for name in runs[0]["questions"] if runs else []:
        answers = [run["questions"][name] for run in runs]
        values = [number(p, [a[k] for a in answers]) for k, p in (("total", "{:,.0f}"), ("median_ms", "{:.1f}"), ("max_ms", "{:.1f}"))]
        yield row([name, *values])
    if runs:
        yield ""
        yield f"{number('{:,.0f}', [r['stored'] for r in runs])} lines in {number('{:,.0f}', [r['data_mib'] for r in runs])} MiB."
