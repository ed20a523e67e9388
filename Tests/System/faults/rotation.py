"""A log file that is rotated every second, by rename, while a program writes thousands of lines a second to it."""

import datetime
import re
import subprocess
import sys
import time

from programs import Agent, Gateway, wait_for
from stored_lines import search, stored_lines, text

# A program of its own, so that it writes evenly while this one is busy. Keeps old files as logrotate does with dateext.
WRITER = """
import datetime, os, sys, time
path, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
file = open(path, "ab", buffering=0)
began, number, rotated = time.monotonic(), 0, 0
while (now := time.monotonic() - began) < seconds:
    due = int(now * rate)
    stamp = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    file.write(b"".join(b"%s INFO shop: an order was accepted mark%dx\\n" % (stamp.encode(), n) for n in range(number + 1, due + 1)))
    number = due
    if int(now) > rotated:
        rotated = int(now)
        os.rename(path, f"{path}-{rotated}")
        file.close()
        file = open(path, "ab", buffering=0)
    time.sleep(0.005)
print(number, rotated)
"""
MARK = re.compile(r"mark(\d+)x")


def rotate_under_load(directory, rate, seconds):
    """What did not hold: sentences. Every line has to be stored once, in its order."""
    (directory / "logs").mkdir()
    path = directory / "logs" / "app.log"
    path.touch()
    gateway = Gateway(directory / "gateway")
    agent = Agent(gateway.agent_address, "host1", directory / "agent", "--log-path", f"{path}*")
    try:
        wait_for(lambda: any(s["stream_type"] == "log_aggregation" for s in gateway.streams()), 20, "the stream")
        begin, cpu = datetime.datetime.now(datetime.timezone.utc), agent.cpu_seconds()
        done = subprocess.run([sys.executable, "-c", WRITER, path, str(rate), str(seconds)], check=True, capture_output=True)
        lines, rotations = map(int, done.stdout.split())
        wait_for(lambda: search(gateway, agent_id="host1", per_page=1)["total"] >= lines, 120, f"{lines} stored lines")
        end = datetime.datetime.now(datetime.timezone.utc)
        used, memory = agent.cpu_seconds() - cpu, agent.rss_kib()
        late = (end - begin).total_seconds() - seconds
        print(f"{lines} lines, {rotations} rotations; all stored {late:.1f} s after the last; the agent took {used:.1f} s of CPU and has {memory / 1024:.1f} MiB")
        time.sleep(1)  # for what comes twice
        return wrong_lines(gateway, lines, begin, end)
    except AssertionError as error:
        return [str(error)]
    finally:
        agent.kill()
        gateway.kill()


def wrong_lines(gateway, lines, begin, end):
    step, last, problems = datetime.timedelta(milliseconds=500), 0, []
    while begin < end and len(problems) < 5:
        window = stored_lines(gateway, "host1", since=text(begin), until=text(begin + step))
        for line in reversed(window):
            number = int(MARK.search(line["message"])[1])
            if number != last + 1 and len(problems) < 5:
                problems.append(f"line {number} is stored behind line {last}")
            last = number
        begin += step
    return problems if last == lines or problems else [f"the last stored line is {last} of {lines}"]
