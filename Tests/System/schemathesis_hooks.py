"""What schemathesis cannot know of this API by its description alone."""

import datetime

import schemathesis
from hypothesis import strategies

UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}


def milliseconds(text):
    number = text.rstrip("msh")
    return int(number) * UNITS[text[len(number) :]]


def durations(least, most):
    """Every way to write a whole number of some unit within the range."""
    ranges = [(unit, -(-least // length), most // length) for unit, length in UNITS.items()]
    return strategies.one_of(
        strategies.integers(low, high).map(lambda n, unit=unit: f"{n}{unit}") for unit, low, high in ranges if low <= high
    )


PAST = datetime.datetime(1970, 1, 1), datetime.datetime(2026, 1, 1)
seconds = strategies.integers(0, 1_767_225_600).map(str)
times = strategies.datetimes(*PAST).map(lambda t: t.isoformat(timespec="milliseconds") + "Z")
schemathesis.openapi.format("words", strategies.from_regex(r"[a-z]{1,12}( [0-9a-z]{1,12})?", fullmatch=True))
schemathesis.openapi.format("moment", seconds | times)
schemathesis.openapi.format("moment-or-age", seconds | times | durations(0, 31_536_000_000))


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """`duration:100ms..1h` and others: a format for each range."""

    def visit(value):
        if isinstance(value, dict):
            name = value.get("format")
            if isinstance(name, str) and name.startswith("duration:"):
                least, most = name.removeprefix("duration:").split("..")
                schemathesis.openapi.format(name, durations(milliseconds(least), milliseconds(most)))
            value = list(value.values())
        if isinstance(value, list):
            for element in value:
                visit(element)

    visit(raw_schema)
