"""The journal of systemd as a source of log lines and events, from a real systemd-journald that runs by itself."""

import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest

from programs import wait_for
from stored_lines import count_numbers, search, stored_lines, wrong_numbers

JOURNALD = "/lib/systemd/systemd-journald"
UNIT_FAILED = "d9b373ed55a64feb8242e02dbe79a49c"
SCM_CREDENTIALS = 2
# It keeps /run and /var/log to itself, so that the host's own journal, where there is one, is not touched.
PRIVATE_JOURNALD = f"""
mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/log && mkdir -p /run/systemd/journal /var/log/journal || exit 77
printf '%032x\n' 7 > /run/machine-id && mount --bind /run/machine-id /etc/machine-id || exit 77
exec {JOURNALD}
"""


class Journal:
    def __init__(self):
        command = ["unshare", "-m", "--propagation", "private", "bash", "-c", PRIVATE_JOURNALD]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.path = pathlib.Path(f"/proc/{self.process.pid}/root/run/systemd/journal/socket")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def is_up(self):
        """False when it cannot run here."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.socket.connect(str(self.path))
                return True
            except OSError:
                time.sleep(0.02)
        return False

    @property
    def prefix(self):
        """Before a command that is to see this journal."""
        return ["nsenter", "-t", str(self.process.pid), "-m"]

    def send(self, **fields):
        """One entry, by the native protocol; values are text or bytes."""
        self.socket.send(self._message(fields))

    def send_as_manager(self, **fields):
        """The same, as systemd's own: root may say that a message is from process 1, and the kernel passes that on."""
        sender = struct.pack("3i", 1, 0, 0)
        self.socket.sendmsg([self._message(fields)], [(socket.SOL_SOCKET, SCM_CREDENTIALS, sender)])

    @staticmethod
    def _message(fields):
        message = b""
        for name, value in fields.items():
            value = value if isinstance(value, bytes) else str(value).encode()
            message += name.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n"
        return message

    def close(self):
        self.socket.close()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def journal():
    for tool in ("unshare", "nsenter", "journalctl"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    if os.geteuid() != 0 or not os.path.exists(JOURNALD):
        pytest.skip("a private systemd-journald needs root and the package systemd")
    journal = Journal()
    if not journal.is_up():
        journal.close()
        pytest.skip("systemd-journald does not run by itself here")
    yield journal
    journal.close()


def follow(launch, gateway, journal):
    return launch.agent(gateway.agent_address, "agent1", "--journal", prefix=journal.prefix)


def wait_following(journal, gateway):
    """Until the agent reads the journal: what came before is not new to it."""

    def probe():
        journal.send(MESSAGE="probe", SYSLOG_IDENTIFIER="probe")
        return search(gateway, agent_id="agent1", component="probe", per_page=1)["total"]

    wait_for(probe, 30, "the first entry")


def journalctls(agent):
    found = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(agent.pid)], capture_output=True, text=True).stdout
    return [int(line.split()[0]) for line in found.splitlines() if "journalctl" in line]


def test_entries_become_log_lines_with_level_and_component(launch, journal):
    gateway = launch.gateway()
    follow(launch, gateway, journal)
    wait_following(journal, gateway)
    journal.send(MESSAGE="the pump stands still", PRIORITY="3", SYSLOG_IDENTIFIER="pumpd")
    journal.send(MESSAGE=b"caf\xe9 \x00 and more", PRIORITY="4", SYSLOG_IDENTIFIER="binary")
    journal.send(MESSAGE="two\nlines", SYSLOG_IDENTIFIER="several")
    journal.send(MESSAGE="é" * 40_000, SYSLOG_IDENTIFIER="huge")

    def of(component, count=1):
        query = {"agent_id": "agent1", "component": component}
        wait_for(lambda: search(gateway, per_page=1, **query)["total"] >= count, 20, f"lines of {component}")
        return stored_lines(gateway, "agent1", component=component)

    line = of("pumpd")[0]
    assert line["level"] == "ERROR" and line["source"] == "journal" and "the pump stands still" in line["message"]
    assert abs(time.time() - time_of(line)) < 60
    binary = of("binary")[0]
    assert binary["level"] == "WARN" and "caf\ufffd" in binary["message"]
    assert "two\\nlines" in of("several")[0]["message"].replace("\n", "\\n")
    # 80 000 bytes in parts of at most 10 000, none of which breaks a character.
    parts = of("huge", 8)
    assert "".join(re.findall("é+", "".join(p["message"] for p in parts))) == "é" * 40_000
    assert not any("\ufffd" in part["message"] for part in parts)


