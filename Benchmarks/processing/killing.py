"""Kills a gateway under load again and again, and looks afterwards at every line."""

import collections
import datetime
import json
import re
import statistics
import threading
import time

import requests

import programs
from stored_lines import stored_lines_between

MARK = re.compile(r"\ba\d+n(\d+)\b")


class Killer:
    """Each time on the same data and the same ports."""

    def __init__(self, server, options, kills, pause):
        self.server, self.options, self.kills, self.pause = server, options, kills, pause
        self.ended = threading.Event()
        self.starts, self.problem = [], None

    def run(self):
        try:
            for _ in range(self.kills):
                if self.ended.wait(self.pause):
                    self.problem = f"the load ended after {len(self.starts)} of {self.kills} kills"
                    return
                self.server.kill()
                began = time.monotonic()
                self.server = programs.Gateway(
                    self.server.data, "--log-level", "warning", http=self.server.http_address,
                    agents=self.server.agent_address,
                )  # fmt: skip
                self.starts.append(time.monotonic() - began)
        except (AssertionError, OSError, requests.RequestException) as problem:
            self.problem = f"kill {len(self.starts) + 1}: {problem}"

    def figures(self):
        return {
            "kills": len(self.starts), "start_median_ms": 1_000 * statistics.median(self.starts),
            "start_max_ms": 1_000 * max(self.starts),
        }  # fmt: skip


def check_lines(server, logs, began):
    """Reads every line of every agent, and counts what is missing or there twice."""
    begin = datetime.datetime.fromtimestamp(int(began) - 2, datetime.timezone.utc)
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    read = missing = repeated = 0
    for agent in range(logs["agents"]):
        counts = collections.Counter()
        for line in stored_lines_between(server, f"load-{logs['run']}-log-{agent}", begin, end):
            counts[int(MARK.search(json.dumps(line))[1])] += 1
        read += sum(counts.values())
        repeated += sum(counts.values()) - len(counts)
        missing += max(counts) - len(counts)
    # Lines at the end of an agent's count show in the sum only.
    missing += max(0, logs["sent"] - (read - repeated) - missing)
    return {"read": read, "missing": missing, "repeated": repeated}
