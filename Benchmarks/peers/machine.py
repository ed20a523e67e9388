"""Is the machine idle? Figures that are taken beside other work say more about that work."""

import pathlib
import time

WINDOW = 0.5  # seconds that are looked at
BUSY = 0.05  # of all cores: more is not idle
PATIENCE = 30  # seconds to wait for an idle machine


def _spent():
    """Since boot, of all cores: time in use, and all time."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)  # without idle and iowait


def busy_share():
    """How much of all cores is in use, from 0 to 1."""
    used, total = _spent()
    time.sleep(WINDOW)
    used_later, total_later = _spent()
    return (used_later - used) / max(1, total_later - total)


def wait_until_idle():
    """Waits until nobody uses the machine, or no longer; returns the share that others use all the same."""
    deadline = time.monotonic() + PATIENCE
    while (share := busy_share()) > BUSY and time.monotonic() < deadline:
        pass
    return share
