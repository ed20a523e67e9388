"""Every line that a gateway has stored of an agent, by GET /logs/search."""

import collections
import datetime
import json
import re

PAGE = 1000


def text(moment):
    return moment.astimezone(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def search(gateway, **query):
    answer = gateway.get("/logs/search", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def stored_lines(gateway, agent, **query):
    """All pages, newest first. For some thousands of lines."""
    lines, page = [], 1
    while True:
        found = search(gateway, agent_id=agent, per_page=PAGE, page=page, **query)
        lines += found["logs"]
        if len(found["logs"]) < PAGE:
            assert len(lines) == found["total"], (len(lines), found["total"])
            return lines
        page += 1


def stored_lines_between(gateway, agent, begin, end, step=datetime.timedelta(seconds=1)):
    """The same for many: a window of time after the other, so that no page is far down."""
    while begin < end:
        yield from stored_lines(gateway, agent, since=text(begin), until=text(min(end, begin + step)))
        begin += step


def count_numbers(lines, pattern):
    """How often each number is there, wherever in a line it stands."""
    find = re.compile(pattern)
    return collections.Counter(int(find.search(json.dumps(line))[1]) for line in lines)


def wrong_numbers(counts, last):
    """Numbers from 1 to `last` that are missing, and those that are there more than once."""
    missing = [n for n in range(1, last + 1) if n not in counts]
    repeated = {n: count for n, count in counts.items() if count > 1}
    return missing, repeated