def time_of(line):
    import datetime

    return datetime.datetime.fromisoformat(line["timestamp"].replace("Z", "+00:00")).timestamp()


def test_every_entry_is_there_once_and_failed_units_are_events_though_agent_and_gateway_are_killed(launch, journal):
    gateway = launch.gateway("--agent-heartbeat", "1s")
    agent = follow(launch, gateway, journal)
    wait_following(journal, gateway)
    total, units = 3000, 12
    for number in range(1, total + 1):
        journal.send(MESSAGE=f"an order was accepted mark{number}x", PRIORITY="6", SYSLOG_IDENTIFIER="shop")
        if number % (total // units) == 0:
            unit = f"web{number * units // total}.service"
            failure = {"MESSAGE": f"{unit}: Failed", "MESSAGE_ID": UNIT_FAILED, "UNIT_RESULT": "exit-code"}
            journal.send_as_manager(UNIT=unit, SYSLOG_IDENTIFIER="systemd", **failure)
            journal.send(UNIT=f"forged{unit}", SYSLOG_IDENTIFIER="systemd", **failure)
        if number % 10 == 0:
            time.sleep(0.005)
        if number in (700, 1500):
            children = journalctls(agent)
            agent.kill()
            wait_for(lambda: not any(is_alive(pid) for pid in children), 20, "the end of its journalctl")
            agent = follow(launch, gateway, journal)
        if number == 2200:
            gateway.kill()
            gateway = launch.gateway("--agent-heartbeat", "1s", http=gateway.http_address, agents=gateway.agent_address, data=gateway.data)
    query = {"agent_id": "agent1", "component": "shop"}
    wait_for(lambda: search(gateway, per_page=1, **query)["total"] >= total, 60, f"{total} lines")
    lines = stored_lines(gateway, "agent1", component="shop")
    assert wrong_numbers(count_numbers(lines, r"mark(\d+)x"), total) == ([], {})

    def failed():
        events = gateway.get("/agents/agent1/events", params={"kind": "unit_failed", "per_page": 1000}).json()["events"]
        return sorted(event["unit"] for event in events)

    expected = sorted(f"web{n}.service" for n in range(1, units + 1))
    wait_for(lambda: len(failed()) >= units, 30, "the events")
    assert failed() == expected


def test_while_nobody_takes_its_lines_the_journal_keeps_them_and_not_the_agent(launch, journal, tmp_path):
    gateway = launch.gateway("--agent-heartbeat", "1s")
    agent = follow(launch, gateway, journal)
    wait_following(journal, gateway)
    gateway.kill()
    total, spool = 1200, tmp_path / "agent-agent1" / "journal-agent1" / "journal.sluice-spool"
    for number in range(1, total + 1):
        journal.send(MESSAGE=f"a long order mark{number}x " + "y" * 9500, SYSLOG_IDENTIFIER="shop")
    wait_for(lambda: spool.stat().st_size > 8 << 20, 30, "a full spool")
    time.sleep(0.5)
    assert spool.stat().st_size < 9 << 20 and agent.rss_kib() < 40 * 1024
    gateway = launch.gateway("--agent-heartbeat", "1s", http=gateway.http_address, agents=gateway.agent_address, data=gateway.data)
    query = {"agent_id": "agent1", "component": "shop"}
    wait_for(lambda: search(gateway, per_page=1, **query)["total"] >= total, 90, f"{total} lines")
    lines = stored_lines(gateway, "agent1", component="shop")
    assert wrong_numbers(count_numbers(lines, r"mark(\d+)x"), total) == ([], {})
    wait_for(lambda: spool.stat().st_size < 8 << 20, 30, "an empty spool")


def is_alive(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
